"""Adding up a score while messages come in, as `leads.scores` does it in the database."""

from collections.abc import Iterable
from datetime import datetime

from leads.models import ScoringRule
from leads.scoring import HIGHEST, SECONDS_A_DAY, whole


class Tally:
    """The points that rules gave one lead so far. Times may only go forward."""

    def __init__(self, rules: dict[int, ScoringRule]) -> None:
        self._rules = rules
        self._sums: dict[int, tuple[float, datetime]] = {}

    def add(self, scoring: Iterable[tuple[int, int]], at: datetime) -> None:
        """Take in the (rule id, points) of a message."""
        for rule_id, points in scoring:
            self._sums[rule_id] = (self._left(rule_id, at) + points, at)

    def score(self, at: datetime) -> int:
        """Return the score at a time."""
        total = 0.0
        for rule_id in self._sums:
            ceiling = self._rules[rule_id].ceiling
            total += max(-ceiling, min(ceiling, self._left(rule_id, at)))
        return whole(max(0.0, min(HIGHEST, total)))

    def _left(self, rule_id: int, at: datetime) -> float:
        points, since = self._sums.get(rule_id, (0.0, at))
        half_life = self._rules[rule_id].half_life_days
        if half_life is None:
            return points
        return float(points * 0.5 ** ((at - since).total_seconds() / SECONDS_A_DAY / half_life))
