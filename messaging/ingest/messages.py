"""Inserting messages and their attachments."""

from django.db import connection

from messaging.ingest.drafts import MessageDraft, attachment_row
from messaging.ingest.recordset import recordset
from messaging.lead_forms.waiting import await_answers

STORED = """
    SELECT message.channel_id, message.external_key
    FROM json_to_recordset(%s) AS wanted (channel_id bigint, key bytea)
    JOIN messaging_message AS message ON message.channel_id = wanted.channel_id AND message.external_key = wanted.key
"""
NEXT_IDS = "SELECT nextval('messaging_message_id_seq') FROM generate_series(1, %s)"
INSERT = """
    INSERT INTO messaging_message
        (id, channel_id, conversation_id, direction, type, text, status, external_id, external_key, sent_at, received_at, at,
         source, post_id, ad_id, comment_id, referral, payload, reply_to, reply_to_key, automated, standby, hidden, error,
         intent, sentiment, delivery_id)
    SELECT id, channel_id, conversation_id, direction, left(type, 50), text, status, external_id, external_key, sent_at,
           received_at, at, source, post_id, ad_id, comment_id, referral, payload, reply_to, reply_to_key, false, standby,
           false, error, '', '', delivery_id
    FROM json_to_recordset(%s) AS new
        (id bigint, channel_id bigint, conversation_id bigint, direction text, type text, text text, status smallint,
         external_id text, external_key bytea, sent_at timestamptz, received_at timestamptz, at timestamptz, source text,
         post_id bigint, ad_id bigint, comment_id text, referral jsonb, payload text, reply_to text, reply_to_key bytea,
         standby boolean, error text, delivery_id bigint)
    ON CONFLICT (channel_id, external_key) DO NOTHING RETURNING id
"""
INSERT_ATTACHMENTS = """
    INSERT INTO messaging_attachment (message_id, position, type, url, external_id, name, mime_type, extra)
    SELECT message_id, position, type, url, external_id, name, mime_type, extra
    FROM json_to_recordset(%s) AS new
        (message_id bigint, position smallint, type text, url text, external_id text, name text, mime_type text, extra jsonb)
"""


def not_yet_stored(drafts: list[MessageDraft]) -> list[MessageDraft]:
    """Leave out messages that are in the table; the caller holds the locks of their keys."""
    if not drafts:
        return []
    wanted = [{"channel_id": draft.channel_id, "key": draft.key} for draft in drafts]
    with connection.cursor() as cursor:
        cursor.execute(STORED, [recordset(wanted)])
        stored = {(channel_id, bytes(key)) for channel_id, key in cursor.fetchall()}
    return [draft for draft in drafts if (draft.channel_id, draft.key) not in stored]


def insert(drafts: list[MessageDraft]) -> list[MessageDraft]:
    """Insert messages whose conversation is assigned and return those that really were new."""
    if not drafts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NEXT_IDS, [len(drafts)])
        for draft, (number,) in zip(drafts, cursor.fetchall(), strict=True):
            draft.row |= {"id": number, "channel_id": draft.channel_id, "external_key": draft.key}
        cursor.execute(INSERT, [recordset([draft.row for draft in drafts])])
        new_ids = {number for (number,) in cursor.fetchall()}
    inserted = [draft for draft in drafts if draft.row["id"] in new_ids]
    insert_attachments(
        [
            {"message_id": draft.row["id"], "position": position, **attachment_row(item)}
            for draft in inserted
            for position, item in enumerate(draft.attachments)
        ]
    )
    await_answers(inserted)
    return inserted


def insert_attachments(rows: list[dict[str, object]]) -> None:
    """Insert attachments of stored messages."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT_ATTACHMENTS, [recordset(rows)])
