"""Taking queued messages to be sent, in order within a conversation and never two of one at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from messaging.models import MessageStatus

CHANNELS = """
    SELECT channel.id FROM crm_channel AS channel
    WHERE channel.is_active AND (channel.paused_until IS NULL OR channel.paused_until <= now()) AND EXISTS (
        SELECT 1 FROM messaging_outgoing AS outgoing
        WHERE outgoing.channel_id = channel.id AND outgoing.finished_at IS NULL AND outgoing.sender IS NULL
          AND outgoing.next_attempt_at <= now()
    )
"""
CLAIM = """
    WITH due AS (
        SELECT outgoing.message_id FROM messaging_outgoing AS outgoing
        WHERE outgoing.channel_id = %(channel)s AND outgoing.finished_at IS NULL AND outgoing.sender IS NULL
          AND outgoing.next_attempt_at <= now() AND NOT EXISTS (
            SELECT 1 FROM messaging_outgoing AS earlier
            WHERE earlier.conversation_id = outgoing.conversation_id AND earlier.finished_at IS NULL
              AND earlier.message_id < outgoing.message_id
        )
        ORDER BY outgoing.message_id LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE messaging_outgoing AS outgoing
        SET sender = %(sender)s, attempts = outgoing.attempts + 1, attempted_at = now(), reason = '', code = ''
        FROM due WHERE outgoing.message_id = due.message_id
        RETURNING outgoing.message_id, outgoing.channel_id, outgoing.conversation_id, outgoing.token, outgoing.content,
                  outgoing.details, outgoing.attempts, outgoing.attempted_at
    )
    UPDATE messaging_message AS message SET status = %(sending)s, error = ''
    FROM claimed WHERE message.id = claimed.message_id
    RETURNING claimed.*
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A queued message that this process has taken; `attempt` counts from 1."""

    message_id: int
    channel_id: int
    conversation_id: int
    token: UUID
    content: str
    details: dict[str, Any]
    attempt: int
    attempted_at: datetime


def channels_with_work() -> list[int]:
    """Return the channels that have something to send now and may."""
    with connection.cursor() as cursor:
        cursor.execute(CHANNELS)
        return [number for (number,) in cursor.fetchall()]


@transaction.atomic
def claim(*, channel_id: int, sender: int, most: int) -> list[Claim]:
    """Take up to `most` messages of a channel. Their state is committed before the platform hears of them."""
    values = {"channel": channel_id, "sender": sender, "most": most, "sending": MessageStatus.SENDING.value}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows = cursor.fetchall()
    claims = [
        Claim(message, channel, conversation, token, content, _json(details), attempt, at)
        for message, channel, conversation, token, content, details, attempt, at in rows
    ]
    return sorted(claims, key=lambda one: one.message_id)


def _json(value: Any) -> dict[str, Any]:
    """Read what Django leaves as text."""
    found = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found if isinstance(found, dict) else {}
