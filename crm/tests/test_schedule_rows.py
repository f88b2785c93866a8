"""Installations that were seeded before maintenance was scheduled get its rows; nothing that somebody set is touched."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from crm.maintenance.calendar import DAILY, MONTHLY, WEEKLY
from crm.maintenance.tasks import TASKS

pytestmark = pytest.mark.django_db

MIGRATION = import_module("crm.migrations.0017_maintenance_on_the_schedule")
OURS = PeriodicTask.objects.filter(task__in=TASKS.values())


def schedule() -> dict[str, Any]:
    """Return when each task is done, as cron says it, and whether it is switched on."""
    rows = PeriodicTask.objects.select_related("crontab")
    return {row.task: (row.name, str(row.crontab), row.enabled) for row in rows}


def add() -> None:
    MIGRATION.add(apps, connection.schema_editor())


def test_what_an_older_installation_lacks_is_added_once() -> None:
    seeded = schedule()
    assert set(TASKS.values()) <= set(seeded)
    OURS.all().delete()
    for _time in range(2):
        add()
        assert schedule() == seeded
    assert PeriodicTask.objects.count() == len(seeded)


@pytest.mark.parametrize("when", [DAILY, WEEKLY, MONTHLY])
def test_one_of_them_that_somebody_deleted_stays_away(when: str) -> None:
    OURS.filter(task=TASKS[when]).delete()
    before = schedule()
    add()
    assert schedule() == before
    assert TASKS[when] not in before


def test_what_somebody_set_or_deleted_elsewhere_stays_so() -> None:
    OURS.all().delete()
    backup = PeriodicTask.objects.get(task="crm.backups.backup")
    PeriodicTask.objects.filter(pk=backup.pk).update(
        enabled=False, crontab=CrontabSchedule.objects.create(minute="7", hour="23"), name="The night's backup"
    )
    PeriodicTask.objects.filter(task="crm.backups.drill").delete()
    before = schedule()
    add()
    after = schedule()
    assert {task: after[task] for task in before} == before
    assert set(after) - set(before) == set(TASKS.values())


def test_a_row_of_somebody_else_s_by_the_same_name_is_no_hindrance() -> None:
    OURS.filter(task=TASKS[DAILY]).update(task="of.another.program")
    OURS.all().delete()
    before = schedule()
    add()
    assert schedule() == before
