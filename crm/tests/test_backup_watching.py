"""What was not done is noticed from the tables alone, and times are those of the shop's clock."""

import base64
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from crm.backups import schedule, watching
from crm.backups.making import BACKUP_LOCK
from crm.backups.schedule import next_time
from crm.backups.watching import BackupDrain
from crm.models import Backup, Notification, ScheduledTask, User
from crm.tests.backup_world import point_at
from crm.tests.factories import make_user

pytestmark = pytest.mark.django_db

CAIRO = ZoneInfo("Africa/Cairo")
SEED = import_module("crm.migrations.0014_schedule")


#: What tasks are sent by in these tests; each test has a folder of its own as its broker.
app: Celery
QUEUE = [""]


def sent() -> list[tuple[str, list[Any]]]:
    """Return the tasks that lie in the broker's folder, with their arguments."""
    letters = [json.loads(path.read_bytes()) for path in sorted(Path(QUEUE[0]).iterdir())]
    return [(letter["headers"]["task"], json.loads(base64.b64decode(letter["body"]))[0]) for letter in letters]


def use_broker(url: str, **options: Any) -> None:
    global app
    app = Celery("tests", broker=url, set_as_current=False)
    app.conf.update(broker_transport_options=options, task_publish_retry=False)


@pytest.fixture(autouse=True)
def _world(settings: Any, tmp_path: Path) -> None:
    point_at(settings, tmp_path)
    settings.CELERY_APP = f"{__name__}.app"
    PeriodicTask.objects.update(date_changed=timezone.now())
    QUEUE[0] = str(tmp_path / "queue")
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    use_broker(
        "filesystem://", data_folder_in=QUEUE[0], data_folder_out=QUEUE[0], control_folder=str(tmp_path / "control")
    )


@pytest.fixture
def boss() -> User:
    return User.objects.create(email="boss@shop.example", is_superuser=True)


def made(ago: timedelta, **fields: Any) -> Backup:
    at = timezone.now() - ago
    values = {
        "name": f"{at.timestamp()}.age",
        "state": Backup.State.COMPLETE,
        "trigger": "schedule",
        "sha256": "0",
        "snapshot_at": at,
        "finished_at": at,
    }
    return Backup.objects.create(**(values | fields))


def told(boss: User) -> list[str]:
    drain = BackupDrain()
    drain.run_batch()
    assert BackupDrain().run_batch() == 0  # nothing is told twice
    return sorted(Notification.objects.filter(user=boss).values_list("text", flat=True))


class TestOverdue:
    @pytest.fixture(autouse=True)
    def _proven(self) -> None:
        made(timedelta(days=400), verified_at=timezone.now(), drilled_at=timezone.now(), snapshot_at=None)

    def test_a_night_that_was_missed_is_told_and_tried_again(self, boss: User) -> None:
        made(timedelta(days=3))
        (text,) = told(boss)
        assert text.startswith("The backup of ")
        assert "was not made" in text
        assert (schedule.BACKUP, []) in sent()

    def test_a_broker_that_is_dead_changes_nothing_about_that(self, boss: User) -> None:
        made(timedelta(days=3))
        use_broker("redis://127.0.0.1:1/0", max_retries=1, interval_start=0, socket_connect_timeout=1)
        assert len(told(boss)) == 1

    def test_a_night_that_was_made_is_not_told(self, boss: User) -> None:
        made(timedelta(minutes=5))
        assert told(boss) == []
        assert sent() == []

    def test_a_schedule_that_is_switched_off_is_not_missed(self, boss: User) -> None:
        made(timedelta(days=3))
        PeriodicTask.objects.update(enabled=False)
        assert told(boss) == []

    def test_a_new_installation_has_a_night_and_two_hours(self, boss: User) -> None:
        assert told(boss) == []
        PeriodicTask.objects.update(date_changed=timezone.now() - timedelta(days=2))
        assert len(told(boss)) == 1

    def test_each_missed_night_is_told_once(self, boss: User) -> None:
        made(timedelta(days=3))
        assert len(told(boss)) == 1
        made(timedelta(days=2))
        assert len(told(boss)) == 2


def test_proof_and_drill_that_did_not_take_place_are_told(boss: User) -> None:
    made(timedelta(minutes=5))
    PeriodicTask.objects.update(date_changed=timezone.now() - timedelta(days=70))
    texts = told(boss)
    assert [text.split(" of ")[0].split(" on ")[0] for text in texts] == [
        "The drill with a backup",
        "The newest backup was not proven",
    ]


def test_who_does_not_look_after_backups_is_not_told(boss: User) -> None:
    other = make_user()
    Backup.objects.create(state="failed", trigger="schedule", reason="No space left on device")
    assert told(boss) == ["A backup failed: No space left on device"]
    assert not Notification.objects.filter(user=other).exists()


