"""A message of ours that is stored twice: queued here, and as the echo that the platform sent of it before it answered us."""

from datetime import datetime
from typing import Any

from django.db import connection

from crm.models.channel import Platform
from messaging.channels.outbound import Reason
from messaging.models import MessageStatus

#: Platforms whose echoes bring nothing of ours back, as answers to comments never do: what they say is all that can be compared.
WITHOUT_TOKEN = (Platform.INSTAGRAM.value,)

UNDER_KEY = """
    SELECT ours.external_key IS NOT NULL, other.id, other.conversation_id,
           other.direction = 'out' AND outgoing.message_id IS NULL
    FROM messaging_message AS ours
    LEFT JOIN messaging_message AS other
        ON other.channel_id = %s AND other.external_key = %s AND other.id <> ours.id
    LEFT JOIN messaging_outgoing AS outgoing ON outgoing.message_id = other.id
    WHERE ours.id = %s FOR NO KEY UPDATE OF ours
"""
COUNT_ONE_LESS = "UPDATE messaging_conversation SET message_count = GREATEST(message_count - 1, 0) WHERE id = %s"
REMOVE_ATTACHMENTS = "DELETE FROM messaging_attachment WHERE message_id = %s"
REMOVE = "DELETE FROM messaging_message WHERE id = %s RETURNING external_id, external_key, sent_at, status"
#: Who stores an echo holds its conversation: either they see that a message became unknown, or we see the echo.
LOCK = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
UNKNOWN_AND_ECHOED = """
    SELECT outgoing.message_id, echo.id, echo.conversation_id
    FROM messaging_outgoing AS outgoing
    JOIN messaging_message AS ours ON ours.id = outgoing.message_id
    JOIN crm_channel AS channel ON channel.id = outgoing.channel_id
        AND (channel.platform = ANY(%(platforms)s) OR ours.type = 'comment')
    JOIN messaging_message AS echo ON echo.conversation_id = outgoing.conversation_id AND echo.direction = 'out'
        AND echo.type = ours.type AND echo.text = ours.text AND echo.external_key IS NOT NULL
        AND (ours.type <> 'comment' OR echo.reply_to_key = ours.reply_to_key)
        AND echo.at >= outgoing.attempted_at - interval '10 seconds'
    WHERE outgoing.conversation_id = ANY(%(conversations)s) AND outgoing.reason = %(unknown)s AND ours.external_key IS NULL
      AND NOT EXISTS (SELECT 1 FROM messaging_outgoing AS other WHERE other.message_id = echo.id)
    ORDER BY outgoing.message_id, echo.at, echo.id LIMIT 1
"""
ADOPT = """
    UPDATE messaging_message SET
        external_id = %(id)s, external_key = %(key)s, sent_at = %(at)s, status = GREATEST(%(status)s, %(sent)s), error = '',
        comment_id = CASE WHEN type = 'comment' THEN left(%(id)s, 200) ELSE comment_id END
    WHERE id = %(message)s
"""
FINISH = "UPDATE messaging_outgoing SET reason = '', code = '' WHERE message_id = %s"


def absorb_echo(*, message_id: int, channel_id: int, key: bytes) -> bool:
    """Remove the echo that was stored under a key which is to become `message_id`'s; say whether the key is free now.

    One that has another id already was sent twice, since a colleague wanted it so: the second stays a message by itself. The
    caller holds the key's lock. What happened to the message stands in its events, under the same key.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNDER_KEY, [channel_id, key, message_id])
        has_another_id, echo_id, conversation_id, is_echo = cursor.fetchone()
        if has_another_id:
            return False
        if echo_id is None:
            return True
        if is_echo:
            _remove(echo_id, conversation_id)
        return bool(is_echo)


def adopt_echoes(conversation_ids: list[int]) -> None:
    """Let messages whose fate is unknown take the place of echoes that say the same, oldest first, each once."""
    values: dict[str, Any] = {
        "platforms": list(WITHOUT_TOKEN),
        "conversations": conversation_ids,
        "unknown": Reason.UNKNOWN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [conversation_ids])
        cursor.execute(UNKNOWN_AND_ECHOED, values)
        while found := cursor.fetchone():
            message_id, echo_id, conversation_id = found
            external_id, key, sent_at, status = _remove(echo_id, conversation_id)
            cursor.execute(FINISH, [message_id])
            taken = {"id": external_id, "key": key, "at": sent_at, "status": status, "sent": MessageStatus.SENT.value}
            cursor.execute(ADOPT, taken | {"message": message_id})
            cursor.execute(UNKNOWN_AND_ECHOED, values)


def _remove(echo_id: int, conversation_id: int) -> tuple[str, bytes, datetime | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ONE_LESS, [conversation_id])
        cursor.execute(REMOVE_ATTACHMENTS, [echo_id])
        cursor.execute(REMOVE, [echo_id])
        removed: tuple[str, bytes, datetime | None, int] = cursor.fetchone()
    return removed
