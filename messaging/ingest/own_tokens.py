"""Messages that we sent ourselves: an echo or status that brings our own id back, maybe before the send call was answered."""

from typing import Any

from django.db import connection

from messaging.ingest.drafts import MessageDraft, OwnToken
from messaging.ingest.happenings import MessageKey
from messaging.ingest.recordset import recordset
from messaging.sending.echoes import adopt_echoes

CLAIM = """
    WITH seen AS (
        SELECT DISTINCT ON (token) * FROM json_to_recordset(%s) AS seen (channel_id bigint, token uuid, external_id text, key bytea)
        ORDER BY token, key
    ), locked AS (
        SELECT outgoing.message_id, seen.*
        FROM seen JOIN messaging_outgoing AS outgoing ON outgoing.token = seen.token AND outgoing.channel_id = seen.channel_id
        WHERE NOT EXISTS (
            SELECT 1 FROM messaging_message AS other
            WHERE other.channel_id = seen.channel_id AND other.external_key = seen.key AND other.id <> outgoing.message_id
        )
        ORDER BY outgoing.message_id FOR UPDATE OF outgoing
    ), finished AS (
        UPDATE messaging_outgoing AS outgoing
        SET finished_at = COALESCE(outgoing.finished_at, now()), sender = NULL, reason = '', code = ''
        FROM locked WHERE outgoing.message_id = locked.message_id
    )
    UPDATE messaging_message AS message
    SET external_id = locked.external_id, external_key = locked.key, status = 4, error = ''
    FROM locked
    WHERE message.id = locked.message_id AND message.external_key IS NULL
    RETURNING message.channel_id, message.external_key
"""
UNKNOWN = (
    "SELECT DISTINCT conversation_id FROM messaging_outgoing WHERE reason = 'unknown' AND conversation_id = ANY(%s)"
)


def claim(tokens: list[OwnToken]) -> set[MessageKey]:
    """Give messages of ours their id on the platform, so that an echo of them is known; return those that got one just now.

    The caller holds the locks of their keys.
    """
    if not tokens:
        return set()
    rows = [
        {"channel_id": seen.channel_id, "token": str(seen.token), "external_id": seen.external_id, "key": seen.key}
        for seen in tokens
    ]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [recordset(rows)])
        return {(channel_id, bytes(key)) for channel_id, key in cursor.fetchall()}


def adopt(inserted: list[MessageDraft], answers: list[dict[str, Any]]) -> None:
    """Where a process died while sending, an echo or a comment of ours that says the same tells that it was sent."""
    conversations = {draft.row["conversation_id"] for draft in inserted if draft.row["direction"] == "out"}
    conversations |= {answer["conversation_id"] for answer in answers}
    if not conversations:
        return
    with connection.cursor() as cursor:
        cursor.execute(UNKNOWN, [sorted(conversations)])
        unknown = [number for (number,) in cursor.fetchall()]
    if unknown:
        adopt_echoes(unknown)
