"""How a made-up conversation goes: who writes when, and what the conversation's row says of it.

Times are seconds before now, so that the same seed tells the same story on any day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

DAY = 86_400.0
LONGEST_SPAN = 200 * DAY
WITHIN, BETWEEN = 500.0, 12 * DAY  # seconds, on average, between messages of a conversation and between conversations
TYPICAL_LENGTH = 14
ANSWERED_WITHIN = 2 * DAY  # what is older has been answered
LEFT_UNREAD = 0.6
STILL_OPEN = 0.8


@dataclass(slots=True)
class Thread:
    """One conversation: for each message its age in seconds, oldest first, and whether it is ours."""

    ages: list[float]
    ours: list[bool]
    open: bool = False
    begins_with_comment: bool = False
    seen: bool = False

    @property
    def answered(self) -> float | None:
        """Return the age of our newest message."""
        return next((age for age, ours in zip(reversed(self.ages), reversed(self.ours), strict=True) if ours), None)

    @property
    def last_inbound(self) -> float | None:
        """Return the age of their newest private message; a comment is none."""
        first_private = 1 if self.begins_with_comment else 0
        for place in range(len(self.ages) - 1, first_private - 1, -1):
            if not self.ours[place]:
                return self.ages[place]
        return None

    @property
    def first_inbound(self) -> float | None:
        """Return the age of their oldest private message."""
        first_private = 1 if self.begins_with_comment else 0
        rest = zip(self.ages[first_private:], self.ours[first_private:], strict=True)
        return next((age for age, ours in rest if not ours), None)

    @property
    def unanswered(self) -> list[float]:
        """Return the ages of their messages after our newest one, oldest first."""
        count = 0
        while count < len(self.ours) and not self.ours[-1 - count]:
            count += 1
        return self.ages[len(self.ages) - count :]

    @property
    def unread(self) -> int:
        return 0 if self.seen else len(self.unanswered)


def plan_threads(chance: Random, messages: int, last_age: float) -> list[Thread]:
    """Share so many messages out over conversations that end `last_age` seconds ago, oldest first."""
    threads: list[Thread] = []
    age, left = last_age, messages
    while left:
        length = min(left, 2 + int(chance.expovariate(1 / TYPICAL_LENGTH)))
        left -= length
        ages = []
        for _ in range(length):
            ages.append(age)
            age += 1 + chance.expovariate(1 / WITHIN)
        threads.append(Thread(ages[::-1], list(_turns(chance, length))))
        age += chance.expovariate(1 / BETWEEN)
    threads.reverse()
    _fit(threads, last_age)
    for thread in threads:
        _end(chance, thread, is_last=thread is threads[-1])
    return threads


def _turns(chance: Random, length: int) -> Iterator[bool]:
    """Yield for each message whether it is ours; the first one never is."""
    ours = False
    for _ in range(length):
        yield ours
        ours = chance.random() < (0.25 if ours else 0.62)


def _fit(threads: list[Thread], last_age: float) -> None:
    """Draw a long story together, so that it lies within the last months."""
    span = threads[0].ages[0] - last_age if threads else 0.0
    if span > LONGEST_SPAN:
        for thread in threads:
            thread.ages = [last_age + (age - last_age) * LONGEST_SPAN / span for age in thread.ages]


def _end(chance: Random, thread: Thread, *, is_last: bool) -> None:
    """Decide how a conversation stands: only a recent one may wait for us, and only the last may be open."""
    recent = is_last and thread.ages[-1] < ANSWERED_WITHIN
    if not recent and len(thread.ours) > 1:
        thread.ours[-1] = True
    thread.open = is_last and (recent or chance.random() < STILL_OPEN)
    thread.seen = bool(thread.unanswered) and (not thread.open or chance.random() > LEFT_UNREAD)
