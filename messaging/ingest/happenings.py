"""Message events: stored for good, and applied to their message whichever of the two came first."""

from typing import Any

import orjson
from django.db import connection

from messaging.ingest.conversations import answered_anew
from messaging.ingest.drafts import EventDraft
from messaging.ingest.messages import insert_attachments
from messaging.ingest.recordset import recordset

#: (channel id, key of a message)
MessageKey = tuple[int, bytes]

INSERT = """
    INSERT INTO messaging_messageevent
        (channel_id, kind, event_key, target_key, at, received_at, version, status, text, actor_key, details, delivery_id)
    SELECT channel_id, kind, event_key, target_key, at, received_at, version, status, text, actor_key, details, delivery_id
    FROM json_to_recordset(%s) AS new
        (channel_id bigint, kind text, event_key bytea, target_key bytea, at timestamptz, received_at timestamptz,
         version bigint, status smallint, text text, actor_key bytea, details jsonb, delivery_id bigint)
    WHERE NOT EXISTS (
        SELECT FROM messaging_message AS message
        JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
        JOIN crm_identity AS identity ON identity.id = conversation.identity_id
        WHERE message.channel_id = new.channel_id AND message.external_key = new.target_key AND identity.erased_at IS NOT NULL
    )
    ORDER BY event_key
    ON CONFLICT (channel_id, event_key) DO NOTHING
    RETURNING channel_id, target_key
"""
APPLY = """
    WITH happened AS (
        SELECT event.channel_id, event.target_key,
               COALESCE(max(event.status), 0) AS status,
               (array_agg(event.details -> 'errors' ORDER BY event.at DESC, event.event_key)
                   FILTER (WHERE event.kind = 'status' AND event.details ? 'errors'))[1] AS errors,
               min(event.at) FILTER (WHERE event.kind = 'deletion') AS deleted_at,
               max(event.at) FILTER (WHERE event.kind = 'edit') AS edited_at,
               (array_agg(event.text ORDER BY event.version DESC, event.at DESC, event.event_key)
                   FILTER (WHERE event.kind = 'edit'))[1] AS text,
               (array_agg(event.details -> 'attachments' ORDER BY event.version DESC, event.at DESC, event.event_key)
                   FILTER (WHERE event.kind = 'edit'))[1] AS attachments,
               (array_agg(event.text ORDER BY event.at DESC, event.event_key)
                   FILTER (WHERE event.kind = 'hiding'))[1] AS hiding,
               bool_or(event.kind = 'reaction') AS reacted_to
        FROM json_to_recordset(%s) AS touched (channel_id bigint, key bytea)
        JOIN messaging_messageevent AS event ON event.channel_id = touched.channel_id AND event.target_key = touched.key
        GROUP BY event.channel_id, event.target_key
    ), locked AS (
        SELECT message.id, happened.*
        FROM happened JOIN messaging_message AS message
            ON message.channel_id = happened.channel_id AND message.external_key = happened.target_key
        ORDER BY message.id FOR NO KEY UPDATE OF message
    )
    UPDATE messaging_message AS message SET
        status = CASE WHEN message.direction = 'out' THEN GREATEST(message.status, locked.status) ELSE message.status END,
        error = CASE WHEN message.direction = 'out' AND GREATEST(message.status, locked.status) = 5 AND locked.errors IS NOT NULL
                THEN (SELECT string_agg(code, ', ') FROM jsonb_array_elements_text(locked.errors) AS code)
                WHEN message.direction = 'out' AND locked.status > 5 THEN '' ELSE message.error END,
        text = CASE WHEN locked.deleted_at IS NOT NULL THEN '' ELSE COALESCE(locked.text, message.text) END,
        payload = CASE WHEN locked.deleted_at IS NOT NULL THEN '' ELSE message.payload END,
        edited_at = COALESCE(locked.edited_at, message.edited_at),
        deleted_at = COALESCE(locked.deleted_at, message.deleted_at),
        hidden = COALESCE(locked.hiding = 'hide', message.hidden),
        reactions = CASE WHEN locked.reacted_to THEN (
            SELECT jsonb_object_agg(encode(actor_key, 'hex'), text)
            FROM (
                SELECT DISTINCT ON (actor_key) actor_key, text FROM messaging_messageevent AS event
                WHERE event.channel_id = locked.channel_id AND event.target_key = locked.target_key AND event.kind = 'reaction'
                ORDER BY actor_key, at DESC, event_key
            ) AS newest
            WHERE text <> ''
        ) ELSE message.reactions END
    FROM locked WHERE message.id = locked.id
    RETURNING message.id, message.channel_id, message.external_key, message.deleted_at IS NOT NULL, locked.attachments,
              CASE WHEN message.direction = 'out' AND message.status = 5 THEN message.conversation_id END
"""
OWN_COMMENTS = """
    SELECT event.channel_id, event.actor_key AS key, event.text, event.at, event.received_at, event.delivery_id,
           event.details ->> 'external_id' AS external_id, parent.conversation_id, parent.post_id, parent.ad_id,
           parent.external_id AS reply_to, parent.external_key AS reply_to_key
    FROM json_to_recordset(%s) AS touched (channel_id bigint, key bytea)
    JOIN messaging_messageevent AS event
        ON event.channel_id = touched.channel_id AND event.target_key = touched.key AND event.kind = 'own_comment'
    JOIN messaging_message AS parent ON parent.channel_id = touched.channel_id AND parent.external_key = touched.key
"""
INSERT_OWN_COMMENTS = """
    INSERT INTO messaging_message
        (channel_id, conversation_id, direction, type, text, status, external_id, external_key, sent_at, received_at, at,
         source, post_id, ad_id, comment_id, payload, reply_to, reply_to_key, automated, standby, hidden, error, intent,
         sentiment, delivery_id)
    SELECT channel_id, conversation_id, 'out', 'comment', text, 4, external_id, key, at, received_at, at, 'comment', post_id,
           ad_id, left(external_id, 200), '', reply_to, reply_to_key, false, false, false, '', '', '', delivery_id
    FROM json_to_recordset(%s) AS new
        (channel_id bigint, conversation_id bigint, text text, external_id text, key bytea, received_at timestamptz,
         at timestamptz, post_id bigint, ad_id bigint, reply_to text, reply_to_key bytea, delivery_id bigint)
    ON CONFLICT (channel_id, external_key) DO NOTHING
    RETURNING channel_id, external_key, conversation_id, at
"""
LOCK_ONE = "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key"
REMOVE_ATTACHMENTS = "DELETE FROM messaging_attachment WHERE message_id = ANY(%s)"
FORGET_EDITS = """
    UPDATE messaging_messageevent AS event SET text = '', details = NULL
    FROM json_to_recordset(%s) AS gone (channel_id bigint, key bytea)
    WHERE event.channel_id = gone.channel_id AND event.target_key = gone.key AND event.kind = 'edit'
"""


