"""The drain that sends: it alone speaks with the database, lanes of a few threads for each channel with the platforms.

A platform that hangs holds up its own lanes only. What a lane brings back is kept until it is written down, however long the
database is away.
"""

import logging
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Empty, SimpleQueue

from django.db import close_old_connections

from crm.database_errors import is_deadlock, is_outage
from crm.log_format import describe
from messaging.channels import adapter_for
from messaging.channels.outbound import Reason, SendError, Sent
from messaging.sending import senders
from messaging.sending.claims import Claim, channels_with_work, claim
from messaging.sending.parcels import Parcel, fetch, pack
from messaging.sending.recording import record_failure, record_sent
from messaging.sending.sweeping import give_up_claims_of_the_dead, return_lost_claims

logger = logging.getLogger(__name__)

LANES = 8  # sends under way for one channel
WAIT_SECONDS = 0.05
SWEEP_SECONDS = 2.0
FINISH_SECONDS = 15.0
DEADLOCK_RETRIES = 10

Outcome = tuple[Claim, Sent | SendError]
Attempt = tuple[int, datetime]


class OutgoingDrain:
    """Sends what is queued. One instance a process; any number of processes."""

    def __init__(self) -> None:
        self.sender = senders.Sender()
        self.lanes: dict[int, ThreadPoolExecutor] = {}
        self.under_way: dict[int, set[Attempt]] = defaultdict(set)
        self.outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self.unrecorded: list[Outcome] = []
        self.sweep_at = float("-inf")

    def run_batch(self) -> int:
        """Write down what came back, then claim and hand out what is due. While something is under way, wait for it a moment."""
        recorded = self._record()
        if time.monotonic() >= self.sweep_at:
            self.sweep_at = time.monotonic() + SWEEP_SECONDS
            give_up_claims_of_the_dead(self.sender.numbers)
            held = {message_id for attempts in self.under_way.values() for message_id, _ in attempts}
            return_lost_claims(self.sender.numbers, held)
        handed_out = sum(self._hand_out(channel_id) for channel_id in channels_with_work())
        if not (recorded or handed_out) and any(self.under_way.values()):
            return self._await_one()
        return recorded + handed_out

    def finish(self) -> None:
        """Wait for what is under way and write it down, with some patience for a database that is away."""
        for lane in self.lanes.values():
            lane.shutdown(wait=True)
        give_up = time.monotonic() + FINISH_SECONDS
        while True:
            try:
                self._record()
            except Exception as error:
                if not is_outage(error) or time.monotonic() >= give_up:
                    raise
                close_old_connections()
                time.sleep(WAIT_SECONDS)
            else:
                return

    def _await_one(self) -> int:
        try:
            self.unrecorded.append(self.outcomes.get(timeout=WAIT_SECONDS))
        except Empty:
            return 1  # not idle: the drain goes on at once
        return self._record() or 1

    def _record(self) -> int:
        while not self.outcomes.empty():
            self.unrecorded.append(self.outcomes.get())
        done = 0
        while self.unrecorded:
            one, outcome = self.unrecorded[0]
            _write_down(one, outcome)
            self.unrecorded.pop(0)
            self.under_way[one.channel_id].discard((one.message_id, one.attempted_at))
            done += 1
        return done

    def _hand_out(self, channel_id: int) -> int:
        free = LANES - len(self.under_way[channel_id])
        if free <= 0:
            return 0
        claims = claim(channel_id=channel_id, sender=self.sender.number(), most=free)
        shelf = fetch(claims)  # should it fail, the sweep puts them back into the line
        for one in claims:
            self.under_way[channel_id].add((one.message_id, one.attempted_at))
            try:
                parcel = pack(one, shelf)
            except SendError as error:
                self.unrecorded.append((one, error))
                continue
            except Exception as error:
                # One that cannot even be read must not hold up those behind it.
                logger.error("Message %s could not be packed: %s", one.message_id, describe(error), exc_info=error)
                reason = Reason.TRY_AGAIN if is_outage(error) else Reason.REFUSED
                self.unrecorded.append((one, SendError(reason, type(error).__name__)))
                continue
            self._lane(channel_id).submit(self._send, parcel)
        return len(claims)

    def _lane(self, channel_id: int) -> ThreadPoolExecutor:
        if channel_id not in self.lanes:
            self.lanes[channel_id] = ThreadPoolExecutor(LANES, thread_name_prefix=f"lane {channel_id}")
        return self.lanes[channel_id]

    def _send(self, parcel: Parcel) -> None:
        """Hand one message to its platform; whatever happens, its outcome comes back."""
        outcome: Sent | SendError
        try:
            outcome = adapter_for(parcel.platform).send(parcel.outbound, parcel.credentials)
        except SendError as error:
            outcome = error
        except Exception as error:
            # Nobody knows how far it got.
            logger.error("Message %s: %s", parcel.claim.message_id, describe(error), exc_info=error)
            outcome = SendError(Reason.UNKNOWN, type(error).__name__)
        self.outcomes.put((parcel.claim, outcome))


def _write_down(one: Claim, outcome: Sent | SendError) -> None:
    """Record an outcome; what cannot be recorded as it is leaves the message's fate unknown, and holds up no other."""
    for attempt in range(DEADLOCK_RETRIES):
        try:
            record_sent(one, outcome) if isinstance(outcome, Sent) else record_failure(one, outcome)
        except Exception as error:
            if is_outage(error):
                raise
            if is_deadlock(error) and attempt < DEADLOCK_RETRIES - 1:
                continue
            logger.error("What became of message %s: %s", one.message_id, describe(error), exc_info=error)
            record_failure(one, SendError(Reason.UNKNOWN, type(error).__name__))
        return
