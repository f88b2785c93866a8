"""Which steps belong to a day, a week and a month."""

from collections.abc import Callable

from crm.maintenance.indexes import name_duplicate, name_unused, rebuild_bloated, repair_invalid
from crm.maintenance.limits import name_ending_sequences, tell_growth, tell_largest, tell_transaction_ids
from crm.maintenance.tables import analyze_changed, vacuum_all, vacuum_dead
from crm.maintenance.work import Result, Step, run_steps

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
STEPS: dict[str, list[Step]] = {
    DAILY: [("dead rows", vacuum_dead), ("statistics", analyze_changed)],
    WEEKLY: [
        ("invalid indexes", repair_invalid),
        ("bloated indexes", rebuild_bloated),
        ("unused indexes", name_unused),
        ("duplicate indexes", name_duplicate),
    ],
    MONTHLY: [
        ("vacuum", vacuum_all),
        ("sequences near their end", name_ending_sequences),
        ("transaction ids", tell_transaction_ids),
        ("largest tables", tell_largest),
        ("growth", tell_growth),
    ],
}


def maintain(when: str, *, count: Callable[[], object] = lambda: None) -> list[Result]:
    """Do what belongs to a day, a week or a month, as `run_steps` does it."""
    return run_steps(STEPS[when], count=count)
