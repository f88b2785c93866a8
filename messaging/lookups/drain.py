"""What drains that ask platforms have in common.

A row is claimed for a while, asked about outside of any transaction, and written down if it is still that claim's. Asking twice
does no harm, so a process may die at any moment.
"""

import logging
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from crm.database_errors import is_deadlock, is_outage
from crm.log_format import describe
from messaging.channels.outbound import Reason, SendError
from messaging.models.lookup import Lookup, LookupQuerySet
from messaging.sending.recording import hold_back

logger = logging.getLogger(__name__)

AT_ONCE = 4
#: Longer than one question can take, with all its parts.
LEASE = timedelta(minutes=5)
#: Where nothing is due, it is not looked for again at once; nobody waits for these by the second.
QUIET_SECONDS = 1.0
#: How long a channel is left alone here that asked us to slow down, unless it said itself.
REST_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
MOST_ATTEMPTS = 18  # some three days
DEADLOCK_RETRIES = 10
#: Reasons that may pass. A question does no harm, so one whose answer was lost is asked again.
PASSING = frozenset({Reason.TRY_AGAIN, Reason.THROTTLED, Reason.UNKNOWN, Reason.SETUP})

Row = TypeVar("Row", bound=Lookup)
Found = TypeVar("Found")


class LookupDrain(ABC, Generic[Row, Found]):
    """Asks about rows of one table, a few at a time. `noun` names a row in logs."""

    noun = "Row"
    most_attempts = MOST_ATTEMPTS
    may_be_left = True
    lease = LEASE

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=self.noun)
        self.quiet_until = float("-inf")
        self.resting: dict[int, float] = {}

    @abstractmethod
    def rows(self) -> LookupQuerySet:
        """Return all rows, with what asking needs already read: it runs in threads without a database."""

    @abstractmethod
    def ask(self, row: Row) -> Found:
        """Ask the platform; in a thread of its own, without the database.

        Raises:
            SendError: there is no answer.
        """

    @abstractmethod
    def write(self, row: Row, found: Found) -> SendError | None:
        """Take over what was found, within a transaction; what it returns is still missing, and asked for again."""

    def prepare(self) -> None:
        """Find out what there is to ask, before each batch."""

    def ready(self, row: Row) -> None:
        """Read what asking about a claimed row needs beside it."""

    def done(self, claims: LookupQuerySet) -> None:
        """Note that a row was answered."""
        claims.update(finished_at=timezone.now(), reason="", code="")

    def patience(self, error: SendError) -> int:
        """Return how often a row is asked about that fails like this."""
        return self.most_attempts if error.reason in PASSING else 1

    def run_batch(self) -> int:
        """Ask about what is due and return how many rows those were."""
        if time.monotonic() < self.quiet_until:
            return 0
        self.prepare()
        claimed = self._claim()
        if not claimed:
            self.quiet_until = time.monotonic() + QUIET_SECONDS
        for row, outcome in zip(claimed, self.pool.map(self._attempt, claimed), strict=True):
            self._write_down(row, outcome)
        return len(claimed)

    def finish(self) -> None:
        self.pool.shutdown()

    @transaction.atomic
    def _claim(self) -> list[Row]:
        now = time.monotonic()
        self.resting = {channel: until for channel, until in self.resting.items() if until > now}
        free = self.rows().due().exclude(channel__in=list(self.resting))
        due = free.select_for_update(of=("self",), skip_locked=True)
        rows: list[Row] = list(due.order_by("next_attempt_at", "pk")[:AT_ONCE])
        numbers = [row.pk for row in rows]
        until = timezone.now() + self.lease
        self.rows().filter(pk__in=numbers).update(attempts=F("attempts") + 1, next_attempt_at=until)
        for row in rows:
            row.attempts, row.next_attempt_at = row.attempts + 1, until
            self.ready(row)
        return rows

    def _attempt(self, row: Row) -> Found | SendError:
        try:
            return self.ask(row)
        except SendError as error:
            return error
        except Exception as error:
            # Whatever one row brings about, those around it go on.
            logger.error("%s %s: %s", self.noun, row.pk, describe(error), exc_info=error)
            return SendError(Reason.REFUSED, type(error).__name__)

    def _write_down(self, row: Row, outcome: Found | SendError) -> None:
        for attempt in range(DEADLOCK_RETRIES):
            try:
                with transaction.atomic():
                    self._record(row, outcome)
            except OperationalError as error:
                if not is_deadlock(error) or attempt == DEADLOCK_RETRIES - 1:
                    raise
            except Exception as error:
                if is_outage(error) or isinstance(outcome, SendError):
                    raise
                logger.error("%s %s: %s", self.noun, row.pk, describe(error), exc_info=error)
                outcome = SendError(Reason.REFUSED, type(error).__name__)
                continue
            return

    def _record(self, row: Row, outcome: Found | SendError) -> None:
        claims = self.rows().filter(pk=row.pk, attempts=row.attempts, finished_at=None)
        if not claims.select_for_update(of=("self",)).exists():
            return  # it took so long that another has asked meanwhile
        error = outcome if isinstance(outcome, SendError) else self.write(row, outcome)
        if error is None:
            self.done(claims)
            return
        self._record_failure(row, claims, error)
        if error.reason == Reason.THROTTLED:  # by what is asked here, which is no reason to hold up sending
            self.resting[row.channel_id] = time.monotonic() + (error.retry_after or REST_SECONDS)
        else:
            hold_back(row.channel_id, error, attempt=row.attempts, asked_at=row.next_attempt_at - self.lease)

    def _record_failure(self, row: Row, claims: LookupQuerySet, error: SendError) -> None:
        now = timezone.now()
        # A refused token is somebody's to renew, however long that takes.
        is_over = error.reason != Reason.TOKEN and row.attempts >= self.patience(error)
        claims.update(
            reason=error.reason.value,
            code=error.code[:100],
            next_attempt_at=now + pause_after(row.attempts, error),
            finished_at=now if is_over else None,
        )


def pause_after(attempt: int, error: SendError) -> timedelta:
    """Return how long to wait after so many attempts: longer each time, or as the platform says."""
    if error.retry_after is not None:
        return timedelta(seconds=min(error.retry_after, LONGEST_PAUSE.total_seconds()))
    return min(FIRST_PAUSE * (1 << min(attempt - 1, 20)), LONGEST_PAUSE)
