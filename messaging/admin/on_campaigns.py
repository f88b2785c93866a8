"""What the lists of posts and ads show of the messages they brought."""

from collections.abc import Iterable
from typing import Literal

from django.db import connection

COUNTED_UP_TO = 1000
COUNT = """
    SELECT source.id, (
        SELECT count(*) FROM (
            SELECT 1 FROM messaging_message AS message WHERE message.{column} = source.id LIMIT %s
        ) AS counted
    ) FROM unnest(%s::bigint[]) AS source (id)
"""


def count_messages(*, brought_by: Literal["post", "ad"], ids: Iterable[int]) -> dict[int, int]:
    """Return how many messages each post or ad brought, one more than `COUNTED_UP_TO` at most, by one query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(column=f"{brought_by}_id"), [COUNTED_UP_TO + 1, list(ids)])
        return dict(cursor.fetchall())
