"""Lead forms whose answers are to be fetched."""

from uuid import uuid4

from django.db import connection

from messaging.ingest.drafts import MessageDraft
from messaging.ingest.recordset import recordset

INSERT = """
    INSERT INTO messaging_leadformanswer
        (message_id, uid, created_at, updated_at, channel_id, form_id, attempts, next_attempt_at, reason, code)
    SELECT message_id, uid, now(), now(), channel_id, form_id, 0, now(), '', ''
    FROM json_to_recordset(%s) AS new (message_id bigint, uid uuid, channel_id bigint, form_id text)
"""


def await_answers(inserted: list[MessageDraft]) -> None:
    """Note of messages that were just stored which of them stand for a lead form."""
    rows = [
        {
            "message_id": draft.row["id"],
            "uid": uuid4(),
            "channel_id": draft.channel_id,
            "form_id": (draft.row["referral"] or {}).get("form_id", "")[:100],
        }
        for draft in inserted
        if draft.row["type"] == "lead_form" and draft.row["direction"] == "in"
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [recordset(rows)])
