"""How the figures of messages, people and handoffs are counted; see `crm.metrics`.

- `messages_in` are all messages, comments and postbacks from people; `messages_out` what we sent and did not fail, by whether
  a person or a bot wrote it; `messages_failed` what failed. `classified` are those of `messages_in` whose intent was recognised.
- `conversations` began on that day. `new_customers` wrote to us for the first time; `active_customers` wrote on that day, and
  who wrote on two channels counts once `everywhere`.
- `handoffs` were asked for, `opt_outs` are refusals to be written to, by what they refuse.
"""

from collections.abc import Mapping
from typing import Any

from crm.metrics import EVERYWHERE, Source, Span
from messaging.models import MessageStatus
from messaging.response_times import RESPONSES, openings

MESSAGES = """
    SELECT day, channel_id, name, part, sum(number), 0
    FROM (
        SELECT (at AT TIME ZONE %(zone)s)::date AS day, channel_id, direction, automated, status = %(failed)s AS failed,
            intent <> '' AS known, count(*) AS number
        FROM messaging_message WHERE at >= %(start)s AND at < %(end)s GROUP BY 1, 2, 3, 4, 5, 6
    ) AS sorts
    CROSS JOIN LATERAL (
        VALUES ('messages_in', '', direction = 'in'), ('classified', '', direction = 'in' AND known),
            ('messages_out', CASE WHEN automated THEN 'bot' ELSE 'person' END, direction = 'out' AND NOT failed),
            ('messages_failed', '', direction = 'out' AND failed)
    ) AS figure (name, part, counts)
    WHERE counts GROUP BY 1, 2, 3, 4
"""
CONVERSATIONS = """
    SELECT (started_at AT TIME ZONE %(zone)s)::date, channel_id, 'conversations', '', count(*), 0
    FROM messaging_conversation WHERE started_at >= %(start)s AND started_at < %(end)s GROUP BY 1, 2
"""
NEW_CUSTOMERS = """
    SELECT day, channel_id, 'new_customers', '', count(*), 0
    FROM (
        SELECT DISTINCT ON (customer_id) (first_inbound_at AT TIME ZONE %(zone)s)::date AS day, channel_id
        FROM crm_identity AS identity
        WHERE first_inbound_at >= %(start)s AND first_inbound_at < %(end)s AND NOT EXISTS (
            SELECT FROM crm_identity AS other
            WHERE other.customer_id = identity.customer_id AND other.first_inbound_at < %(start)s
        )
        ORDER BY customer_id, first_inbound_at, id
    ) AS first GROUP BY 1, 2
"""
ACTIVE_CUSTOMERS = """
    SELECT day, wrote.channel_id, 'active_customers', CASE grouping(wrote.channel_id) WHEN 1 THEN %(everywhere)s ELSE '' END,
        count(DISTINCT identity.customer_id), 0
    FROM (
        SELECT DISTINCT (at AT TIME ZONE %(zone)s)::date AS day, channel_id, conversation_id
        FROM messaging_message WHERE at >= %(start)s AND at < %(end)s AND direction = 'in'
    ) AS wrote
    JOIN messaging_conversation AS conversation ON conversation.id = wrote.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    GROUP BY GROUPING SETS ((day, wrote.channel_id), (day))
"""
HANDOFFS = """
    SELECT (handoff.requested_at AT TIME ZONE %(zone)s)::date, conversation.channel_id, 'handoffs', handoff.by, count(*), 0
    FROM messaging_handoff AS handoff JOIN messaging_conversation AS conversation ON conversation.id = handoff.conversation_id
    WHERE handoff.requested_at >= %(start)s AND handoff.requested_at < %(end)s GROUP BY 1, 2, 4
"""
OPT_OUTS = """
    SELECT (consent.at AT TIME ZONE %(zone)s)::date, identity.channel_id, 'opt_outs', consent.scope, count(*), 0
    FROM crm_consent AS consent LEFT JOIN crm_identity AS identity ON identity.id = consent.identity_id
    WHERE NOT consent.granted AND consent.at >= %(start)s AND consent.at < %(end)s GROUP BY 1, 2, 4
"""


def _failed(_span: Span) -> Mapping[str, Any]:
    return {"failed": MessageStatus.FAILED}


def _everywhere(_span: Span) -> Mapping[str, Any]:
    return {"everywhere": EVERYWHERE}


SOURCES = (
    Source(MESSAGES, _failed),
    Source(CONVERSATIONS),
    Source(NEW_CUSTOMERS),
    Source(ACTIVE_CUSTOMERS, _everywhere),
    Source(HANDOFFS),
    Source(OPT_OUTS),
    Source(RESPONSES, lambda span: {**_failed(span), **openings(span)}),
)
