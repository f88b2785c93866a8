"""Whom to answer next: everybody who waits for us, the most pressing first, and what puts them there.

Three things add up, each in whole points: how promising the lead is, how long they wait, and how soon the platform's reply
window closes. Once it is closed, waiting longer makes nothing more urgent: it takes back what waiting gives.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.utils.dateparse import parse_datetime

from crm.models import Customer, User
from crm.visibility import colleagues_of, sees_everyone
from messaging.window import FREE_REPLY_UNTIL

FOR_SCORE, FOR_WAITING, FOR_CLOSING, FOR_CLOSED = 40, 30, 30, -30  # points, the first three at most
HALF_THE_WAITING = timedelta(hours=2)  # who waits so long has half of the points for it
CLOSING = timedelta(hours=6)  # so long before the window closes its points begin

MINE, UNASSIGNED, ALL = TABS = ("mine", "unassigned", "all")
ABOVE_ALL = 1000  # points that nobody has
SAMPLE = 200  # the most pressing without their score, which bound what need be looked at
PAGE = 25

# Of those that wait only who can come among the first is joined with customer and lead: the most pressing, and of all others who
# with the best score would still come before the last of their first page. A score adds at most FOR_SCORE.
LINE = f"""
    WITH waiting AS MATERIALIZED (
        SELECT id, identity_id, waiting_since, assignee_id, team_id, closes_at, for_waiting, for_closing,
            for_waiting + for_closing AS pressing
        FROM (
            SELECT *,
                round(({FOR_WAITING}::float8 * waited) / (waited + {HALF_THE_WAITING.total_seconds()}))::int AS for_waiting,
                CASE WHEN closes_at IS NULL THEN 0 WHEN closes_in <= 0 THEN {FOR_CLOSED}
                    ELSE round({FOR_CLOSING}::float8 * greatest(0, 1 - closes_in / {CLOSING.total_seconds()}))::int
                END AS for_closing
            FROM (
                SELECT *, greatest(0, date_part('epoch', %(now)s - waiting_since)) AS waited,
                    date_part('epoch', closes_at - %(now)s) AS closes_in
                FROM (
                    SELECT conversation.id, identity_id, waiting_since, assignee_id, team_id,
                        {FREE_REPLY_UNTIL} AS closes_at
                    FROM messaging_conversation AS conversation JOIN crm_channel AS channel ON channel.id = channel_id
                    WHERE {{waits}}
                    OFFSET 0
                ) AS talk
            ) AS clock
            OFFSET 0
        ) AS points
    ), pressing AS MATERIALIZED (
        SELECT * FROM waiting WHERE pressing <= %(rank)s ORDER BY pressing DESC LIMIT %(sample)s
    ), placed AS MATERIALIZED (
        {{placed}}
    ), bound AS (
        SELECT CASE WHEN count(*) > %(most)s THEN min(rank) - {FOR_SCORE} ELSE {FOR_CLOSED} END AS least
        FROM (SELECT rank FROM placed ORDER BY rank DESC LIMIT %(most)s + 1) AS first
    ), others AS (
        SELECT * FROM waiting
        WHERE pressing BETWEEN (SELECT least FROM bound) AND %(rank)s AND id NOT IN (SELECT id FROM pressing)
    )
    SELECT id, rank, for_score, for_waiting, for_closing, waiting_since, closes_at, lead_id, score
    FROM (SELECT * FROM placed UNION ALL {{placed_others}}) AS placed
    ORDER BY rank DESC, waiting_since, id LIMIT %(most)s + 1
"""  # noqa: S608 - put together of our own constants
PLACED = f"""
    SELECT * FROM (
        SELECT talk.id, talk.waiting_since, talk.closes_at, talk.for_waiting, talk.for_closing, lead.id AS lead_id, lead.score,
            own.for_score, talk.pressing + own.for_score AS rank
        FROM {{source}} AS talk
        JOIN crm_identity AS identity ON identity.id = talk.identity_id AND NOT identity.opted_out
        JOIN crm_customer AS customer ON customer.id = identity.customer_id AND NOT customer.blocked
        LEFT JOIN leads_lead AS lead ON lead.customer_id = customer.id AND lead.closed_at IS NULL
        CROSS JOIN LATERAL (SELECT round(coalesce(lead.score, 0) * {FOR_SCORE}::float8 / 100)::int AS for_score) AS own
        WHERE {{whose}}
    ) AS ranked
    WHERE rank < %(rank)s OR (rank = %(rank)s AND (waiting_since, id) > (%(waiting_since)s, %(id)s))
"""  # noqa: S608 - put together of our own constants
WAITS = """
    conversation.status = 'open' AND conversation.waiting_since IS NOT NULL
    AND (conversation.snoozed_until IS NULL OR conversation.snoozed_until <= %(now)s
        OR conversation.last_inbound_at > conversation.snoozed_at OR conversation.waiting_since > conversation.snoozed_at)
