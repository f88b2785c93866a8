"""What is new for an open inbox, by one short query however much there is: each asks every other second."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.prepared import prepared
from crm.visibility import sees_everyone
from messaging.admin.inbox.asked import Asked
from messaging.admin.inbox.versions import OF_MESSAGE, state_of
from messaging.admin.inbox.whose import COLLEAGUES, OF_TAB, SEEN
from messaging.admin.thread import SHOWN
from messaging.models import ConversationViewer

#: A change bears the time at which its transaction began, and clocks of several hosts differ: so far back is looked again.
LOOK_BACK = timedelta(seconds=10)
MOST_CHANGED = 200
PRESENT = timedelta(seconds=12)
WRITING = timedelta(seconds=6)
FORGOTTEN = timedelta(hours=1)

CHANGED = f"""
    (SELECT json_agg(json_build_array(id, (extract(epoch FROM updated_at) * 1000000)::bigint)) FROM (
        SELECT conversation.id, conversation.updated_at FROM messaging_conversation AS conversation
        WHERE conversation.updated_at > %(since)s AND (({{seen}} AND {{listed}}) OR conversation.id = ANY(%(shown)s))
        ORDER BY conversation.updated_at DESC LIMIT {MOST_CHANGED}
    ) AS changed)
"""  # noqa: S608 - put together of our own constants
HERE = """
    here AS (
        INSERT INTO messaging_conversationviewer AS viewer (conversation_id, user_id, seen_at, writing_at)
        SELECT id, %(me)s, now(), CASE WHEN %(writing)s THEN now() END FROM open_one
        ON CONFLICT (conversation_id, user_id) DO UPDATE
        SET seen_at = now(), writing_at = CASE WHEN %(writing)s THEN now() ELSE viewer.writing_at END
    ),
"""
NEWS = f"""
    WITH {COLLEAGUES}, open_one AS MATERIALIZED (
        SELECT conversation.id, conversation.unread_count, identity.customer_id, ARRAY[
            conversation.status, conversation.assignee_id::text, conversation.team_id::text] AS whose, ARRAY[
            conversation.snoozed_until, conversation.waiting_since, conversation.last_inbound_at, identity.last_inbound_at] AS times,
            ARRAY[identity.opted_out, customer.blocked, channel.is_active] AS barred
        FROM messaging_conversation AS conversation
        JOIN crm_identity AS identity ON identity.id = conversation.identity_id
        JOIN crm_customer AS customer ON customer.id = identity.customer_id
        JOIN crm_channel AS channel ON channel.id = conversation.channel_id
        WHERE conversation.id = %(open)s AND {{seen}}
    ), {{here}} newest AS (
        SELECT id, at, {OF_MESSAGE} AS version FROM messaging_message
        WHERE conversation_id = (SELECT id FROM open_one) ORDER BY at DESC, id DESC LIMIT {SHOWN}
    )
    SELECT {{changed}},
        (SELECT md5(coalesce(string_agg(id || ':' || version, ',' ORDER BY at, id), '')) FROM newest)
            || '.' || coalesce((SELECT max(id) FROM crm_note WHERE customer_id = open_one.customer_id), 0),
        (SELECT json_agg(json_build_array(coalesce(nullif(colleague.full_name, ''), colleague.email),
                coalesce(viewer.writing_at > now() - %(writes)s, false)) ORDER BY viewer.id)
            FROM messaging_conversationviewer AS viewer JOIN crm_user AS colleague ON colleague.id = viewer.user_id
            WHERE viewer.conversation_id = open_one.id AND viewer.user_id <> %(me)s AND viewer.seen_at > now() - %(present)s),
        unread_count, whose, times, barred
    FROM (SELECT) AS always LEFT JOIN open_one ON true
"""  # noqa: S608 - put together of our own constants


@dataclass(frozen=True, slots=True)
class Talk:
    """The open conversation: the versions of its thread and of its state, and who else is there, each with whether they write."""

    thread: str
    state: str
    unread: int
    viewers: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class News:
    """(number, version) of conversations that changed: those of the list, and those that are shown but left it; and the open one.

    `talk` is None where none is open, or not for this colleague to see.
    """

    changed: list[tuple[int, int]] = field(default_factory=list)
    talk: Talk | None = None


def news(
    user: Any,
    *,
    asked: Asked,
    since: datetime | None = None,
    shown: list[int] | None = None,
    opened: int | None = None,
    here: bool = False,
    writing: bool = False,
) -> News:
    """Return what is new. `since` None: not what changed in the list. `here` notes that this colleague has a conversation open.

    To plan it takes the database four times as long as to answer, so it is planned once for each session, and what is not asked is
    left out of the statement.
    """
    seen = "true" if sees_everyone(user) else SEEN
    listed = "true" if asked.words else OF_TAB[asked.tab]
    values = {
        "me": user.pk,
        "team": user.team_id,
        "open": opened,
        "writing": writing,
        "since": since and since - LOOK_BACK,
        "shown": shown or [],
        "present": PRESENT,
        "writes": WRITING,
    }
    changed = CHANGED.format(seen=seen, listed=listed) if since else "NULL::json"
    with prepared(), connection.cursor() as cursor:
        cursor.execute(NEWS.format(seen=seen, changed=changed, here=HERE if here else ""), values)
        rows, thread, viewers, unread, whose, times, barred = cursor.fetchone()
    found = [(number, version) for number, version in rows or ()]
    if unread is None:
        return News(found)
    known = [(name, writes) for name, writes in viewers or ()]
    return News(found, Talk(thread, state_of(*whose, *times, *barred), unread, known))


def forget_who_left() -> None:
    """Remove what was noted of colleagues who have long gone on."""
    ConversationViewer.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()
