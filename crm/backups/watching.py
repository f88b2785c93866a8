"""Noticing what was not done, also where the scheduler, the broker or the worker is dead."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import CeleryError
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from crm.backups import schedule
from crm.backups.alerts import alert
from crm.backups.carrying import carry_on
from crm.backups.making import BACKUP_LOCK, close_dead_runs
from crm.backups.state import state_of_backups
from crm.log_format import describe
from crm.markup import moment
from crm.models import Backup

logger = logging.getLogger(__name__)

LOOK_SECONDS, WATCH_SECONDS, HINT_AGAIN_SECONDS, HINT_OVERDUE_SECONDS = 1.0, 20.0, 60.0, 3600.0
NEW_RUN = timedelta(minutes=1)  # its row is there before its lock can be seen
RECENTLY = timedelta(days=7)
LOCK_HELD = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) + objid::bigint = %s)
"""


class BackupDrain:
    """Tells workers of backups that somebody asked for, and administrators of all that went wrong or did not happen."""

    def __init__(self) -> None:
        self.look_at = self.watch_at = float("-inf")
        self.hinted: dict[str, float] = {}

    def run_batch(self) -> int:
        now = time.monotonic()
        done = 0
        if now >= self.look_at:
            self.look_at = now + LOOK_SECONDS
            for number in Backup.objects.requested().values_list("pk", flat=True):
                self._hint(f"requested {number}", HINT_AGAIN_SECONDS, schedule.BACKUP, number)
        if now >= self.watch_at:
            self.watch_at = now + WATCH_SECONDS
            done += carry_on()
            done += self._close_dead_runs()
            done += self._tell_of_failures()
            done += sum(self._watch(task, last) for task, last in state_of_backups().last_done.items())
        return done

    def _hint(self, key: str, seconds: float, task: str, *args: Any) -> None:
        """Tell a worker, unless it was told lately."""
        now = time.monotonic()
        if now < self.hinted.get(key, float("-inf")) + seconds:
            return
        self.hinted[key] = now
        try:
            import_string(settings.CELERY_APP).send_task(task, args=args)
        except (CeleryError, KombuError, OSError) as error:
            logger.warning("The broker takes no tasks: %s", describe(error))

    def _close_dead_runs(self) -> int:
        if not Backup.objects.under_way().filter(started_at__lt=timezone.now() - NEW_RUN).exists():
            return 0
        with connection.cursor() as cursor:
            cursor.execute(LOCK_HELD, [BACKUP_LOCK])
            (held,) = cursor.fetchone()
        return 0 if held else close_dead_runs()

    def _tell_of_failures(self) -> int:
        failed = Backup.objects.filter(state=Backup.State.FAILED, updated_at__gt=timezone.now() - RECENTLY)
        text = _("A backup failed: %(reason)s")
        return sum(
            alert(f"failed:{row.pk}:{row.updated_at:%Y%m%d%H%M%S}", text % {"reason": row.reason}) for row in failed
        )

    def _watch(self, task: str, last: datetime | None) -> int:
        due = schedule.due_after(task, last)
        if due is None or not schedule.is_overdue(task, due):
            return 0
        told = alert(f"overdue:{task}:{due:%Y%m%d%H%M}", _overdue(task) % {"when": moment(due)})
        self._hint(f"overdue {task}", HINT_OVERDUE_SECONDS, task)
        return told


def _overdue(task: str) -> str:
    return {
        schedule.BACKUP: _("The backup of %(when)s was not made. Is a worker running?"),
        schedule.VERIFY: _("The newest backup was not proven on %(when)s as it should have been."),
        schedule.DRILL: _("The drill with a backup of %(when)s did not take place."),
    }[task]
