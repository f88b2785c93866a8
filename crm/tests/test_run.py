"""`make run` as its user meets it: the real processes, in a data folder and on a port of their own."""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from crm.tests.running import Run, environment_without_database, free_port

pytestmark = pytest.mark.takes(70)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A data folder that has been set up by the first test and is used by all."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="run-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _nothing_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that fails leave nothing that the next one would stumble over."""
    yield
    for run in Run.begun:
        if run.process.poll() is None and "second" not in request.fixturenames:
            run.process.kill()
            run.wait_until_gone()
    Run.begun[:] = [run for run in Run.begun if run.process.poll() is None]


@pytest.fixture(scope="module")
def first(var: Path) -> Run:
    """The first run in the folder, ended by SIGTERM, with what it showed while it was up."""
    run = Run(var, free_port(), ADMIN_EMAIL="boss@shop.example")
    run.wait_until_up()
    password = re.search(r"password +(\S+)", run.output)
    assert password, run.output
    assert run.get("/readyz") == (200, '{"status": "ok"}')
    assert run.get("/healthz") == (200, '{"status": "ok"}')
    assert run.get("/admin/login/")[0] == 200
    assert run.get("/static/unfold/css/styles.css")[0] == 200
    assert run.log_in("boss@shop.example", "not the password").endswith("/admin/login/")
    assert run.log_in("boss@shop.example", password[1]).endswith("/healthz")
    assert run.stop() == 0
    return run


@pytest.fixture(scope="module")
def second(first: Run, var: Path) -> Iterator[Run]:
    """The second run in the folder, up for the tests that follow each other here; the last of them ends it."""
    run = Run(var, first.port)
    yield run
    if run.process.poll() is None:
        run.process.kill()
        run.wait_until_gone()


def test_the_first_run_sets_up_and_says_where_it_is(first: Run) -> None:
    assert f"http://localhost:{first.port}/admin/" in first.output
    assert "e-mail    boss@shop.example" in first.output
    assert "AGE-SECRET-KEY-1" in first.output


def test_sigterm_leaves_nothing(first: Run) -> None:
    assert first.wait_until_gone(2) == []


@pytest.mark.alone
def test_a_second_run_is_up_soon(second: Run) -> None:
    assert second.wait_until_up() < 10
    assert "password" not in second.output
    assert "AGE-SECRET-KEY-1" not in second.output


def test_two_in_one_folder_are_one_too_many(second: Run, var: Path) -> None:
    another = Run(var, free_port())
    assert another.ended() == 1
    assert f"Migochat runs here already (process {second.process.pid})" in another.output


def processes_of(run: Run, word: str) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(run.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # of one that is just ending
            if word in process.cmdline():
                found.append(process)
    return found


def test_killed_processes_come_back(second: Run) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and _number_of(second) < 5:
        time.sleep(0.1)
    old = {
        process.pid for word in ("config.wsgi:application", "drain", "--app") for process in processes_of(second, word)
    }
    assert len(old) == 7  # granian, its worker, the drains of ingest, send and leads, Celery's worker and beat
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not (_is_ready(second) and _number_of(second) == 5):
        time.sleep(0.1)
    assert second.get("/readyz")[0] == 200
    assert _number_of(second) == 5
    assert old.isdisjoint(process.pid for word in ("drain", "--app") for process in processes_of(second, word))


def _number_of(run: Run) -> int:
    return len(processes_of(run, "drain")) + len(processes_of(run, "--app"))


def _is_ready(run: Run) -> bool:
    try:
        return run.get("/readyz")[0] == 200
    except OSError:
        return False


@pytest.mark.alone
def test_ctrl_c_ends_it_soon(second: Run) -> None:
    started = time.monotonic()
    assert second.stop(signal.SIGINT) == 130
    assert time.monotonic() - started < 5
    assert second.wait_until_gone(2) == []


def test_killed_it_leaves_nothing_and_starts_again(first: Run, var: Path) -> None:
    run = Run(var, first.port)
    run.wait_until_up()
    run.process.kill()
    run.ended()
    again = Run(var, first.port)  # at once, while the rest of the killed one is still ending
    again.wait_until_up()
    again.process.kill()
    again.ended()
    assert again.wait_until_gone() == []
    with socket.create_server(("127.0.0.1", first.port)):
        pass  # nobody listens there any more


def test_it_ends_with_the_program_that_started_it(first: Run, var: Path) -> None:
    shell = ("/bin/sh", "-c", '"$@" --parent $$ & wait', "sh")
    run = Run(var, first.port, prefix=shell)
    run.wait_until_up()
    run.process.kill()
    run.ended()
    assert run.wait_until_gone() == []


def test_a_busy_port_is_named(first: Run, var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        run = Run(var, port)
        assert run.ended() == 1
    assert f"Port {port} is in use by another program" in run.output
    assert f"make run PORT={port + 1}" in run.output
    assert "Traceback" not in run.output


def test_wrong_keys_stop_it(first: Run, var: Path) -> None:
    other = base64.urlsafe_b64encode(bytes(32)).decode()
    run = Run(var, first.port, FIELD_ENCRYPTION_KEYS=other)
    assert run.ended() == 1
    assert "FIELD_ENCRYPTION_KEYS cannot be right" in run.output
    assert "Traceback" not in run.output
    assert run.wait_until_gone(2) == []


def test_a_database_that_is_away_is_named(first: Run, var: Path) -> None:
    run = Run(var, first.port, DATABASE_URL=f"postgres://shop:hidden@127.0.0.1:{free_port()}/shop")
    assert run.ended() == 1
    assert "The database cannot be reached" in run.output
    assert "hidden" not in run.output
    assert "Traceback" not in run.output


def test_two_setups_at_once_make_one_administrator(first: Run, var: Path) -> None:
    environment = {**environment_without_database(), "VAR_DIR": str(var)}
    manage = [sys.executable, "manage.py"]
    nobody = [*manage, "shell", "-v0", "-c", "from crm.models import User; User.objects.all().delete()"]
    subprocess.run(nobody, cwd=settings.BASE_DIR, env=environment, check=True)
    setups = [
        subprocess.Popen([*manage, "setup"], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [setup.communicate(timeout=30)[0] for setup in setups]
    assert [setup.returncode for setup in setups] == [0, 0]
    assert sum("password" in output for output in outputs) == 1
