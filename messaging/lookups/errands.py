"""Drains that look after channels: each asks now and then, and at once when a channel has another token."""

import time
from abc import abstractmethod
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from crm.encrypted_fields import Unreadable
from crm.encryption import blind_index
from crm.models import Channel
from messaging.channels.outbound import SendError
from messaging.lookups.drain import LookupDrain
from messaging.models import ChannelErrand
from messaging.models.lookup import LookupQuerySet

LOOK_EVERY_SECONDS = 15.0
#: The secret that a platform's API is asked with.
TOKENS = {
    "messenger": "access_token",
    "instagram": "access_token",
    "whatsapp": "access_token",
    "telegram": "bot_token",
    "twilio": "auth_token",
}

Found = TypeVar("Found")


def token_of(channel: Channel) -> str:
    """Return a channel's newest token; empty where there is none, or no key of ours opens it."""
    if isinstance(channel.credentials, Unreadable):
        return ""
    return next(filter(None, channel.credentials.get(TOKENS[channel.platform], [])), "")


def token_key(token: str) -> bytes:
    """Return what a token is compared by."""
    return blind_index("token", token)


class ErrandDrain(LookupDrain[ChannelErrand, Found]):
    """Does one kind of errand for all channels of some platforms that have a token."""

    kind: ChannelErrand.Kind
    platforms: tuple[str, ...]
    every: timedelta

    def __init__(self) -> None:
        super().__init__()
        self.looked_at = float("-inf")

    def rows(self) -> LookupQuerySet:
        return ChannelErrand.objects.filter(kind=self.kind).select_related("channel")

    @abstractmethod
    def ask(self, row: ChannelErrand) -> Found: ...

    @abstractmethod
    def write(self, row: ChannelErrand, found: Found) -> SendError | None: ...

    def patience(self, error: SendError) -> int:
        return 1 << 62  # it is never over: somebody may put right what is wrong

    def prepare(self) -> None:
        if time.monotonic() - self.looked_at < LOOK_EVERY_SECONDS:
            return
        self.looked_at = time.monotonic()
        self.look()

    def look(self) -> None:
        """See which channels there are, and which of them have another token."""
        for channel in Channel.objects.active().filter(platform__in=self.platforms).order_by("pk"):
            if token := token_of(channel):
                self._see_token(channel, token_key(token))

    def done(self, claims: LookupQuerySet) -> None:
        now = timezone.now()
        claims.update(done_at=now, next_attempt_at=now + self.every, attempts=0, reason="", code="")

    @transaction.atomic
    def _see_token(self, channel: Channel, key: bytes) -> None:
        now = timezone.now()
        defaults = {"token_key": key, "token_since": now}
        row, made = ChannelErrand.objects.select_for_update().get_or_create(
            channel=channel, kind=self.kind, defaults=defaults
        )
        if not made and bytes(row.token_key or b"") != key:
            ChannelErrand.objects.filter(pk=row.pk).update(
                **defaults, next_attempt_at=now, attempts=0, reason="", code="", finished_at=None
            )
