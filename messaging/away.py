"""Telling customers who write while the shop is closed that they will be answered.

Who waits is found by the index of those who wait, so that ingest has nothing to do with it.
"""

import logging
import re
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import business_week
from crm.database_errors import is_outage
from crm.log_format import describe
from messaging.bots import lock
from messaging.models import AwayReply, Conversation, Message
from messaging.sending.limits import TooLong
from messaging.sending.queueing import Draft, queue_message
from messaging.sending.refusals import Refused

logger = logging.getLogger(__name__)

BATCH = 100
LOOK_EVERY_SECONDS = 2.0
#: Older messages are not answered so any more: the process was away, and it would only surprise.
FRESH = timedelta(hours=1)
LANGUAGES = ("en", "ar", "pt")
_ARABIC = re.compile("[\u0620-\u064a]")

WAITING = """
    SELECT conversation.id FROM messaging_conversation AS conversation
    JOIN crm_channel AS channel ON channel.id = conversation.channel_id AND channel.is_active
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id AND NOT identity.opted_out
    JOIN crm_customer AS customer ON customer.id = identity.customer_id AND NOT customer.blocked
    WHERE conversation.status = 'open' AND conversation.waiting_since > %(since)s AND NOT conversation.bot_owned
      AND conversation.last_inbound_at >= conversation.waiting_since
      AND NOT EXISTS (
        SELECT 1 FROM messaging_awayreply AS away WHERE away.conversation_id = conversation.id AND away.at > %(told)s
      )
    ORDER BY conversation.waiting_since LIMIT %(most)s
"""


class AwayDrain:
    """Answers each of those who wait, once."""

    def __init__(self) -> None:
        self.looked_at = float("-inf")

    def run_batch(self) -> int:
        """Look at who waits, where that is wanted and the shop is closed; return how many were told or left alone for good."""
        if time.monotonic() - self.looked_at < LOOK_EVERY_SECONDS:
            return 0
        now = timezone.now()
        found = _waiting(now) if is_wanted(now) else []
        told = sum(_try(conversation_id, now) for conversation_id in found)
        if not told or len(found) < BATCH:
            self.looked_at = time.monotonic()
        return told


def is_wanted(now: datetime) -> bool:
    """Tell whether customers are told at all, and the shop is closed."""
    return bool(runtime_settings.value_of("away.on")) and not business_week().is_open(now)


def _told_since(now: datetime) -> datetime:
    hours: int = runtime_settings.value_of("away.hours")
    return now - timedelta(hours=hours)


def _waiting(now: datetime) -> list[int]:
    values: dict[str, Any] = {"since": now - FRESH, "told": _told_since(now), "most": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, values)
        return [number for (number,) in cursor.fetchall()]


def _try(conversation_id: int, now: datetime) -> bool:
    """Tell one; a failure of one conversation holds up no other."""
    try:
        return tell_away(conversation_id=conversation_id, now=now)
    except Exception as error:
        if is_outage(error):
            raise
        logger.error("Conversation %s could not be told of hours: %s", conversation_id, describe(error), exc_info=error)
        return False


@transaction.atomic
def tell_away(*, conversation_id: int, now: datetime) -> bool:
    """Tell a conversation that the shop is closed, unless it was told lately or answered meanwhile; say whether it is done with."""
    conversation = lock(conversation_id)
    message = _unanswered(conversation, now)
    if message is None or conversation.away_replies.filter(at__gt=_told_since(now)).exists():
        return False
    reply = AwayReply.objects.create(conversation=conversation, at=now)
    text = text_for(conversation, message)
    if text:
        try:
            with transaction.atomic():
                draft = Draft(text=text, is_answer=False)
                reply.message = queue_message(conversation_id=conversation_id, draft=draft, author=None, automated=True)
        except TooLong as refused:
            logger.warning("Conversation %s was not told of hours: %s", conversation_id, refused)
            return True
        except Refused:
            return True
        reply.save(update_fields=["message"])
    return True


def _unanswered(conversation: Conversation, now: datetime) -> Message | None:
    """Return the first private message that waits, if it is fresh and came while the shop was closed."""
    if conversation.bot_owned or conversation.status != Conversation.Status.OPEN or not conversation.waiting_since:
        return None
    theirs = Message.objects.inbound().filter(conversation=conversation, at__gte=conversation.waiting_since)
    message = theirs.exclude(source=Message.Source.COMMENT).exclude(type__in=("comment", "referral")).in_order().first()
    if message is None or message.at <= now - FRESH or business_week().is_open(message.at):
        return None
    return message


def text_for(conversation: Conversation, message: Message) -> str:
    """Return what is said in the customer's language: theirs if it is known, else that of the letters they write in."""
    known = conversation.identity.customer.language[:2].lower()
    spoken = known if known in LANGUAGES else "ar" if _ARABIC.search(message.text) else "en"
    texts = (str(runtime_settings.value_of(f"away.text_{language}")) for language in (spoken, *LANGUAGES))
    return next((text for text in texts if text.strip()), "")
