"""From the spool into the inbox table."""

import logging
import time
from pathlib import Path

from crm.encryption import Undecryptable
from messaging.channels import ADAPTERS, BadSignature
from messaging.ingest import intake, spool
from messaging.ingest.database import database
from messaging.ingest.known_channels import SecretsUnreadable, UnknownChannel, known_channel

logger = logging.getLogger(__name__)

BATCH = 200
TIDY_SECONDS = 60.0


class SpoolDrain:
    """Takes in what this host's web processes left on disk; pauses while too much is waiting in the table."""

    def __init__(self) -> None:
        self._tidied_at = float("-inf")

    def run_batch(self) -> int:
        """Store up to one batch of files and return how many were dealt with.

        Raises:
            DatabaseAway: they stay where they are.
        """
        self._tidy()
        files = spool.waiting()
        if not files or intake.backlog_is_full():
            return 0
        dealt_with = 0
        for file in files:
            try:
                self._take_in(file)
            except FileNotFoundError:  # another drain was faster
                continue
            except SecretsUnreadable:  # it stays, and those behind it go on
                continue
            dealt_with += 1
            if dealt_with == BATCH:
                break
        return dealt_with

    def _tidy(self) -> None:
        now = time.monotonic()
        if now - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = now
            spool.remove_leftovers()

    def _take_in(self, file: Path) -> None:
        try:
            spooled = spool.read(file)
            channel = known_channel(spooled.slug)
            if not spooled.verified:
                ADAPTERS[channel.platform].verify(spooled.received, channel.credentials)
        except Undecryptable as error:
            return spool.set_aside(file, str(error))
        except UnknownChannel:
            return spool.set_aside(file, "no channel has its slug")
        except BadSignature as refusal:
            logger.warning("Dropped a delivery spooled unverified: %s", refusal)
            intake.count_rejection(channel)
            return file.unlink()
        values = intake.delivery_values(channel, spooled.received, spooled.received_at)
        database.execute(intake.INSERT, values)
        return file.unlink()
