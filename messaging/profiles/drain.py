"""The drain that fetches names and pictures of people."""

import time
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.encrypted_fields import Unreadable
from crm.models import Channel, Identity, IdentityKey
from crm.models.channel import Platform
from crm.pictures import keep_picture
from crm.profiles import learn_name
from messaging.channels.outbound import Reason, SendError
from messaging.lookups.credentials import credentials_of
from messaging.lookups.drain import LookupDrain
from messaging.lookups.errands import token_of
from messaging.models import ProfileLookup
from messaging.models.lookup import LookupQuerySet
from messaging.profiles.asking import Ids, Profile, ask_for_profile

PLATFORMS = (Platform.MESSENGER, Platform.INSTAGRAM, Platform.TELEGRAM)
LOOK_EVERY_SECONDS, FULL_PASS_SECONDS = 1.0, 300.0
#: New people have the highest ids, though one that commits late has a lower one. Everywhere, who wrote late is found once in a while.
LOOK_BACK = 2000
AT_MOST = 500
ATTEMPTS, ATTEMPTS_WITHOUT_RIGHTS = 8, 2

# Platforms tell of people who wrote to us in private. Those who have not for long are left alone: there may be very many.
AWAIT = """
    INSERT INTO messaging_profilelookup (identity_id, channel_id, attempts, next_attempt_at, reason, code)
    SELECT identity.id, identity.channel_id, 0, now(), '', '' FROM crm_identity AS identity
    WHERE identity.channel_id = ANY(%(channels)s) AND identity.last_inbound_at > now() - interval '30 days'
      AND (%(everywhere)s OR identity.id > (SELECT COALESCE(max(identity_id), 0) FROM messaging_profilelookup) - %(back)s)
      AND NOT EXISTS (SELECT 1 FROM messaging_profilelookup AS lookup WHERE lookup.identity_id = identity.id)
    ORDER BY identity.id DESC LIMIT %(most)s
    ON CONFLICT (identity_id) DO NOTHING
"""


class ProfileDrain(LookupDrain[ProfileLookup, Profile]):
    """Asks who people are, once each."""

    noun = "Profile"
    most_attempts = ATTEMPTS

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[int, Ids] = {}
        self.looked_at = self.everywhere_at = float("-inf")

    def rows(self) -> LookupQuerySet:
        return ProfileLookup.objects.select_related("channel")

    def prepare(self) -> None:
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY_SECONDS:
            return
        self.looked_at = now
        is_full = now - self.everywhere_at >= FULL_PASS_SECONDS
        self.everywhere_at = now if is_full else self.everywhere_at
        await_profiles(everywhere=is_full)

    def patience(self, error: SendError) -> int:
        return ATTEMPTS_WITHOUT_RIGHTS if error.reason == Reason.SETUP else super().patience(error)

    def ready(self, row: ProfileLookup) -> None:
        keys = IdentityKey.objects.filter(identity=row.pk).order_by("pk")
        self.ids[row.pk] = {key.kind: key.value for key in keys if not isinstance(key.value, Unreadable)}

    def ask(self, row: ProfileLookup) -> Profile:
        return ask_for_profile(row.channel.platform, self.ids.pop(row.pk), credentials_of(row.channel))

    def write(self, row: ProfileLookup, found: Profile) -> SendError | None:
        """Keep name and picture. A name that a colleague gave stays."""
        identity = Identity.objects.select_for_update(no_key=True).get(pk=row.pk)
        learn_name(identity=identity, name=found.name, username=found.username, at=timezone.now())
        if found.picture:
            picture = found.picture
            keep_picture(customer_id=identity.customer_id, content=picture.content, mime_type=picture.mime_type)
        return found.missing


def await_profiles(*, everywhere: bool) -> int:
    """Note whose profiles are to be fetched, of channels that have a token; return how many those are."""
    channels = [channel.pk for channel in Channel.objects.active().filter(platform__in=PLATFORMS) if token_of(channel)]
    values: dict[str, Any] = {"channels": channels, "everywhere": everywhere, "back": LOOK_BACK, "most": AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(AWAIT, values)
        count: int = cursor.rowcount
    return count