"""
# Whose a conversation is: its assignee's or team's; of those given to nobody, the customer's owner's.
GIVEN = """(conversation.assignee_id = ANY(%(colleagues)s) OR conversation.team_id = %(team)s
    OR (conversation.assignee_id IS NULL AND conversation.team_id IS NULL))"""
NOBODYS = """(talk.assignee_id IS NOT NULL OR talk.team_id IS NOT NULL
    OR customer.owner_id IS NULL OR customer.owner_id = ANY(%(colleagues)s))"""
ANYBODYS = "true"
# What each tab asks of a conversation, and then of its customer.
TAB = {
    MINE: (
        "(conversation.assignee_id = %(me)s OR conversation.assignee_id IS NULL)",
        "(talk.assignee_id = %(me)s OR customer.owner_id = %(me)s)",
    ),
    UNASSIGNED: ("conversation.assignee_id IS NULL", "customer.owner_id IS NULL"),
    ALL: ("true", ANYBODYS),
}
NAMED = "conversation.identity_id IN (SELECT id FROM crm_identity WHERE customer_id IN ({0}))"


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in the line. The three points add up to `rank`; no lead yet: `lead_id` and `score` are None."""

    conversation_id: int
    rank: int
    for_score: int
    for_waiting: int
    for_closing: int
    waiting_since: datetime
    closes_at: datetime | None
    lead_id: int | None
    score: int | None


@dataclass(frozen=True, slots=True)
class After:
    """Where a page ended: the line as it was at `now`, behind this place."""

    now: datetime
    rank: int
    waiting_since: datetime
    conversation_id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what `str` of it names, None where the text is none."""
        parts = text.split(",")
        try:
            now, waiting_since = parse_datetime(parts[0]), parse_datetime(parts[2])
            rank, conversation_id = int(parts[1]), int(parts[3])
        except (ValueError, IndexError):
            return None
        if not (now and waiting_since and now.tzinfo and waiting_since.tzinfo and len(parts) == 4):
            return None
        if abs(rank) > ABOVE_ALL or not 0 <= conversation_id < 2**63:
            return None
        return cls(now, rank, waiting_since, conversation_id)

    def __str__(self) -> str:
        return f"{self.now.isoformat()},{self.rank},{self.waiting_since.isoformat()},{self.conversation_id}"


def line(
    user: User, *, tab: str, now: datetime, words: str = "", after: After | None = None, most: int = PAGE
) -> tuple[list[Place], After | None]:
    """Return the first who wait, or those after a place, and where to go on; None: there is nobody behind.

    `tab` is whose: one of TABS, of what the user may see. `words` finds by name, exact phone or e-mail.
    """
    given = values(user, now) | {
        "rank": after.rank if after else ABOVE_ALL,
        "waiting_since": after.waiting_since if after else now,
        "id": after.conversation_id if after else 0,
        "most": most,
        "sample": max(SAMPLE, 2 * most),
    }
    before, theirs = whose(user, tab)
    waits = f"{WAITS} AND {before}"
    if words:
        named, parameters = _by_name(words)
        waits, given = f"{waits} AND {named}", given | parameters
    placed, others = (PLACED.format(source=source, whose=theirs) for source in ("pressing", "others"))
    with connection.cursor() as cursor:
        cursor.execute(LINE.format(waits=waits, placed=placed, placed_others=others), given)
        found = [Place(*row) for row in cursor.fetchall()]
    places = found[:most]
    last = places[-1] if len(found) > most else None
    return places, After(now, last.rank, last.waiting_since, last.conversation_id) if last else None


def values(user: User, now: datetime) -> dict[str, Any]:
    """Return the values that the conditions of `WAITS` and `whose` name."""
    everyone = sees_everyone(user)
    return {"now": now, "me": user.pk, "team": user.team_id, "colleagues": [] if everyone else colleagues_of(user)}


def _by_name(words: str) -> tuple[str, dict[str, Any]]:
    """Return the condition that a conversation is with somebody of that name, phone or e-mail, and its values."""
    customers, given = Customer.objects.matching(words).values("pk").query.sql_with_params()
    first, *others = customers.split("%s")
    named = "".join(f"%(word{number})s{part}" for number, part in enumerate(others))
    return NAMED.format(first + named), {f"word{number}": value for number, value in enumerate(given)}


def whose(user: User, tab: str) -> tuple[str, str]:
    """Return what is asked of a conversation, and then of its customer."""
    before, theirs = TAB[tab]
    if sees_everyone(user):
        return before, theirs
    return f"{before} AND {GIVEN}", f"{theirs} AND {NOBODYS}"
