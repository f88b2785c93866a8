"""Claims that nobody works on any more: those of senders who died, and those that never reached their sender."""

import logging

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from messaging.channels.outbound import Reason
from messaging.models import Message, MessageStatus, Outgoing
from messaging.sending import senders
from messaging.sending.echoes import adopt_echoes

logger = logging.getLogger(__name__)


@transaction.atomic
def give_up_claims_of_the_dead(mine: list[int]) -> list[int]:
    """Say of messages whose sender died that nobody knows their fate; return them."""
    dead = senders.dead_among_claims(mine)
    if not dead:
        return []
    lost = Outgoing.objects.select_for_update().filter(sender__in=dead, finished_at=None).order_by("pk")
    rows = list(lost.values_list("pk", "conversation_id"))
    numbers = [number for number, _ in rows]
    Outgoing.objects.filter(pk__in=numbers).update(sender=None, reason=Reason.UNKNOWN.value, finished_at=Now())
    Message.objects.filter(pk__in=numbers, status=MessageStatus.SENDING).update(status=MessageStatus.UNKNOWN)
    adopt_echoes(sorted({conversation for _, conversation in rows}))
    if numbers:
        logger.warning(
            "%s messages were under way when their sender died: nobody knows whether they were sent", len(numbers)
        )
    return numbers


@transaction.atomic
def return_lost_claims(mine: list[int], held: set[int]) -> list[int]:
    """Put back into the line what we claimed and were not told of, since the database went away just then; return it.

    `held` are the messages that we do know of. Nobody else would have sent these, and we have not.
    """
    if not mine:
        return []
    lost = Outgoing.objects.select_for_update().filter(sender__in=mine, finished_at=None).exclude(pk__in=held)
    numbers = list(lost.order_by("pk").values_list("pk", flat=True))
    Outgoing.objects.filter(pk__in=numbers).update(sender=None, attempts=F("attempts") - 1)
    Message.objects.filter(pk__in=numbers, status=MessageStatus.SENDING).update(status=MessageStatus.QUEUED)
    return numbers
