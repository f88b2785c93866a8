"""One run of the simulator, from the first post to the verdict."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from messaging.simulation.accounts import PLATFORMS, simulated_accounts
from messaging.simulation.check import Check, Difference
from messaging.simulation.client import Client, Pace, Performance
from messaging.simulation.director import Director, Disorder
from messaging.simulation.draining import StillWaiting, Waiting, wait_until_drained
from messaging.simulation.facts import Dispatch, Said
from messaging.simulation.ledger import Ledger
from messaging.simulation.world import World

CLOCK_LEEWAY = timedelta(seconds=5)  # the server's clock may be another one
SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Plan:
    """What to simulate. `drain_patience`: seconds without progress after which the check gives up."""

    url: str
    log: Path
    seed: int | str
    platforms: tuple[str, ...] = PLATFORMS
    pace: Pace = field(default_factory=Pace)
    disorder: Disorder = field(default_factory=Disorder)
    check: bool = False
    drain_patience: float = 90.0


@dataclass
class Outcome:
    """What came of a run."""

    ledger: Ledger
    performance: Performance
    messages: int
    checked: bool = False
    stuck: str = ""
    differences: Sequence[Difference] = ()

    @property
    def failed(self) -> bool:
        """Say whether anything is wrong. A check that proves what was forged absent forgives a wrong answer to it."""
        unexpected = {what for what in self.ledger.unexpected if not (self.checked and what.endswith("answered 200"))}
        return bool(unexpected or self.stuck or self.differences or not self.ledger.acknowledged)

    def as_json(self) -> dict[str, Any]:
        """Return all figures, for scripts."""
        performance, ledger = self.performance, self.ledger
        kinds = Counter(difference.what for difference in self.differences)
        return {
            "ok": not self.failed,
            "checked": self.checked,
            "posts": sum(ledger.answers.values()),
            "acknowledged": len(ledger.acknowledged),
            "messages": self.messages,
            "refused": len(ledger.refused),
            "broken": len(ledger.broken),
            "given_up": len(ledger.uncertain),
            "retries": performance.retries,
            "answers": {str(status): times for status, times in sorted(ledger.answers.items())},
            "unexpected": dict(ledger.unexpected),
            "seconds": round(performance.seconds, 2),
            "rate": round(performance.rate, 1),
            "latency_ms": {f"p{round(100 * share)}": performance.percentile(share) for share in (0.5, 0.95, 0.99, 1.0)},
            "stuck": self.stuck,
            "differences": dict(kinds.most_common()),
            "examples": [
                f"{what}: {difference.of}"
                for what in kinds
                for difference in [one for one in self.differences if one.what == what][:SHOWN_DIFFERENCES]
            ],
            "log": str(ledger.path),
        }


def simulate(
    plan: Plan,
    *,
    posted: Callable[[], None] = lambda: None,
    waiting: Callable[[Waiting], None] = lambda waiting: None,
) -> Outcome:
    """Play the platforms against a running server and, if asked, prove what came of it.

    Raises:
        AccountMissing: a channel of the simulator cannot be used.
    """
    accounts = simulated_accounts(plan.platforms)
    since: datetime = timezone.now() - CLOCK_LEEWAY
    world = World(plan.seed)
    director = Director(world, accounts, plan.disorder)
    with Ledger(plan.log) as ledger:
        client = Client(plan.url, accounts, ledger, done=posted)
        asyncio.run(client.run(_endless(director), director.rest, plan.pace))
    outcome = Outcome(ledger, client.performance, len({fact for fact in ledger.facts() if isinstance(fact, Said)}))
    if plan.check:
        try:
            wait_until_drained(
                [account.channel_id for account in accounts], patience=plan.drain_patience, moved=waiting
            )
        except StillWaiting as stuck:
            outcome.stuck = str(stuck)
        else:
            outcome.checked = True
        outcome.differences = list(Check(ledger, accounts, since).differences()) if not outcome.stuck else []
    return outcome


def _endless(director: Director) -> Iterator[Dispatch]:
    while True:
        yield director.next()
