"""Messages that triage cannot read."""

from typing import Any

from django.db import connection

FIRST_RETRY_SECONDS = 2
MAX_ATTEMPTS = 5

SET_ASIDE = """
    INSERT INTO leads_triagefailure AS failure (message_id, reason, attempts, failed_at, next_attempt_at)
    VALUES (%(message)s, %(reason)s, 1, now(), now() + %(pause)s * interval '1 second')
    ON CONFLICT (message_id) DO UPDATE SET reason = EXCLUDED.reason, attempts = failure.attempts + 1, failed_at = now(),
        next_attempt_at = CASE WHEN failure.attempts + 1 < %(most)s
            THEN now() + %(pause)s * power(3, failure.attempts) * interval '1 second' END
"""


def set_aside(message_id: int, reason: str) -> None:
    """Keep a message out of the batches for a while, in the end until somebody asks for it."""
    values: dict[str, Any] = {
        "message": message_id,
        "reason": reason[:500],
        "pause": FIRST_RETRY_SECONDS,
        "most": MAX_ATTEMPTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(SET_ASIDE, values)
