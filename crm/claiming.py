"""What drains over the rows of a table have in common."""

import logging
import time
from abc import ABC, abstractmethod

from django.db import OperationalError, transaction

from crm.database_errors import is_deadlock, is_outage
from crm.log_context import noted
from crm.log_format import describe, place

logger = logging.getLogger(__name__)

DEADLOCK_RETRIES = 10
#: A row that commits late has a smaller id than others seen before it: look back this far, and everywhere once in a while.
LOOK_BACK = 2000
FULL_PASS_SECONDS = 1.0


class ClaimingDrain(ABC):
    """Claims rows by id and works on them: effects and mark in one transaction.

    A batch that fails is taken again one row at a time, so that a poisonous one is set aside alone. `noun` names a row in logs.
    """

    noun = "Row"

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.last_seen = 0
        self.full_pass_at = float("-inf")

    @abstractmethod
    def prepare(self) -> None:
        """Bring what the work needs up to date, before each batch."""

    @abstractmethod
    def take(self, after: int, only: int | None) -> list[int]:
        """Claim up to a batch of rows with an id above `after`, or `only` one, work on them, and return their ids."""

    @abstractmethod
    def waiting(self, after: int) -> list[int]:
        """Return the ids of up to a batch of rows that `take` would claim."""

    @abstractmethod
    def set_aside(self, number: int, reason: str) -> None:
        """Keep a row from being claimed again at once."""

    def run_batch(self) -> int:
        """Work on up to one batch and return how many rows were dealt with."""
        self.prepare()
        after = self._after()
        try:
            return self._take(after)
        except Exception as error:
            # Whatever one row brings about, those around it must not wait for it.
            if is_outage(error):
                raise
            logger.warning("A batch failed and is taken one by one: %s", describe(error))
        return self._one_by_one(after)

    def _after(self) -> int:
        now = time.monotonic()
        if now >= self.full_pass_at:
            self.full_pass_at = now + FULL_PASS_SECONDS
            return 0
        return self.last_seen - LOOK_BACK

    def _take(self, after: int, only: int | None = None) -> int:
        """Deadlocks are nobody's fault and are retried."""
        for attempt in range(DEADLOCK_RETRIES):
            try:
                with transaction.atomic():
                    taken = self.take(after, only)
            except OperationalError as error:
                if not is_deadlock(error) or attempt == DEADLOCK_RETRIES - 1:
                    raise
            else:
                self.last_seen = max([self.last_seen, *taken])
                return len(taken)
        return 0

    def _one_by_one(self, after: int) -> int:
        numbers = self.waiting(after)
        for number in numbers:
            with noted(**{self.noun.lower(): number}):
                self._take_alone(number)
        return len(numbers)

    def _take_alone(self, number: int) -> None:
        try:
            self._take(number - 1, only=number)
        except Exception as error:
            if is_outage(error):
                raise
            logger.exception("%s %s failed", self.noun, number)
            self.set_aside(number, place(error.__cause__ or error))
