"""How it stands with the backups, in one question to the database."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from crm.backups import schedule

STATE = """
    SELECT max(snapshot_at) FILTER (WHERE sha256 <> ''), max(verified_at), max(drilled_at),
        bool_or(state = 'requested'), bool_or(state = 'running'),
        (SELECT max(old_database) FROM crm_restoration), (SELECT max(snapshot_at) FROM crm_restoration)
    FROM crm_backup
"""


@dataclass(frozen=True)
class State:
    """When what was last done, what is under way, and what is kept of the newest restore."""

    made: datetime | None
    verified: datetime | None
    drilled: datetime | None
    is_requested: bool | None
    is_running: bool | None
    old_database: str | None
    restored_to: datetime | None

    @property
    def last_done(self) -> dict[str, datetime | None]:
        """Return when each task that is watched was last done."""
        return {schedule.BACKUP: self.made, schedule.VERIFY: self.verified, schedule.DRILL: self.drilled}


def state_of_backups() -> State:
    """Ask."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return State(*cursor.fetchone())
