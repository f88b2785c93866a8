"""Rows for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from crm.models import Identity
from crm.tests.factories import make_identity
from messaging.keys import message_key
from messaging.models import Conversation, Message

_numbers = count(1)
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def make_conversation(identity: Identity | None = None, **fields: Any) -> Conversation:
    identity = identity or make_identity()
    fields = {"started_at": NOON, "last_activity_at": NOON, **fields}
    return Conversation.objects.create(identity=identity, channel=identity.channel, **fields)


def make_message(conversation: Conversation | None = None, **fields: Any) -> Message:
    conversation = conversation or make_conversation()
    external_id = fields.pop("external_id", f"m_{next(_numbers)}")
    fields = {"direction": "in", "type": "text", "text": "Hello", "at": NOON, "received_at": NOON, **fields}
    return Message.objects.create(
        conversation=conversation,
        channel=conversation.channel,
        external_id=external_id,
        external_key=message_key(external_id),
        **fields,
    )
