"""Why a score is what it is: the sums by rule that the database adds up in `leads.scores`, one lead at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from leads.models import ScoreEntry, ScoringRule

SECONDS_A_DAY = 86_400
HIGHEST = 100


@dataclass(frozen=True)
class Points:
    """One entry and what is left of its points now."""

    entry: ScoreEntry
    now: float

    @property
    def has_faded(self) -> bool:
        return whole(self.now) != self.entry.points


@dataclass
class RuleSum:
    """What all entries of one rule come to. `given` is before they faded, `left` after, `counted` with the ceiling."""

    rule: ScoringRule
    entries: list[Points] = field(default_factory=list)

    @property
    def given(self) -> int:
        return sum(points.entry.points for points in self.entries)

    @property
    def left(self) -> float:
        return sum(points.now for points in self.entries)

    @property
    def counted(self) -> float:
        return max(-self.rule.ceiling, min(self.rule.ceiling, self.left))

    @property
    def is_capped(self) -> bool:
        return abs(self.left) > self.rule.ceiling

    @property
    def has_faded(self) -> bool:
        return whole(self.left) != self.given


def explain(entries: Iterable[ScoreEntry], now: datetime) -> list[RuleSum]:
    """Return the sum of each rule that gave a lead points, the largest first, its entries newest first.

    `entries` are those of one lead that are not superseded, each with its rule.
    """
    sums: dict[int, RuleSum] = {}
    for entry in entries:
        found = sums.setdefault(entry.rule_id, RuleSum(entry.rule))
        found.entries.append(Points(entry, entry.points * _left_of(entry, now)))
    for found in sums.values():
        found.entries.sort(key=lambda points: (points.entry.at, points.entry.message_id), reverse=True)
    return sorted(sums.values(), key=lambda found: (-abs(found.counted), found.rule.order, found.rule.pk))


def total(sums: Iterable[RuleSum]) -> int:
    """Return the score that these come to: from 0 to 100, halves rounded up."""
    return whole(max(0, min(HIGHEST, sum(found.counted for found in sums))))


def whole(points: float) -> int:
    """Round as PostgreSQL does: to the 15 digits that a numeric has of a double, then halves away from zero."""
    return int(Decimal(f"{points:.15g}").quantize(Decimal(1), ROUND_HALF_UP))


def _left_of(entry: ScoreEntry, now: datetime) -> float:
    half_life = entry.rule.half_life_days
    if half_life is None:
        return 1.0
    days = max(0.0, (now - entry.at).total_seconds() / SECONDS_A_DAY)
    return float(0.5 ** (days / half_life))
