"""Whether the line of those who wait looks otherwise than a moment ago: asked every few seconds by every page that shows it.

What can be told of conversations alone is asked first. It takes in those that are nobody's; whose their customers are is asked
only when one of them changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import connection

from crm.models import User
from leads import queue
from leads.models import ActivityKind

#: What of a lead is seen in the line. Who was given to a colleague is not among one's own any more, but was.
SHOWN = (
    ActivityKind.OPENED,
    ActivityKind.STAGE_CHANGE,
    ActivityKind.SCORE_UPDATE,
    ActivityKind.ASSIGNMENT,
    ActivityKind.MERGE,
)
DIGEST = "count(*), coalesce(sum((date_part('epoch', talk.updated_at) * 1000000)::bigint), 0)"
OF_CUSTOMERS = "crm_identity AS identity JOIN crm_customer AS customer ON customer.id = identity.customer_id"
ROUGHLY = (
    f"SELECT {DIGEST} FROM (SELECT updated_at FROM messaging_conversation AS conversation WHERE {{waits}}) AS talk"  # noqa: S608
)
EXACTLY = f"""
    SELECT {DIGEST}
    FROM (SELECT * FROM messaging_conversation AS conversation WHERE {{waits}}) AS talk
        JOIN {OF_CUSTOMERS} ON identity.id = talk.identity_id
    WHERE {{whose}}
"""  # noqa: S608 - put together of our own constants
NEWEST = "SELECT coalesce(max(id), 0) FROM leads_leadactivity"
TOUCHED = f"""
    SELECT EXISTS (
        SELECT FROM leads_leadactivity AS activity
            JOIN {OF_CUSTOMERS} ON customer.id = activity.customer_id
            JOIN (SELECT * FROM messaging_conversation AS conversation WHERE {{waits}}) AS talk
                ON talk.identity_id = identity.id
        WHERE activity.id > %(activity)s AND activity.kind = ANY(%(kinds)s)
            AND ({{whose}} OR activity.kind = '{ActivityKind.ASSIGNMENT}')
    )
"""  # noqa: S608 - put together of our own constants


@dataclass(frozen=True, slots=True)
class Mark:
    """The line at a moment: the minute, the newest activity, and how many conversations changed when, roughly and exactly."""

    minute: int
    activity: int
    roughly: tuple[int, int]
    exactly: tuple[int, int]

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the mark that `str` of it names; None where the text is none."""
        parts = text.split(".")
        if len(parts) != 6 or not all(part.isascii() and part.isdigit() and len(part) < 40 for part in parts):
            return None
        minute, activity, *digests = map(int, parts)
        if activity >= 2**63:
            return None
        return cls(minute, activity, (digests[0], digests[1]), (digests[2], digests[3]))

    def __str__(self) -> str:
        return ".".join(map(str, (self.minute, self.activity, *self.roughly, *self.exactly)))


def mark(user: User, *, tab: str, now: datetime) -> Mark:
    """Take one before reading the line that it stands for, so that nothing falls between."""
    ask = _Asking(user, tab, now)
    activity, *digests = ask.one(NEWEST, ROUGHLY, ask.exactly)
    return ask.mark(activity, digests[:2], digests[2:])


def since(before: Mark | None, user: User, *, tab: str, now: datetime) -> tuple[bool, Mark]:
    """Say whether the line may look otherwise than at a mark, and return the mark of now.

    It does on any change of what one sees there, and each minute, since times go by.
    """
    if before is None:
        return True, mark(user, tab=tab, now=now)
    ask = _Asking(user, tab, now)
    activity, touched, *roughly = ask.one(NEWEST, TOUCHED, ROUGHLY, activity=before.activity, kinds=list(SHOWN))
    same = tuple(map(int, roughly)) == before.roughly
    found = ask.mark(activity, roughly, before.exactly if same else ask.one(ask.exactly))
    return touched or (found.minute, found.exactly) != (before.minute, before.exactly), found


class _Asking:
    """The questions about one tab of one user's line."""

    def __init__(self, user: User, tab: str, now: datetime) -> None:
        before, self.whose = queue.whose(user, tab)
        self.values: dict[str, Any] = queue.values(user, now)
        self.waits = f"{queue.WAITS} AND {before}"
        self.minute = int(now.timestamp()) // 60
        # Where one sees everybody's it comes to the same, which need not be asked of customers.
        self.exactly = ROUGHLY if self.whose == queue.ANYBODYS else EXACTLY

    def one(self, *questions: str, **more: Any) -> tuple[Any, ...]:
        """Ask several at once, each of which has one row, and return all they answer."""
        asked = ", ".join(f"({question}) AS answer_{place}" for place, question in enumerate(questions))
        with connection.cursor() as cursor:
            sql = f"SELECT * FROM {asked}".format(waits=self.waits, whose=self.whose)  # noqa: S608 - our own constants
            cursor.execute(sql, self.values | more)
            found: tuple[Any, ...] = cursor.fetchone()
        return found

    def mark(self, activity: int, roughly: Sequence[Any], exactly: Sequence[Any]) -> Mark:
        (a, b), (c, d) = (map(int, digest) for digest in (roughly, exactly))
        return Mark(self.minute, activity, (a, b), (c, d))
