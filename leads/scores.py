"""The score of leads, from their entries, in the database. `leads.scoring` explains the same figure for one lead."""

from collections.abc import Iterable

from django.db import connection

SCORES = """
    SELECT lead_id, round(LEAST(100, GREATEST(0, sum(
        CASE WHEN total < 0 THEN GREATEST(total, -ceiling) ELSE LEAST(total, ceiling) END
    )))::numeric)::int
    FROM (
        SELECT entry.lead_id, rule.ceiling, sum(
            entry.points * CASE WHEN rule.half_life_days IS NULL THEN 1 ELSE power(0.5::float8,
                GREATEST(0, extract(epoch FROM now() - entry.at)::float8 / (86400 * rule.half_life_days))) END
        ) AS total
        FROM leads_scoreentry AS entry JOIN leads_scoringrule AS rule ON rule.id = entry.rule_id
        WHERE entry.lead_id = ANY(%s) AND entry.superseded_at IS NULL
        GROUP BY entry.lead_id, rule.id
    ) AS by_rule
    GROUP BY lead_id
"""


def scores_of(lead_ids: Iterable[int]) -> dict[int, int]:
    """Return the score that each lead has by its entries now; leads without entries are left out."""
    with connection.cursor() as cursor:
        cursor.execute(SCORES, [list(lead_ids)])
        return dict(cursor.fetchall())
