"""How long people wait for our answers.

One waits from the first message that nobody has answered to the answer. People and bots are told apart: for a colleague's answer
the clock runs from the first message since the last colleague wrote, whatever a bot said meanwhile; for a bot's answer from the
first message since anybody wrote. What failed is no answer. A wait counts on the day of its end, so that no figure of a day
that is over changes by what is written later.

`response` are all waits, `first_response` those for the first answer of a conversation, each by part: `person`, `bot`, and the
same within business hours as `person_open` and `bot_open`. `total` is in seconds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from crm.business_hours import business_week
from crm.metrics.rolling import Span
from crm.periods import DAY
from messaging.models import Message


def _open_until(moment: str) -> str:
    """Return an expression for the seconds that the shop was open until a moment."""
    last = f"width_bucket({moment}, opens)"
    return f"(open_before[{last}] + extract(epoch FROM least({moment}, closes[{last}]) - opens[{last}]))"


# One sort of the messages of the span gives both counts of answers before each message; what is before the span is looked up only
# for the first answer in it of each conversation, and bots are asked about only where one wrote. `answered` is written down, since
# each mention of its times would look them up anew; `width_bucket` finds the last opening before a moment by halving.
RESPONSES = f"""
    WITH shop AS (
        SELECT %(opens)s::timestamptz[] AS opens, %(closes)s::timestamptz[] AS closes, %(open_before)s::float8[] AS open_before
    ), said AS (
        SELECT conversation_id, channel_id, at, direction = 'in' AS theirs, automated,
            count(*) FILTER (WHERE direction = 'out' AND NOT automated) OVER before AS people,
            count(*) FILTER (WHERE direction = 'out') OVER before AS anybody
        FROM messaging_message
        WHERE at >= %(start)s AND at < %(end)s AND (direction = 'in' OR status <> %(failed)s)
        WINDOW before AS (PARTITION BY conversation_id ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), waits AS (
        SELECT conversation_id, min(channel_id) AS channel_id, 'person' AS part, people AS turn,
            min(at) FILTER (WHERE theirs) AS question, max(at) FILTER (WHERE NOT theirs) AS answer
        FROM said WHERE theirs OR NOT automated GROUP BY conversation_id, people
        UNION ALL
        SELECT conversation_id, min(channel_id), 'bot', anybody,
            min(at) FILTER (WHERE theirs), max(at) FILTER (WHERE NOT theirs AND automated)
        FROM said WHERE conversation_id IN (SELECT conversation_id FROM said WHERE automated)
        GROUP BY conversation_id, anybody
    ), answered AS MATERIALIZED (
        SELECT channel_id, part, answer, false AS is_first, question FROM waits WHERE turn > 0
        UNION ALL
        SELECT channel_id, part, waits.answer, earlier.answer IS NULL, least(earlier.question, waits.question)
        FROM waits CROSS JOIN LATERAL (
            SELECT last.at AS answer, (
                SELECT min(at) FROM messaging_message
                WHERE conversation_id = waits.conversation_id AND at < %(start)s AND direction = 'in'
                    AND (last.at IS NULL OR (at, id) > (last.at, last.id))
            ) AS question
            FROM (SELECT) AS once
            LEFT JOIN LATERAL (
                SELECT at, id FROM messaging_message
                WHERE conversation_id = waits.conversation_id AND at < %(start)s AND direction = 'out' AND status <> %(failed)s
                    AND (part = 'bot' OR NOT automated)
                ORDER BY at DESC, id DESC LIMIT 1
            ) AS last ON true
        ) AS earlier
        WHERE turn = 0 AND waits.answer IS NOT NULL
    ), timed AS (
        SELECT (answer AT TIME ZONE %(zone)s)::date AS day, channel_id, part, is_first,
            extract(epoch FROM answer - question) AS seconds,
            {_open_until("answer")} - {_open_until("question")} AS open
        FROM answered, shop WHERE answer IS NOT NULL AND question IS NOT NULL
    ), summed AS (
        SELECT day, channel_id, part, is_first, count(*) AS waits, sum(seconds) AS seconds, sum(open) AS open
        FROM timed GROUP BY day, channel_id, part, is_first
    )
    SELECT day, channel_id, name, time.part, sum(waits), sum(time.seconds)
    FROM summed
    CROSS JOIN LATERAL (VALUES ('response', true), ('first_response', is_first)) AS figure (name, counts)
    CROSS JOIN LATERAL (VALUES (summed.part, summed.seconds), (summed.part || '_open', summed.open)) AS time (part, seconds)
    WHERE counts GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - our own words


def openings(span: Span) -> Mapping[str, Any]:
    """Return when the shop opens and closes from the first message to the end of a span, and how long it was open before each."""
    first = Message.objects.order_by("at").values_list("at", flat=True).first() or span.start
    day, week = min(timezone.localdate(first), span.first), business_week()
    opens: list[datetime] = [datetime(1970, 1, 1, tzinfo=UTC)]
    closes, before, so_far = opens[:], [0.0], 0.0
    while day <= span.last:
        for start, end in week.openings(day):
            opens.append(start)
            closes.append(end)
            before.append(so_far)
            so_far += (end - start).total_seconds()
        day += DAY
    return {"opens": opens, "closes": closes, "open_before": before}
