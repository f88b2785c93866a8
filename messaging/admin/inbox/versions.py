"""Short texts that become others when what the screen shows changes: of one message, of a thread, of a conversation's state."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import TextField
from django.db.models.expressions import RawSQL

from messaging.models import Conversation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Of a row `messaging_message`, with its way to the platform and what became of its files.
OF_MESSAGE = """md5(concat_ws('|', messaging_message.status, messaging_message.error, messaging_message.hidden,
    extract(epoch FROM messaging_message.edited_at), extract(epoch FROM messaging_message.deleted_at),
    messaging_message.reactions, messaging_message.external_key IS NULL,
    (SELECT concat_ws('|', outgoing.reason, outgoing.finished_at IS NULL) FROM messaging_outgoing AS outgoing
        WHERE outgoing.message_id = messaging_message.id),
    (SELECT concat_ws('|', own.emoji, own.reason, own.finished_at IS NULL) FROM messaging_ownreaction AS own
        WHERE own.message_id = messaging_message.id),
    (SELECT string_agg(item.state || (item.file <> ''), '|' ORDER BY item.position) FROM messaging_attachment AS item
        WHERE item.message_id = messaging_message.id)
))"""


def of_message() -> RawSQL:
    return RawSQL(OF_MESSAGE, (), TextField())  # noqa: S611 - our own constant


def of_thread(messages: Iterable[Any], newest_note: int) -> str:
    """Return the version of messages in their order, each with its `version`, and of the notes between them."""
    known = ",".join(f"{message.pk}:{message.version}" for message in messages)
    return f"{hashlib.md5(known.encode(), usedforsecurity=False).hexdigest()}.{newest_note}"


def of_state(conversation: Conversation) -> str:
    """Return the version of all that the head and the composer depend on."""
    identity = conversation.identity
    return state_of(
        conversation.status,
        conversation.assignee_id,
        conversation.team_id,
        conversation.snoozed_until,
        conversation.waiting_since,
        conversation.last_inbound_at,
        identity.last_inbound_at,
        identity.opted_out,
        identity.customer.blocked,
        conversation.channel.is_active,
    )


def state_of(*values: Any) -> str:
    """Return the version of a state, given as read from the database."""
    known = "|".join(_text(value) for value in values)
    return hashlib.md5(known.encode(), usedforsecurity=False).hexdigest()


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
