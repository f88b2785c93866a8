"""What workers are told to do for the database. Killed at any moment, the next run does what is left."""

import logging

import psycopg
from celery import shared_task
from django.db import OperationalError

from crm.log_format import describe
from crm.maintenance.calendar import DAILY, MONTHLY, WEEKLY, maintain
from crm.maintenance.work import MaintenanceRuns

logger = logging.getLogger(__name__)

TASKS = {when: f"crm.maintenance.{when}" for when in (DAILY, WEEKLY, MONTHLY)}


@shared_task(name=TASKS[DAILY])  # type: ignore[untyped-decorator]  # the package has no types
def daily() -> None:
    """Do what belongs to a day."""
    _maintain(DAILY)


@shared_task(name=TASKS[WEEKLY])  # type: ignore[untyped-decorator]
def weekly() -> None:
    """Do what belongs to a week."""
    _maintain(WEEKLY)


@shared_task(name=TASKS[MONTHLY])  # type: ignore[untyped-decorator]
def monthly() -> None:
    """Do what belongs to a month."""
    _maintain(MONTHLY)


def _maintain(when: str) -> None:
    try:
        maintain(when)
    except (MaintenanceRuns, psycopg.Error, OperationalError) as error:
        logger.error("The %s maintenance was not done: %s", when, describe(error))
