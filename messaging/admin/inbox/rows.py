"""How conversations look in the list of the inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from crm import runtime_settings
from messaging.admin import labels
from messaging.admin.inbox.asked import Asked
from messaging.admin.inbox.listing import micros, rank_of
from messaging.models import Conversation, Message, MessageStatus

UNREAD_SHOWN = 99


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
    last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    numbers = Conversation.objects.filter(pk__in=ids).values_list(Subquery(last))
    found = Message.objects.filter(pk__in=numbers)
    return {
        message.conversation_id: message
        for message in found.only("conversation", "direction", "text", "type", "status", "deleted_at")
    }


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
