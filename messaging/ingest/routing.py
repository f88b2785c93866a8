"""Which channel an event belongs to."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from crm.models import Channel
from messaging.channels import Received

SIGNING_SECRETS = ("app_secret", "auth_token", "secret_token")


@dataclass(slots=True)
class Delivery:
    """A claimed delivery, decrypted."""

    id: int
    channel_id: int
    body: bytes
    query: str
    headers: dict[str, str]
    received_at: datetime

    def as_received(self) -> Received:
        return Received(body=self.body, url=f"?{self.query}" if self.query else "", headers=self.headers)


class UnknownAccount(Exception):
    """No channel of ours is this account, or it is not under the same secret."""


class Routes:
    """All channels, read again every few seconds.

    The address a delivery came to proves its sender; each event in it goes to the channel whose account it names, if that one is
    under the same secret: Meta has one address for all pages of an app.
    """

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._channels: dict[int, Channel] = {}
        self._by_account: dict[tuple[str, str], Channel] = {}

    def refresh(self) -> None:
        """Read the channels if that was a while ago."""
        if time.monotonic() - self._read_at > settings.WEBHOOK_CHANNEL_CACHE_SECONDS:
            self._channels = {channel.id: channel for channel in Channel.objects.all()}
            self._by_account = {(c.platform, c.external_id): c for c in self._channels.values() if c.external_id}
            self._read_at = time.monotonic()

    def platform_of(self, channel_id: int) -> str:
        """Return a channel's platform; one made a moment ago is looked up."""
        if channel_id not in self._channels:
            self._read_at = float("-inf")
            self.refresh()
        return self._channels[channel_id].platform

    def channel_for(self, verified_by: int, account_id: str) -> int | None:
        """Return the id of the channel an event belongs to, None where that one is switched off.

        Raises:
            UnknownAccount: there is none.
        """
        own = self._channels[verified_by]
        if not account_id or own.external_id in ("", account_id):
            return own.id
        other = self._by_account.get((own.platform, account_id))
        if other is None or not _share_a_secret(own, other):
            raise UnknownAccount(account_id)
        return other.id if other.is_active else None


def _share_a_secret(one: Channel, other: Channel) -> bool:
    return any(set(_secrets(one, name)) & set(_secrets(other, name)) for name in SIGNING_SECRETS)


def _secrets(channel: Channel, name: str) -> list[Any]:
    credentials = channel.credentials
    return [secret for secret in credentials.get(name, []) if secret] if isinstance(credentials, dict) else []
