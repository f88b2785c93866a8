"""What changed on the board since somebody last looked."""

from dataclasses import dataclass
from typing import Self

from django.db import connection

MOST = 100  # changed leads told one by one; beyond, the columns are read anew

# Ids are given before their transaction ends: a smaller one may appear after a larger one was seen. `horizon` is the oldest
# transaction that was running then; rows of it or of younger ones are looked for below the mark, too.
CHANGED = """
    WITH fresh AS (
        SELECT lead_id FROM leads_leadactivity AS activity
        WHERE lead_id IS NOT NULL AND id > %(activity)s - 5000
            AND (id > %(activity)s OR age(activity.xmin) <= age(%(horizon)s::text::xid))
        UNION
        SELECT lead.id FROM messaging_conversation AS conversation
            JOIN crm_identity AS identity ON identity.id = conversation.identity_id
            JOIN leads_lead AS lead ON lead.customer_id = identity.customer_id AND lead.closed_at IS NULL
        WHERE conversation.last_activity_at > to_timestamp(%(seconds)s) - interval '20 seconds'
    )
    SELECT coalesce((SELECT max(id) FROM leads_leadactivity), 0),
        (pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295), extract(epoch FROM now())::bigint,
        ARRAY(SELECT lead_id FROM fresh LIMIT %(most)s)
"""
NOW = """
    SELECT coalesce(max(id), 0), (pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295),
        extract(epoch FROM now())::bigint FROM leads_leadactivity
"""


@dataclass(frozen=True)
class Mark:
    """A moment: the newest activity, the oldest running transaction, and the clock in seconds since 1970."""

    activity: int
    horizon: int
    seconds: int

    @classmethod
    def now(cls) -> Self:
        """Take one before reading what it stands for, so that nothing falls between."""
        with connection.cursor() as cursor:
            cursor.execute(NOW)
            return cls(*cursor.fetchone())

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the mark that `str` of it names; None where the text is none."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
            return None
        activity, horizon, seconds = map(int, parts)
        return cls(activity, horizon, seconds) if horizon < 2**32 else None

    def __str__(self) -> str:
        return f"{self.activity}.{self.horizon}.{self.seconds}"


def since(mark: Mark) -> tuple[Mark, list[int]]:
    """Return the mark of now and the leads that changed, or whose customer wrote or was answered; at most MOST + 1 of them."""
    values = {"activity": mark.activity, "horizon": mark.horizon, "seconds": mark.seconds, "most": MOST + 1}
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, values)
        activity, horizon, seconds, lead_ids = cursor.fetchone()
    return Mark(activity, horizon, seconds), lead_ids