def insert(drafts: list[EventDraft]) -> set[MessageKey]:
    """Store events and return the keys of the messages they speak of, where they are new.

    Of messages with somebody who was erased nothing more is kept.
    """
    if not drafts:
        return set()
    rows = [
        draft.row | {"channel_id": draft.channel_id, "event_key": draft.key, "target_key": draft.target_key}
        for draft in drafts
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [recordset(rows)])
        return {(channel_id, bytes(key)) for channel_id, key in cursor.fetchall()}


def apply(touched: set[MessageKey]) -> list[dict[str, Any]]:
    """Bring messages up to date with all events of theirs.

    Our answers under comments become messages here; they are returned for the counters of their conversations.
    """
    answers: list[dict[str, Any]] = []
    while touched:
        _apply_changes(touched)
        new = _write_own_comments(touched)
        answers += [
            {
                "conversation_id": conversation_id,
                "direction": "out",
                "at": at,
                "opens_window": False,
                "awaits_answer": False,
            }
            for _, _, conversation_id, at in new
        ]
        touched = {(channel_id, bytes(key)) for channel_id, key, *_ in new}
    return answers


def _keys(touched: set[MessageKey]) -> str:
    return recordset([{"channel_id": channel_id, "key": key} for channel_id, key in sorted(touched)])


def _apply_changes(touched: set[MessageKey]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [_keys(touched)])
        changed = cursor.fetchall()
        deleted = [row for row in changed if row[3]]
        replaced = [row for row in changed if row[4] is not None and not row[3]]
        if gone := [row[0] for row in deleted + replaced]:
            cursor.execute(REMOVE_ATTACHMENTS, [gone])
        answered_anew(sorted({row[5] for row in changed if row[5]}))
        if deleted:
            cursor.execute(FORGET_EDITS, [_keys({(row[1], bytes(row[2])) for row in deleted})])
    insert_attachments(
        [
            {"message_id": row[0], "position": position, **item}
            for row in replaced
            for position, item in enumerate(orjson.loads(row[4]))  # Django leaves jsonb as text
        ]
    )


def _write_own_comments(touched: set[MessageKey]) -> list[tuple[int, bytes, int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(OWN_COMMENTS, [_keys(touched)])
        names = [column.name for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not found:
            return []
        # What happens to these comments may be under way in another drain: wait for it, as for any message.
        cursor.execute(LOCK_ONE, [sorted(int.from_bytes(row["key"][:8], "big", signed=True) for row in found)])
        cursor.execute(INSERT_OWN_COMMENTS, [recordset(found)])
        new: list[tuple[int, bytes, int, Any]] = cursor.fetchall()
        return new
