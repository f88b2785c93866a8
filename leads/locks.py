"""One at a time for a customer's leads.

Order of locks, the same everywhere: conversations, messages, the locks here, leads, customers; each kind by id.
"""

from collections.abc import Iterable

from django.db import connection

LOCK = """
    SELECT pg_advisory_xact_lock(hashint8extended(id, 4201)) FROM unnest(%s::bigint[]) WITH ORDINALITY AS k (id, place) ORDER BY place
"""


def lock_customers(customer_ids: Iterable[int]) -> None:
    """Wait until nobody else changes the leads of these customers; held to the end of the transaction."""
    ids = sorted(set(customer_ids))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [ids])
