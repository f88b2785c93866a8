"""Finding or opening the conversation of each message, and keeping its counters and times."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from messaging.ingest.drafts import MessageDraft
from messaging.ingest.recordset import recordset
from messaging.models import MessageStatus

OPEN_ONES = """
    SELECT identity_id, id FROM messaging_conversation
    WHERE identity_id = ANY(%s) AND status = 'open' ORDER BY id FOR NO KEY UPDATE
"""
OPEN_NEW = """
    INSERT INTO messaging_conversation
        (created_at, updated_at, identity_id, channel_id, status, started_at, last_activity_at, message_count, unread_count,
         session_state, session_turn, session_profile, key_entities, current_recommendations)
    SELECT now(), now(), identity_id, channel_id, 'open', started_at, started_at, 0, 0, '', 0, '{}', '{}', '[]'
    FROM json_to_recordset(%s) AS new (identity_id bigint, channel_id bigint, started_at timestamptz)
    ORDER BY identity_id
    RETURNING identity_id, id
"""
COUNT = """
    WITH new AS (
        SELECT * FROM json_to_recordset(%s) AS new
            (conversation_id bigint, direction text, at timestamptz, opens_window boolean, awaits_answer boolean)
    ), sums AS (
        SELECT new.conversation_id,
               count(*) AS messages,
               min(new.at) AS first_at,
               max(new.at) AS last_at,
               max(new.at) FILTER (WHERE opens_window) AS last_inbound_at,
               max(new.at) FILTER (WHERE direction = 'out') AS answered_at,
               count(*) FILTER (
                   WHERE awaits_answer
                   AND new.at > COALESCE(GREATEST(conversation.answered_at, conversation.seen_at), '-infinity')
               ) AS unread,
               min(new.at) FILTER (WHERE awaits_answer AND new.at > COALESCE(conversation.answered_at, '-infinity')) AS waiting_since
        FROM new JOIN messaging_conversation AS conversation ON conversation.id = new.conversation_id
        GROUP BY new.conversation_id
    )
    UPDATE messaging_conversation AS conversation SET
        message_count = message_count + sums.messages,
        started_at = LEAST(conversation.started_at, sums.first_at),
        last_activity_at = GREATEST(conversation.last_activity_at, sums.last_at),
        last_inbound_at = GREATEST(conversation.last_inbound_at, sums.last_inbound_at),
        answered_at = GREATEST(conversation.answered_at, sums.answered_at),
        unread_count = unread_count + sums.unread,
        waiting_since = LEAST(conversation.waiting_since, sums.waiting_since),
        updated_at = now()
    FROM sums WHERE conversation.id = sums.conversation_id
"""
RECOUNT = """
    UPDATE messaging_conversation AS conversation SET unread_count = counted.unread, waiting_since = counted.waiting_since
    FROM (
        SELECT conversation.id,
               count(message.id) FILTER (WHERE message.at > COALESCE(conversation.seen_at, '-infinity')) AS unread,
               min(message.at) AS waiting_since
        FROM messaging_conversation AS conversation
        LEFT JOIN messaging_message AS message
            ON message.conversation_id = conversation.id AND message.direction = 'in' AND message.type <> 'referral'
            AND message.at > COALESCE(conversation.answered_at, '-infinity')
        WHERE conversation.id = ANY(%s)
        GROUP BY conversation.id
    ) AS counted
    WHERE conversation.id = counted.id
"""

ANSWERED = """
    UPDATE messaging_conversation AS conversation SET answered_at = (
        SELECT max(message.at) FROM messaging_message AS message
        WHERE message.conversation_id = conversation.id AND message.direction = 'out' AND message.status <> %s
          AND NOT EXISTS (SELECT 1 FROM messaging_awayreply AS away WHERE away.message_id = message.id)
    ), updated_at = now()
    WHERE conversation.id = ANY(%s)
"""
LOCK = "SELECT id FROM messaging_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def assign(drafts: list[MessageDraft]) -> None:
    """Give each message the open conversation of its person; the caller holds their identities' locks."""
    first_at: dict[int, tuple[datetime, int]] = {}
    for draft in drafts:
        identity_id = draft.person.root.identity_id
        earliest = min(first_at.get(identity_id, (draft.row["at"], 0))[0], draft.row["at"])
        first_at[identity_id] = (earliest, draft.channel_id)
    if not first_at:
        return
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ONES, [list(first_at)])
        found: dict[int, int] = dict(cursor.fetchall())
        missing = [
            {"identity_id": identity_id, "channel_id": channel_id, "started_at": at}
            for identity_id, (at, channel_id) in first_at.items()
            if identity_id not in found
        ]
        if missing:
            cursor.execute(OPEN_NEW, [recordset(missing)])
            found |= dict(cursor.fetchall())
    for draft in drafts:
        draft.row["conversation_id"] = found[draft.person.root.identity_id]


def count(inserted: Iterable[MessageDraft], answers: list[dict[str, Any]]) -> None:
    """Bring conversations up to date with their new messages, and with our comments in them (`answers`)."""
    rows = [
        {
            "conversation_id": draft.row["conversation_id"],
            "direction": draft.row["direction"],
            "at": draft.row["at"],
            "opens_window": draft.opens_window,
            "awaits_answer": draft.awaits_answer,
        }
        for draft in inserted
    ]
    count_rows(rows + answers)


def count_rows(rows: list[dict[str, Any]]) -> None:
    """Bring conversations up to date with new messages of theirs, given by what of them counts."""
    if not rows:
        return
    answered = sorted({row["conversation_id"] for row in rows if row["direction"] == "out"})
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [recordset(rows)])
        if answered:
            cursor.execute(RECOUNT, [answered])


def answered_anew(conversation_ids: list[int]) -> None:
    """Work out anew when we last answered: what failed was no answer, and they wait again."""
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [conversation_ids])
            cursor.execute(ANSWERED, [MessageStatus.FAILED.value, conversation_ids])
            cursor.execute(RECOUNT, [conversation_ids])
