"""What workers are told to do. A task is a hint only: what is due, and what was not done, stands in the tables."""

import logging

from celery import shared_task

from crm.backups import schedule
from crm.backups.making import make_backup
from crm.backups.proving import latest, verify_backup
from crm.backups.refusals import TROUBLES
from crm.backups.retention import remove_old_backups
from crm.backups.space import check_space
from crm.canary import WrongKeys, check_keys
from crm.log_format import describe
from crm.models import Backup

logger = logging.getLogger(__name__)


@shared_task(name=schedule.BACKUP)  # type: ignore[untyped-decorator]  # the package has no types
def backup(requested: int | None = None) -> None:
    """Make a backup: the one with this number that was asked for, or that of the night."""
    row = None
    if requested is not None:
        row = Backup.objects.requested().filter(pk=requested).first()
        if row is None:
            return  # made by now
    try:
        check_keys()
        make_backup(trigger=Backup.Trigger.SCHEDULE, requested=row)
        remove_old_backups()
    except (*TROUBLES, WrongKeys) as error:
        logger.error("The backup was not made: %s", describe(error))


@shared_task(name=schedule.VERIFY)  # type: ignore[untyped-decorator]
def verify() -> None:
    """Prove the newest backup."""
    _prove(drill=False)


@shared_task(name=schedule.DRILL)  # type: ignore[untyped-decorator]
def drill() -> None:
    """Prove the newest backup, bring it to this release and work with it."""
    _prove(drill=True)


@shared_task(name=schedule.SPACE)  # type: ignore[untyped-decorator]
def space() -> None:
    """See that there is room for the next backup."""
    check_space()


def _prove(*, drill: bool) -> None:
    try:
        verify_backup(latest(), drill=drill)
    except TROUBLES as error:
        logger.error("The newest backup is not proven: %s", describe(error))
