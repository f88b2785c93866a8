"""Deciding how leads go before anybody has written a word: how many a customer has, and where each ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from leads.models import LostReason
from messaging.demo.threads import DAY, Thread

#: The last lead of a customer, in so many cases of a hundred: of those who wrote little, and of the others. Together with the
#: earlier ones, which are all closed, about a fifth of all leads are won or lost.
OF_FEW_WORDS = {
    "intake": 56.0, "nurture": 11.0, "qualified": 14.0, "hot": 3.0, "in-progress": 8.0,
    "converted": 4.0, "lost": 3.0, "unqualified": 1.5,
}  # fmt: skip
OF_MANY_WORDS = {
    "intake": 36.0, "nurture": 8.0, "qualified": 27.0, "hot": 5.0, "in-progress": 16.0,
    "converted": 5.0, "lost": 3.0, "unqualified": 1.5,
}  # fmt: skip
FEW = 6  # messages of theirs
#: How many questions those ask who do not buy so soon, and after how many messages one more.
QUESTIONS = {"intake": 1, "nurture": 2, "unqualified": 0}
ONE_MORE_AFTER = 15
CLOSED_ENDS = {"converted": 55, "lost": 33, "unqualified": 12}
WITH_EARLIER_LEAD = 0.33  # of those whose conversations lie far enough apart
PAUSE = 2 * DAY  # at least, between two leads
REASONS: dict[str, int] = {
    LostReason.PRICE: 30, LostReason.NO_ANSWER: 25, LostReason.ELSEWHERE: 15, LostReason.UNAVAILABLE: 10,
    LostReason.DELIVERY: 9, LostReason.TOO_SLOW: 6, LostReason.OTHER: 5,
}  # fmt: skip
UNFIT_REASONS: dict[str, int] = {LostReason.NOT_SERIOUS: 3, LostReason.SPAM: 1}
VALUED = ("qualified", "hot", "in-progress", "converted", "lost")
RETAIL_WORTH, WHOLESALE_WORTH = (350, 4_500), (9_000, 60_000)


@dataclass(slots=True)
class Chapter:
    """One lead to be: the messages up to `until`, and the stage that it ends in at `moved_at`."""

    until: datetime
    moved_at: datetime
    end: str
    value: int | None
    lost_reason: str

    @property
    def outcome(self) -> str:
        return "won" if self.end == "converted" else "lost" if self.end in CLOSED_ENDS else ""


def plan_chapters(chance: Random, threads: Sequence[Thread], now: datetime, *, wholesale: bool) -> list[Chapter]:
    """Return the leads of a customer in order; the last one reaches to now. Times before `now`, as in the threads."""
    pauses = _pauses(threads)
    chapters = []
    if pauses and chance.random() < WITH_EARLIER_LEAD:
        last = chance.choice(pauses)
        until = now - timedelta(seconds=last - PAUSE * (0.1 + 0.8 * chance.random()))
        chapters.append(_chapter(chance, _drawn(chance, CLOSED_ENDS), until, until, wholesale))
    newest = min(thread.ages[-1] for thread in threads)
    waiting = any(thread.open and thread.unanswered for thread in threads)
    ends = OF_FEW_WORDS if _count(threads) <= FEW else OF_MANY_WORDS
    end = _drawn(chance, {end: share for end, share in ends.items() if not (waiting and end in CLOSED_ENDS)})
    moved_at = now - timedelta(seconds=newest * (0.2 + 0.7 * chance.random()))
    chapters.append(_chapter(chance, end, now, moved_at, wholesale))
    return chapters


def questions_of(end: str, threads: Sequence[Thread]) -> int | None:
    """Return how many questions a customer asks whose last lead ends so; None: without end."""
    return QUESTIONS[end] + _count(threads) // ONE_MORE_AFTER if end in QUESTIONS else None


def _count(threads: Sequence[Thread]) -> int:
    return sum(thread.ours.count(False) for thread in threads)


def _pauses(threads: Sequence[Thread]) -> list[float]:
    """Return the ages of messages after which nobody wrote for a long time, on no channel."""
    found = []
    newest = float("inf")
    for thread in sorted(threads, key=lambda thread: -thread.ages[0]):
        if newest - thread.ages[0] > PAUSE and newest != float("inf"):
            found.append(newest)
        newest = min(newest, thread.ages[-1])
    return found


def _chapter(chance: Random, end: str, until: datetime, moved_at: datetime, wholesale: bool) -> Chapter:
    least, most = WHOLESALE_WORTH if wholesale else RETAIL_WORTH
    value = 50 * round((least + (most - least) * chance.random() ** 2) / 50) if end in VALUED else None
    reasons = REASONS if end == "lost" else UNFIT_REASONS if end == "unqualified" else {"": 1}
    return Chapter(until, moved_at, end, value, _drawn(chance, reasons))


def _drawn(chance: Random, weights: dict[str, int] | dict[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
