"""Writing many rows by COPY, into the real tables with all their indexes and triggers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

TABLES: dict[str, tuple[str, ...]] = {
    "crm_customer": (
        "id", "created_at", "updated_at", "uid", "name", "name_at", "phone", "phone_key", "email", "email_key",
        "governorate", "city", "label", "trade", "type", "persona", "language", "owner_id", "last_message_at",
        "is_active", "blocked",
    ),
    "crm_identity": (
        "id", "created_at", "updated_at", "customer_id", "channel_id", "username", "name", "profile", "profile_at",
        "first_inbound_at", "last_inbound_at", "opted_out", "is_placeholder",
    ),
    "crm_identitykey": ("created_at", "updated_at", "uid", "identity_id", "channel_id", "kind", "value", "key"),
    "crm_note": ("created_at", "updated_at", "customer_id", "text"),
    "messaging_conversation": (
        "id", "created_at", "updated_at", "identity_id", "channel_id", "status", "assignee_id", "team_id", "started_at",
        "last_activity_at", "last_inbound_at", "answered_at", "seen_at", "waiting_since", "message_count",
        "unread_count", "closed_at", "session_state", "session_turn", "session_profile", "key_entities",
        "current_recommendations",
    ),
    "messaging_message": (
        "id", "channel_id", "conversation_id", "direction", "type", "text", "status", "external_id", "external_key",
        "sent_at", "received_at", "at", "source", "post_id", "ad_id", "comment_id", "referral", "payload", "reply_to",
        "author_id", "automated", "standby", "hidden", "error", "intent", "sentiment", "confidence", "entities",
        "triaged_at",
    ),
    "messaging_attachment": ("message_id", "position", "type", "url", "external_id", "name", "mime_type"),
}  # fmt: skip
MESSAGES_AT_ONCE = 5_000
NEXT_IDS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


class Writer:
    """Gathers rows by table and writes them, parents first, one transaction every few thousand messages."""

    def __init__(self, more: Mapping[str, tuple[str, ...]]) -> None:
        self.tables = {**TABLES, **more}
        self.rows: dict[str, list[Sequence[Any]]] = {table: [] for table in self.tables}
        self._ids: dict[str, list[int]] = {}

    def next_id(self, table: str) -> int:
        """Return an id that the table's sequence will not give to anybody else."""
        known = self._ids.setdefault(table, [])
        if not known:
            with connection.cursor() as cursor:
                cursor.execute(NEXT_IDS, [table, MESSAGES_AT_ONCE if table == "messaging_message" else 500])
                known += [number for (number,) in reversed(cursor.fetchall())]
        return known.pop()

    def add(self, table: str, *row: Any) -> None:
        """Add a row; its values stand in the order of its columns."""
        self.rows[table].append(row)

    @property
    def is_full(self) -> bool:
        return len(self.rows["messaging_message"]) >= MESSAGES_AT_ONCE

    def flush(self) -> int:
        """Write what was gathered and return the number of messages in it."""
        written = len(self.rows["messaging_message"])
        with transaction.atomic(), connection.cursor() as cursor:
            for table, columns in self.tables.items():
                if rows := self.rows[table]:
                    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                    self.rows[table] = []
        return written

    def analyze(self) -> None:
        """Tell the planner about the new rows."""
        with connection.cursor() as cursor:
            for table in self.tables:
                cursor.execute(f"ANALYZE {table}")
