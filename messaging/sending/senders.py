"""Which sending processes are alive: each holds an advisory lock of the session, which ends with its process, however it ends."""

import secrets
from collections.abc import Iterable

from django.db import connection

HOLD = "SELECT pg_advisory_lock(%s)"
OPEN_CLAIMS = """
    SELECT DISTINCT sender FROM messaging_outgoing WHERE finished_at IS NULL AND sender IS NOT NULL AND sender <> ALL(%s)
"""
IS_DEAD = "SELECT pg_try_advisory_xact_lock(%s)"


class Sender:
    """This process, as others see it. Its number changes with its database session, since the lock goes with that."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._session: object = None

    def number(self) -> int:
        """Return the number whose lock the current session holds."""
        connection.ensure_connection()
        if self._session is not connection.connection:
            number = secrets.randbits(63)
            with connection.cursor() as cursor:
                cursor.execute(HOLD, [number])
            self._session = connection.connection
            self.numbers.append(number)
        return self.numbers[-1]


def dead_among_claims(mine: Iterable[int]) -> list[int]:
    """Return the senders of open claims who are no more, beside `mine`. The caller is in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CLAIMS, [list(mine)])
        found = [number for (number,) in cursor.fetchall()]
        dead = []
        for number in found:
            cursor.execute(IS_DEAD, [number])
            if cursor.fetchone() == (True,):
                dead.append(number)
    return dead
