"""The list of the inbox, paged by key, so that depth costs nothing, and how many each tab has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import Q, QuerySet

from crm.prepared import prepared
from crm.visibility import sees_everyone, visible
from messaging.admin.inbox import whose
from messaging.admin.inbox.asked import MINE, UNASSIGNED, WAITING, Asked, number
from messaging.admin.inbox.versions import EPOCH
from messaging.models import Conversation

PAGE = 25
COUNTED = 999  # beyond that nobody cares by how many
#: Ranks of the second part of a list in two parts come behind all of the first; both stay exact in a browser's numbers.
SECOND_PART = 4 * 10**15
#: What a row shows.
COLUMNS = (
    *("status", "updated_at", "last_activity_at", "last_inbound_at", "waiting_since", "unread_count"),
    *("snoozed_until", "snoozed_at", "assignee__full_name", "assignee__email", "channel__name", "channel__platform"),
    *(f"identity__customer__{name}" for name in ("name", "picture", "erased_at")),
)
BOUNDED = f"""(SELECT count(*) FROM (
    SELECT FROM messaging_conversation AS conversation WHERE {{rows}} LIMIT {COUNTED + 1}
) AS bounded)"""  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class After:
    """Where a page ended: in the first or second part of the list, behind this time and number."""

    second: bool
    at: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what `str` of it names, None where the text is none."""
        parts = [number(part) for part in text.split(".")]
        if len(parts) != 3 or None in parts or parts[1] is None or parts[1] > SECOND_PART:
            return None
        return cls(bool(parts[0]), moment(parts[1]), parts[2] or 0)

    def __str__(self) -> str:
        return f"{int(self.second)}.{micros(self.at)}.{self.pk}"


def moment(microseconds: int) -> datetime:
    """Return the time that `micros` gives."""
    return EPOCH + timedelta(microseconds=microseconds)


def micros(when: datetime) -> int:
    """Return a time as whole microseconds, exactly."""
    return (when - EPOCH) // timedelta(microseconds=1)


def rank_of(conversation: Conversation, asked: Asked) -> int:
    """Return a number by which the list is in ascending order."""
    if asked.sort == WAITING and not asked.words:
        if conversation.waiting_since:
            return micros(conversation.waiting_since)
        return 2 * SECOND_PART - micros(conversation.last_activity_at)
    return SECOND_PART - micros(conversation.last_activity_at)


def page_of(
    user: Any, asked: Asked, now: datetime, after: After | None = None, most: int = PAGE
) -> tuple[list[Conversation], After | None]:
    """Return the first of what is asked for, or those behind a place, and where to go on; None: there are no more."""
    found = asked.narrow(rows_for(user), user, now)
    rows: list[Conversation] = []
    if asked.sort == WAITING and not asked.words:
        if after is None or not after.second:
            waiting = found.filter(waiting_since__isnull=False).order_by("waiting_since", "pk")
            rows += _behind(waiting, "waiting_since", after, forward=True)[: most + 1]
        if len(rows) <= most:
            rest = found.filter(waiting_since=None).order_by("-last_activity_at", "-pk")
            place = after if after and after.second else None
            rows += _behind(rest, "last_activity_at", place)[: most + 1 - len(rows)]
    else:
        newest = found.order_by("-last_activity_at", "-pk")
        rows += _behind(newest, "last_activity_at", after)[: most + 1]
    shown = rows[:most]
    return shown, _place(shown[-1], asked) if len(rows) > most else None


def _place(last: Conversation, asked: Asked) -> After:
    if asked.sort == WAITING and not asked.words and last.waiting_since:
        return After(False, last.waiting_since, last.pk)
    return After(asked.sort == WAITING and not asked.words, last.last_activity_at, last.pk)


def _behind(
    found: QuerySet[Conversation], name: str, after: After | None, *, forward: bool = False
) -> QuerySet[Conversation]:
    """Go on behind a place; the first condition lets the index be entered there."""
    if after is None:
        return found
    way = "gt" if forward else "lt"
    beyond = Q(**{f"{name}__{way}": after.at}) | Q(**{f"pk__{way}": after.pk})
    return found.filter(Q(**{f"{name}__{way}e": after.at}) & beyond)


def these(user: Any, asked: Asked, ids: list[int], now: datetime) -> list[Conversation]:
    """Return of some conversations those that are listed."""
    if asked.finds_messages and not asked.finds_people:
        return []
    return list(asked.narrow(rows_for(user).filter(pk__in=ids), user, now))


def rows_for(user: Any) -> QuerySet[Conversation]:
    """Return the conversations that a colleague may see, with what a row shows."""
    found: QuerySet[Conversation] = visible(user, Conversation)
    return found.select_related("identity__customer", "channel", "assignee").only(*COLUMNS)


def counts(user: Any, asked: Asked, now: datetime) -> dict[str, int]:
    """Return by one query how many of mine and nobody's are unread, and how many conversations each tab has; up to a bound.

    While one searches, the tabs only lead back, and theirs are not counted.
    """
    in_state = whose.OF_STATE[asked.state]
    wanted = {} if asked.searches else {tab: f"{in_state} AND {of_tab}" for tab, of_tab in whose.OF_TAB.items()}
    wanted["unread"] = f"{whose.UNREAD} AND ({whose.OF_TAB[MINE]} OR {whose.OF_TAB[UNASSIGNED]})"
    if not sees_everyone(user):  # one's own one sees in any case
        wanted |= {name: f"{rows} AND {whose.SEEN}" for name, rows in wanted.items() if name != MINE}
    parts = (BOUNDED.format(rows=rows) for rows in wanted.values())
    with prepared(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH {whose.COLLEAGUES} SELECT {', '.join(parts)}",
            {"me": user.pk, "team": user.team_id, "now": now},
        )
        found = cursor.fetchone()
    return dict(zip(wanted, found, strict=True))


def said(count: int) -> str:
    """Write a bounded number."""
    return f"{COUNTED}+" if count > COUNTED else str(count)
