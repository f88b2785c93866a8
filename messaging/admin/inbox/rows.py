"""How conversations look in the list of the inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from crm import runtime_settings
from crm.prepared import prepared
from messaging.admin import labels
from messaging.admin.inbox.asked import Asked
from messaging.admin.inbox.listing import micros, rank_of
from messaging.models import Conversation, Message, MessageStatus

UNREAD_SHOWN = 99
#: The newest message of each of some conversations, as far as a row shows it.
NEWEST = """
    SELECT message.* FROM unnest(%s::bigint[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT id, conversation_id, direction, text, type, status, deleted_at FROM messaging_message
        WHERE conversation_id = wanted.id ORDER BY at DESC, id DESC LIMIT 1
    ) AS message
"""


@dataclass
class Row:
    """One conversation; `rank` is its place, `version` changes whenever it does."""

    conversation: Conversation
    rank: int
    version: int
    snippet: str = ""
    ours: bool = False
    status: str = ""
    status_icon: str = ""
    status_tone: str = ""
    unread: str = ""
    late: bool = False
    snoozed: bool = False


def rows_of(found: list[Conversation], asked: Asked, now: datetime) -> list[Row]:
    """Return what rows show, by one more query."""
    newest = _newest([conversation.pk for conversation in found])
    patience = timedelta(minutes=runtime_settings.value_of("conversations.late_after_minutes"))
    return [_row(conversation, newest.get(conversation.pk), asked, now, patience) for conversation in found]


def _newest(ids: list[int]) -> dict[int, Message]:
    with prepared():
        return {message.conversation_id: message for message in Message.objects.raw(NEWEST, [ids])}


def _row(conversation: Conversation, message: Message | None, asked: Asked, now: datetime, patience: timedelta) -> Row:
    row = Row(conversation, rank_of(conversation, asked), micros(conversation.updated_at))
    waiting = conversation.waiting_since
    row.late = waiting is not None and now - waiting > patience and conversation.status == Conversation.Status.OPEN
    row.snoozed = conversation.is_put_off(now)
    if conversation.unread_count:
        row.unread = str(min(conversation.unread_count, UNREAD_SHOWN)) + "+" * (
            conversation.unread_count > UNREAD_SHOWN
        )
    if message is None:
        row.snippet = _("No messages in it yet.")
        return row
    row.snippet, row.ours = labels.snippet(message), message.direction == Message.Direction.OUT
    if row.ours:
        status = MessageStatus(message.status)
        row.status, row.status_icon = str(status.label), labels.STATUS_ICONS.get(status, "")
        row.status_tone = labels.STATUS_TONES.get(status, "neutral")
    return row
