"""Keeping templates as their platform has them."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from messaging.channels.reading import storable
from messaging.message_templates.reading import Facts, columns_of
from messaging.models import MessageTemplate

LONGEST_NAME, LONGEST_LANGUAGE = 512, 20


@transaction.atomic
def store_templates(*, channel_id: int, facts: Iterable[Facts]) -> int:
    """Make a channel's templates those that were told of, and return how many those are. What is gone is kept as deleted."""
    told: dict[tuple[str, str], Facts] = {}
    for one in facts:
        key = (storable(one.name)[:LONGEST_NAME], one.language[:LONGEST_LANGUAGE])
        if key[0] and (key not in told or _is_better(one, told[key])):
            told[key] = one
    now = timezone.now()
    for (name, language), one in sorted(told.items()):
        MessageTemplate.objects.update_or_create(
            channel_id=channel_id, name=name, language=language, defaults={**columns_of(one), "synced_at": now}
        )
    gone = MessageTemplate.objects.filter(channel_id=channel_id, synced_at__lt=now)
    gone.exclude(status=MessageTemplate.Status.DELETED).update(status=MessageTemplate.Status.DELETED)
    return len(told)


def _is_better(one: Facts, other: Facts) -> bool:
    """Tell which of two that share name and language, as they may at Twilio, is the one to use."""
    approved = MessageTemplate.Status.APPROVED
    return (one.status == approved, one.external_id) > (other.status == approved, other.external_id)
