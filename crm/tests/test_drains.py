"""Running drains: one does not stop another, nothing is cut off, failures show."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from crm import drains
from crm.drains import Drain, DrainDied, drains_named, run_forever, run_once
from crm.tests.working_drains import SECRET, Counting, Dying, Failing

PACKAGE = "crm.tests.working_drains"


@pytest.fixture(autouse=True)
def _drains(settings: Settings) -> None:
    settings.DRAINS = {"counting": f"{PACKAGE}.Counting", "failing": f"{PACKAGE}.Failing", "dying": f"{PACKAGE}.Dying"}


class TestByName:
    def test_those_named_are_made(self) -> None:
        assert [(name, type(drain)) for name, drain in drains_named(["counting"]).items()] == [("counting", Counting)]

    def test_no_name_means_all(self) -> None:
        assert list(drains_named([])) == ["counting", "failing", "dying"]

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(KeyError):
            drains_named(["nobody"])
        with pytest.raises(CommandError, match="invalid choice: 'nobody'"):
            call_command("drain", "nobody")


class TestOnce:
    def test_it_goes_on_until_nothing_is_left(self) -> None:
        first, second = Counting(2), Counting(5)
        assert run_once({"first": first, "second": second}) == 7
        assert (first.batches, second.batches) == (6, 6)

    def test_a_failure_is_raised(self) -> None:
        with pytest.raises(LookupError):
            run_once({"counting": Counting(), "failing": Failing()})


def run_until(running: dict[str, Drain], condition: Callable[[], bool]) -> None:
    """Run drains until the condition holds, or for ten seconds."""
    stop = threading.Event()

    def watch() -> None:
        deadline = time.monotonic() + 10
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run_forever(running, stop)
    finally:
        assert [thread for thread in threading.enumerate() if thread.name.startswith("drain ")] == [], "all have ended"
        watcher.join()


@pytest.mark.django_db(transaction=True)  # the process says that it lives
class TestForever:
    def test_a_failing_drain_does_not_stop_the_others(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(drains, "FAILURE_SECONDS", 0.01)
        failing, counting = Failing(), Counting(30)
        run_until({"failing": failing, "counting": counting}, lambda: failing.batches >= 3 and counting.batches > 30)
        assert failing.batches >= 3
        assert counting.batches > 30
        assert {record.getMessage() for record in caplog.records} == {"Drain failing: LookupError"}

    def test_a_failing_drain_waits_longer_and_longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(drains, "FAILURE_SECONDS", 0.05)
        failing = Failing()
        started = time.monotonic()
        run_until({"failing": failing}, lambda: failing.batches >= 4)
        assert time.monotonic() - started > 0.05 + 0.1 + 0.2

    def test_with_nothing_to_do_it_rests(self) -> None:
        idle = Counting(0)
        started = time.monotonic()
        run_until({"idle": idle}, lambda: time.monotonic() - started > 0.5)
        assert 3 <= idle.batches <= 12

    def test_with_much_to_do_it_does_not_rest(self) -> None:
        busy = Counting(1000)
        started = time.monotonic()
        run_until({"busy": busy}, lambda: busy.batches >= 1000)
        assert time.monotonic() - started < 5

    def test_one_that_cannot_go_on_ends_all(self, caplog: pytest.LogCaptureFixture) -> None:
        stop = threading.Event()
        patience = threading.Timer(5, stop.set)
        patience.start()
        with pytest.raises(DrainDied, match=r"^dying$"):
            run_forever({"dying": Dying(), "counting": Counting()}, stop)
        assert patience.is_alive(), "it ended by itself"
        patience.cancel()
        assert [record.getMessage() for record in caplog.records] == ["Drain dying died: Panic"]

    @pytest.mark.django_db
    def test_no_connection_is_left_open(self) -> None:
        opened: list[bool] = []

        def left_open() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction always sees the same
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'asking'")
                return int(cursor.fetchone()[0])

        class Asking:
            def run_batch(self) -> int:
                with connection.cursor() as cursor:
                    cursor.execute("SET application_name = 'asking'")
                opened.append(True)
                return 0

        run_until({"asking": Asking()}, lambda: bool(opened))
        assert opened
        deadline = time.monotonic() + 5  # the server takes a moment to notice
        while left_open() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left_open() == 0


SETTINGS = f"""
from config.settings import *

DRAINS = {{name.lower(): "{PACKAGE}." + name for name in ("Slow", "Leavable", "Failing", "Dying", "Counting")}}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}  # no drain here needs it
"""


class TestCommand:
    """The real process, as a supervisor runs it."""

    @pytest.fixture
    def environment(self, tmp_path: Path) -> dict[str, str]:
        (tmp_path / "drain_settings.py").write_text(SETTINGS)
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "drain_settings",
            "PYTHONPATH": str(tmp_path),
            "DRAIN_FOLDER": str(tmp_path),
        }

    def start(self, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "drain", "--skip-checks", *words],
            cwd=django_settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_told_to_stop_it_finishes_the_batch(
        self, environment: dict[str, str], tmp_path: Path, number: signal.Signals
    ) -> None:
        process = self.start(environment, "slow")
        try:
            deadline = time.monotonic() + 20
            while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(number)
            assert not (tmp_path / "done").exists(), "it was told in the middle of the batch"
            printed, complaints = process.communicate(timeout=10)
        finally:
            process.kill()
        assert (tmp_path / "done").exists()
        assert (process.returncode, printed) == (0, "Stopped.\n"), complaints

    def test_told_to_stop_it_leaves_off_what_may_be_asked_again(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        process = self.start(environment, "leavable", "slow")
        try:
            deadline = time.monotonic() + 20
            while not all((tmp_path / name).exists() for name in ("asked", "begun")) and time.monotonic() < deadline:
                time.sleep(0.01)
            (tmp_path / "done").unlink(missing_ok=True)
            process.send_signal(signal.SIGTERM)
            printed, complaints = process.communicate(timeout=10)
        finally:
            process.kill()
        assert (tmp_path / "done").exists()  # the other one's batch was finished
        assert (process.returncode, printed) == (0, "Stopped.\n"), complaints

    def test_once_it_says_what_it_did(self, environment: dict[str, str]) -> None:
        printed, complaints = (process := self.start(environment, "counting", "--once")).communicate(timeout=20)
        assert (process.returncode, printed) == (0, "Done: 3 taken.\n"), complaints

    @pytest.mark.parametrize(
        ("words", "complaint"),
        [
            (["failing", "--once"], "Stopped, since a drain failed: LookupError at crm/tests/working_drains.py:"),
            (["dying"], "Stopped, since a drain died: dying. The log says why."),
        ],
    )
    def test_a_failure_ends_it_with_a_code_and_without_its_words(
        self, environment: dict[str, str], words: list[str], complaint: str
    ) -> None:
        printed, complaints = (process := self.start(environment, *words)).communicate(timeout=20)
        assert (process.returncode, printed) == (1, "")
        assert complaint in complaints
        assert "raised at" in complaints
        assert SECRET not in complaints
