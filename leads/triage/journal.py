"""The activities of a batch, kept until their leads have numbers."""

from typing import Any

from django.db import connection

from leads.models import ActivityKind, LeadActivity
from messaging.ingest.recordset import recordset

INSERT = """
    INSERT INTO leads_leadactivity (customer_id, lead_id, kind, old, new, reason, automated, by, actor_id, message_id, at)
    SELECT customer_id, lead_id, kind, old, new, reason, true, %s, NULL, message_id, now()
    FROM json_to_recordset(%s) AS entry
        (customer_id bigint, lead_id bigint, kind text, old text, new text, reason text, message_id bigint)
"""


class Journal:
    """Collects what rules changed. A lead is named by the `id()` of its draft until it has a number."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, dict[str, Any]]] = []

    def add(
        self,
        kind: ActivityKind,
        customer_id: int,
        lead_key: int,
        *,
        old: object = "",
        new: object = "",
        reason: str = "",
        message_id: int | None = None,
    ) -> None:
        row = {"customer_id": customer_id, "kind": str(kind), "old": str(old)[:200], "new": str(new)[:200],
               "reason": reason[:500], "message_id": message_id}  # fmt: skip
        self._rows.append((lead_key, row))

    def write(self, lead_ids: dict[int, int]) -> None:
        """Insert everything that was added, in its order."""
        rows = [{**row, "lead_id": lead_ids.get(key)} for key, row in self._rows]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(INSERT, [LeadActivity.Actor.RULE, recordset(rows)])
