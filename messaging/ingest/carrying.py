"""After a restore: deliveries that were acknowledged after the backup come back into the line."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

# One that was committed after the backup was received a moment before: by the clocks of the web processes.
MARGIN = timedelta(hours=1)
BATCH = 1000
NEWER = """
    SELECT uid, channel_id, body, query, headers::text, digest, received_at,
        CASE status WHEN 'ignored' THEN status ELSE 'pending' END FROM messaging_webhookdelivery
    WHERE received_at >= %s ORDER BY id
"""
CARRY = """
    INSERT INTO messaging_webhookdelivery
        (uid, channel_id, body, query, headers, digest, received_at, status, attempts, next_attempt_at, error)
    SELECT %s, %s, %s, %s, %s::jsonb, %s, %s, %s, 0, now(), ''
    WHERE EXISTS (SELECT FROM crm_channel WHERE id = %s)
    ON CONFLICT (channel_id, digest) DO NOTHING
"""


def carry_deliveries(old: psycopg.Connection[Any], since: datetime) -> int:
    """Put deliveries that the restored database lacks into its line, and return how many.

    Those it has were in the backup with all that they brought about. Of a channel that was added after the backup there is nowhere
    to put them: they stay in the old database.
    """
    carried = 0
    with old.transaction(), old.cursor(name="newer_deliveries") as newer:
        newer.execute(NEWER, [since - MARGIN])
        while rows := newer.fetchmany(BATCH):
            with connection.cursor() as cursor:
                for row in rows:
                    cursor.execute(CARRY, [*row, row[1]])
                    carried += cursor.rowcount
    return carried
