"""The stages, and where a score leads."""

from dataclasses import dataclass
from typing import Any

from leads.models import Stage


@dataclass(frozen=True, slots=True)
class Ladder:
    """The open stages in order, as rules climb them."""

    stages: tuple[Stage, ...]

    @classmethod
    def load(cls) -> "Ladder":
        return cls(tuple(Stage.objects.open().order_by("order", "id")))

    @property
    def first(self) -> Stage:
        """The stage that new leads begin in."""
        return self.stages[0]

    def reached(self, stage_id: int, score: int) -> Stage | None:
        """Return the furthest stage after this one that the score suffices for; None: it stays. Never one before it."""
        place = next((place for place, stage in enumerate(self.stages) if stage.pk == stage_id), len(self.stages))
        for stage in reversed(self.stages[place + 1 :]):
            if stage.advances and stage.min_score is not None and score >= stage.min_score:
                return stage
        return None

    def slug_of(self, stage_id: int) -> str:
        return next((stage.slug for stage in self.stages if stage.pk == stage_id), "")


def stages_for(user: Any) -> list[Stage]:
    """Return all stages in their order, read once for all that a request of this colleague's shows of them."""
    found: list[Stage] | None = getattr(user, "_stages", None)
    if found is None:
        found = user._stages = list(Stage.objects.order_by("order", "id"))
    return found
