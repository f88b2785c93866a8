"""Finding customers who ask for a person, in conversations that a bot has.

New messages are found by the conversations that changed since they were looked at, so that ingest has nothing to do with it.
"""

import logging
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from crm.database_errors import is_outage
from crm.log_format import describe
from crm.phrases import Phrases
from messaging.handoffs import HandoffRefused, Request, request_handoff
from messaging.models import Conversation, Handoff, HandoffKeywords

logger = logging.getLogger(__name__)

BATCH = 500
LOOK_EVERY_SECONDS = 0.5
#: What commits late is older than what was looked at before: look back this far, and everywhere once in a while.
LOOK_BACK = timedelta(seconds=60)
FULL_PASS_SECONDS = 10.0
EVER = datetime(2000, 1, 1, tzinfo=UTC)
PHRASES_KEPT_SECONDS = 5.0

CHANGED = """
    SELECT conversation.id, conversation.updated_at, COALESCE(watch.message_id, 0)
    FROM messaging_conversation AS conversation
    LEFT JOIN messaging_botwatch AS watch ON watch.conversation_id = conversation.id
    WHERE conversation.bot_owned AND conversation.status = 'open' AND conversation.updated_at > %(since)s
        AND watch.state IS DISTINCT FROM conversation.updated_at
    ORDER BY conversation.updated_at LIMIT %(most)s
"""
# A conversation is locked while a message is put into it, so that the ids in one are in the order of commits.
NEW_MESSAGES = """
    SELECT message.conversation_id, message.id, message.text_folded
    FROM unnest(%s::bigint[], %s::bigint[]) AS looked (conversation_id, message_id)
    JOIN messaging_message AS message
        ON message.conversation_id = looked.conversation_id AND message.id > looked.message_id AND message.direction = 'in'
    ORDER BY message.id
"""
LOOKED = """
    INSERT INTO messaging_botwatch AS watch (conversation_id, message_id, state)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS looked (conversation_id, message_id, state)
    ORDER BY conversation_id
    ON CONFLICT (conversation_id) DO UPDATE SET message_id = GREATEST(watch.message_id, EXCLUDED.message_id), state = EXCLUDED.state
"""


class Changed(NamedTuple):
    """A conversation that changed since it was looked at, and the newest message looked at."""

    conversation_id: int
    state: datetime
    message_id: int


class HandoffDrain:
    """Asks for a colleague where a customer wrote one of the keywords to a bot."""

    def __init__(self) -> None:
        self.looked_at = self.phrases_read_at = self.full_pass_at = float("-inf")
        self.newest = EVER
        self.phrases: Phrases[str] = Phrases(())

    def run_batch(self) -> int:
        """Look at up to a batch of conversations and return how many those were."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY_SECONDS:
            return 0
        is_full = now >= self.full_pass_at
        changed = _changed(EVER if is_full else self.newest - LOOK_BACK)
        if len(changed) < BATCH:
            self.looked_at = now
            if is_full:
                self.full_pass_at = now + FULL_PASS_SECONDS
        self.newest = max([self.newest, *(one.state for one in changed)])
        if changed:
            if now - self.phrases_read_at > PHRASES_KEPT_SECONDS:
                self.phrases, self.phrases_read_at = read_phrases(), now
            self._look_at(changed)
        return len(changed)

    def _look_at(self, changed: list[Changed]) -> None:
        texts = _new_messages(changed)
        for one in changed:
            for _number, folded in texts[one.conversation_id]:
                if hits := self.phrases.find(folded):
                    _ask(one.conversation_id, hits[0].phrase)
                    break
        newest = [max([one.message_id, *(number for number, _text in texts[one.conversation_id])]) for one in changed]
        with connection.cursor() as cursor:
            cursor.execute(LOOKED, [[one.conversation_id for one in changed], newest, [one.state for one in changed]])


def read_phrases() -> Phrases[str]:
    """Return the keywords of all languages, tagged by their language."""
    rows = HandoffKeywords.objects.filter(is_active=True).order_by("language")
    return Phrases((line, row.language) for row in rows for line in row.phrases.splitlines())


def _changed(since: datetime) -> list[Changed]:
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"since": since, "most": BATCH})
        return [Changed(*row) for row in cursor.fetchall()]


def _new_messages(changed: list[Changed]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        ids, looked = [one.conversation_id for one in changed], [one.message_id for one in changed]
        cursor.execute(NEW_MESSAGES, [ids, looked])
        for conversation_id, number, folded in cursor.fetchall():
            found[conversation_id].append((number, folded or ""))
    return found


def _ask(conversation_id: int, phrase: str) -> None:
    """Ask for a colleague. One that is asked for already, or a failure of one conversation, holds up no other."""
    request = Request(by=Handoff.By.RULE, reason=_("They wrote “%(phrase)s”.") % {"phrase": phrase[:100]})
    try:
        request_handoff(conversation_id=conversation_id, request=request)
    except (HandoffRefused, Conversation.DoesNotExist):
        return
    except Exception as error:
        if is_outage(error):
            raise
        logger.error("Conversation %s could not be handed over: %s", conversation_id, describe(error), exc_info=error)