def test_a_run_whose_process_died_is_closed_and_told(boss: User) -> None:
    row = Backup.objects.create(state="running", trigger="schedule", started_at=timezone.now() - timedelta(minutes=5))
    assert told(boss) == ["A backup failed: The process that made it was ended in the middle."]
    row.refresh_from_db()
    assert row.state == "failed"


def test_a_run_that_lives_or_only_began_is_left_alone() -> None:
    Backup.objects.create(state="running", trigger="schedule", started_at=timezone.now())
    BackupDrain().run_batch()
    assert Backup.objects.under_way().exists()
    Backup.objects.update(started_at=timezone.now() - timedelta(hours=3))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [BACKUP_LOCK])
        BackupDrain().run_batch()
        assert Backup.objects.under_way().exists()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [BACKUP_LOCK])
    BackupDrain().run_batch()
    assert not Backup.objects.under_way().exists()


def test_a_worker_is_told_of_what_was_asked_for_and_again_only_later(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Backup.objects.create(trigger="button")
    drain = BackupDrain()
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.0)
    for _ in range(3):
        drain.run_batch()
    assert sent() == [(schedule.BACKUP, [row.pk])]
    monkeypatch.setattr(watching, "HINT_AGAIN_SECONDS", 0.0)
    drain.run_batch()
    assert sent() == [(schedule.BACKUP, [row.pk])] * 2


class TestSchedule:
    def test_it_is_seeded_once_on_the_clock_of_the_shop(self, settings: Any) -> None:
        ours = PeriodicTask.objects.filter(task__startswith="crm.backups.")
        found = {task.task: task.crontab for task in ours.select_related("crontab")}
        assert set(found) == set(schedule.TASKS)
        nightly = found[schedule.BACKUP]
        assert (nightly.hour, nightly.minute, str(nightly.timezone)) == ("2", "0", settings.TIME_ZONE)
        CrontabSchedule.objects.filter(pk=nightly.pk).update(hour="3")
        SEED.seed(apps, connection.schema_editor())
        assert PeriodicTask.objects.get(task=schedule.BACKUP).crontab.hour == "3"
        assert ours.count() == 4
        SEED.remove(apps, connection.schema_editor())
        assert not ours.exists()

    @pytest.mark.parametrize(
        ("after", "then"),
        [
            (datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 1, 11, 2, tzinfo=CAIRO)),
            (datetime(2026, 7, 10, 12, tzinfo=UTC), datetime(2026, 7, 11, 2, tzinfo=CAIRO)),
            (datetime(2026, 7, 9, 22, 30, tzinfo=UTC), datetime(2026, 7, 10, 2, tzinfo=CAIRO)),
        ],
    )
    def test_two_at_night_is_two_on_that_clock_in_winter_and_in_summer(self, after: datetime, then: datetime) -> None:
        task = PeriodicTask.objects.get(task=schedule.BACKUP)
        assert next_time(task, after) == then

    def test_weekly_and_monthly(self) -> None:
        weekly, monthly = (PeriodicTask.objects.get(task=task) for task in (schedule.VERIFY, schedule.DRILL))
        after = datetime(2026, 11, 27, 12, tzinfo=UTC)
        assert next_time(weekly, after) == datetime(2026, 11, 29, 4, tzinfo=CAIRO)  # a Sunday
        assert next_time(monthly, after) == datetime(2026, 12, 1, 5, tzinfo=CAIRO)

    @pytest.mark.parametrize(("day", "cron"), [("", ("*", "*")), ("w5", ("5", "*")), ("m28", ("*", "28"))])
    def test_it_is_edited_in_the_admin_and_stays(self, boss: User, day: str, cron: tuple[str, str]) -> None:
        client = Client()
        client.force_login(boss)
        task = ScheduledTask.objects.get(task=schedule.BACKUP)
        page = reverse("admin:crm_scheduledtask_change", args=[task.pk])
        assert 'value="02:00"' in client.get(page).content.decode()
        response = client.post(page, {"enabled": "on", "at": "23:45", "day": day})
        assert response.status_code == 302, response.content.decode()
        crontab = ScheduledTask.objects.get(pk=task.pk).crontab
        assert (crontab.hour, crontab.minute, crontab.day_of_week, crontab.day_of_month) == ("23", "45", *cron)
        assert PeriodicTask.objects.get(task=schedule.VERIFY).crontab.hour == "4"
        assert 'value="23:45"' in client.get(page).content.decode()
        assert "23:45" in client.get(page).content.decode()


def test_the_button_asks_and_waits_for_no_broker(boss: User) -> None:
    client = Client()
    client.force_login(boss)
    for _ in range(2):
        client.post(reverse("admin:backup_now"))
    assert sent() == []
    row = Backup.objects.get()
    assert (row.state, row.trigger, row.requested_by) == ("requested", "button", boss)
    page = client.get(reverse("admin:crm_backup_changelist")).content.decode()
    assert "Waiting for a worker…" in page
    assert "There is no recovery key yet" in page
