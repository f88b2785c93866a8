"""What is new for an open inbox, by two short queries however much there is: it is asked every other second."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from crm.visibility import visible
from messaging.admin.inbox.asked import Asked
from messaging.admin.inbox.listing import micros
from messaging.admin.inbox.versions import OF_MESSAGE, state_of
from messaging.admin.thread import SHOWN
from messaging.models import Conversation

#: A change bears the time at which its transaction began, and clocks of several hosts differ: so far back is looked again.
LOOK_BACK = timedelta(seconds=10)
MOST_CHANGED = 200
PRESENT = timedelta(seconds=12)
WRITING = timedelta(seconds=6)
NOTED_EVERY = timedelta(seconds=4)  # longer than between two questions, so that most write nothing

OPEN_ONE = f"""
    WITH open_one AS MATERIALIZED (
        SELECT conversation.*, identity.customer_id, identity.last_inbound_at AS wrote_at, identity.opted_out, customer.blocked,
            channel.is_active
        FROM ({{visible}}) AS seen
        JOIN messaging_conversation AS conversation ON conversation.id = seen.id
        JOIN crm_identity AS identity ON identity.id = conversation.identity_id
        JOIN crm_customer AS customer ON customer.id = identity.customer_id
        JOIN crm_channel AS channel ON channel.id = conversation.channel_id
    ), here AS (
        INSERT INTO messaging_conversationviewer AS viewer (conversation_id, user_id, seen_at, writing_at)
        SELECT id, %(me)s, now(), CASE WHEN %(writing)s THEN now() END FROM open_one
        ON CONFLICT (conversation_id, user_id) DO UPDATE
        SET seen_at = now(), writing_at = CASE WHEN %(writing)s THEN now() ELSE viewer.writing_at END
        WHERE viewer.seen_at < now() - %(noted_every)s
            OR (%(writing)s AND coalesce(viewer.writing_at, '-infinity') < now() - %(noted_every)s)
    ), gone AS (
        DELETE FROM messaging_conversationviewer
        WHERE user_id = %(me)s AND conversation_id NOT IN (SELECT id FROM open_one) AND seen_at < now() - interval '1 minute'
    ), newest AS (
        SELECT id, at, {OF_MESSAGE} AS version FROM messaging_message
        WHERE conversation_id = (SELECT id FROM open_one) ORDER BY at DESC, id DESC LIMIT {SHOWN}
    )
    SELECT
        (SELECT md5(coalesce(string_agg(id || ':' || version, ',' ORDER BY at, id), '')) FROM newest)
            || '.' || coalesce((SELECT max(id) FROM crm_note WHERE customer_id = open_one.customer_id), 0),
        (SELECT json_agg(json_build_array(coalesce(nullif(colleague.full_name, ''), colleague.email),
                coalesce(viewer.writing_at > now() - %(writes)s, false)) ORDER BY viewer.id)
            FROM messaging_conversationviewer AS viewer JOIN crm_user AS colleague ON colleague.id = viewer.user_id
            WHERE viewer.conversation_id = open_one.id AND viewer.user_id <> %(me)s AND viewer.seen_at > now() - %(present)s),
        unread_count, status, assignee_id, team_id, snoozed_until, waiting_since, last_inbound_at, wrote_at, opted_out, blocked,
        is_active
    FROM open_one
"""  # noqa: S608 - put together of our own constants


@dataclass(frozen=True, slots=True)
class Talk:
    """The open conversation: the versions of its thread and of its state, and who else is there, each with whether they write."""

    thread: str
    state: str
    unread: int
    viewers: list[tuple[str, bool]]


def changed(user: Any, asked: Asked, shown: list[int], since: datetime, now: datetime) -> list[tuple[int, int]]:
    """Return (number, version) of conversations that changed since: those of the list, and those that are shown but left it."""
    listed = Q() if asked.words else asked.of_tab(asked.tab, user)
    recent = Conversation.objects.filter(updated_at__gt=since - LOOK_BACK)
    mine = visible(user, Conversation).filter(listed, updated_at__gt=since - LOOK_BACK).values_list("pk", "updated_at")
    left = recent.filter(pk__in=shown).values_list("pk", "updated_at")
    found = list(mine.union(left).order_by("-updated_at")[:MOST_CHANGED])
    return [(pk, micros(updated_at)) for pk, updated_at in found]


def talk(user: Any, conversation_id: int, *, writing: bool) -> Talk | None:
    """Return how the open conversation stands, and note that this colleague is there; None where they may not see it."""
    one = visible(user, Conversation).filter(pk=conversation_id).order_by().values("id")
    sql, given = one.query.sql_with_params()
    values: dict[str, Any] = {
        "me": user.pk,
        "writing": writing,
        "noted_every": NOTED_EVERY,
        "present": PRESENT,
        "writes": WRITING,
    }
    first, *others = sql.split("%s")
    named = "".join(f"%(sight{place})s{part}" for place, part in enumerate(others))
    values |= {f"sight{place}": value for place, value in enumerate(given)}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ONE.format(visible=first + named), values)
        found = cursor.fetchone()
    if found is None:
        return None
    thread, viewers, unread, *state = found
    return Talk(thread, state_of(*state), unread, [(name, writes) for name, writes in viewers or ()])
