"""How the figures of leads are counted; see `crm.metrics`.

- `leads` were opened on that day, by the source of their first touch; `qualified` reached the score for it, and `total` sums up
  their scores.
- `won` and `lost` were closed, `won` by owner (an id, empty for nobody), `lost` by reason; `won_value` sums up what the won ones
  were worth, by currency (empty: the shop's own). Leads merged into others are counted nowhere.
- A lead is of the channel of its first message; one without belongs to none.
"""

from collections.abc import Mapping
from typing import Any

from crm.metrics import Source, Span
from leads.models import Outcome

OF_CHANNEL = "LEFT JOIN messaging_message AS first ON first.id = lead.first_message_id"
LEADS = f"""
    SELECT (lead.opened_at AT TIME ZONE %(zone)s)::date, first.channel_id, 'leads', lead.first_source, count(*), 0
    FROM leads_lead AS lead {OF_CHANNEL}
    WHERE lead.opened_at >= %(start)s AND lead.opened_at < %(end)s AND lead.outcome <> %(merged)s
    GROUP BY 1, 2, 4
"""  # noqa: S608 - our own words
QUALIFIED = f"""
    SELECT (qualification.qualified_at AT TIME ZONE %(zone)s)::date, first.channel_id, 'qualified', '', count(*),
        sum(qualification.score)
    FROM leads_qualification AS qualification JOIN leads_lead AS lead ON lead.id = qualification.lead_id {OF_CHANNEL}
    WHERE qualification.qualified_at >= %(start)s AND qualification.qualified_at < %(end)s
        AND lead.outcome <> %(merged)s
    GROUP BY 1, 2
"""  # noqa: S608 - our own words
CLOSED = f"""
    SELECT day, channel_id, name, part, sum(number), sum(worth)
    FROM (
        SELECT (lead.closed_at AT TIME ZONE %(zone)s)::date AS day, first.channel_id, lead.outcome, lead.owner_id,
            lead.lost_reason, lead.currency, count(*) AS leads, count(lead.value) AS valued, sum(lead.value) AS value
        FROM leads_lead AS lead {OF_CHANNEL}
        WHERE lead.closed_at >= %(start)s AND lead.closed_at < %(end)s AND lead.outcome IN ('won', 'lost')
        GROUP BY 1, 2, 3, 4, 5, 6
    ) AS closed
    CROSS JOIN LATERAL (
        VALUES ('won', coalesce(owner_id::text, ''), closed.leads, 0::numeric, outcome = 'won'),
            ('won_value', currency, valued, value, outcome = 'won' AND valued > 0),
            ('lost', lost_reason, closed.leads, 0::numeric, outcome = 'lost')
    ) AS figure (name, part, number, worth, counts)
    WHERE counts GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - our own words


def _merged(_span: Span) -> Mapping[str, Any]:
    return {"merged": Outcome.MERGED}


SOURCES = (Source(LEADS, _merged), Source(QUALIFIED, _merged), Source(CLOSED))
