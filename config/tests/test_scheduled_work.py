"""What the schedule names, workers know; and what they log is seen."""

import logging

import pytest
from django_celery_beat.models import PeriodicTask

from config.celery import app
from crm.maintenance.calendar import DAILY, MONTHLY, WEEKLY
from crm.maintenance.tasks import TASKS


@pytest.mark.django_db
def test_workers_know_what_the_schedule_names() -> None:
    app.loader.import_default_modules()
    scheduled = {task.task: task.crontab for task in PeriodicTask.objects.select_related("crontab")}
    assert set(scheduled) <= set(app.tasks)
    assert {f"{name.rpartition('.')[0]}.tasks" for name in scheduled} <= app.loader.task_modules
    times = [
        (when.day_of_week, when.day_of_month, int(when.hour), int(when.minute))
        for when in (scheduled[TASKS[name]] for name in (DAILY, WEEKLY, MONTHLY))
    ]
    assert times == [("*", "*", 4, 30), ("0", "*", 5, 30), ("*", "1", 6, 30)]


def test_a_worker_logs_as_the_settings_say() -> None:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    app.log.setup_logging_subsystem(loglevel=logging.CRITICAL)
    assert (root.level, root.handlers) == (level, handlers)
