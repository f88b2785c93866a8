"""The embedded server, for real: each test has its own data or shares the module's."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings

from crm.embedded_postgres.places import ServerError, places_for
from crm.embedded_postgres.server import EmbeddedServer

AS_ROOT = os.geteuid() == 0

JOIN_AND_WAIT = """
import sys, time
from pathlib import Path
from crm.embedded_postgres.server import EmbeddedServer
EmbeddedServer.in_folder(Path(sys.argv[1])).join()
print("joined", flush=True)
time.sleep(60)
"""


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def guards_of(folder: Path) -> list[psutil.Process]:
    words = ["-m", "crm.embedded_postgres.guard", str(folder)]
    return [process for process in psutil.process_iter(["cmdline"]) if (process.info["cmdline"] or [])[1:] == words]


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    top = Path(tempfile.mkdtemp(dir="/tmp", prefix="embedded-"))
    top.chmod(0o755)
    yield top
    until(lambda: not guards_of(top / "postgres"))
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    return open_folder / "postgres"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """A running server, with this process as its one user."""
    server = EmbeddedServer(folder)
    server.join()
    yield server
    server.leave()
    assert not server.postmaster.pid()


@pytest.fixture
def other_user(server: EmbeddedServer) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server."""
    command = [sys.executable, "-c", JOIN_AND_WAIT, str(server.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as process:
        assert process.stdout
        assert process.stdout.readline() == "joined\n"
        yield process
        process.kill()


def query(server: EmbeddedServer, sql: str) -> Any:
    with psycopg.connect(host=str(server.socket_dir), user=server.ROLE, dbname=server.DATABASE) as connection:
        row = connection.execute(sql).fetchone()
    return row and row[0]


def test_it_starts_for_the_first_user_and_stops_with_the_last(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.join()
    assert server.answers()
    assert until(lambda: guards_of(folder))
    server.leave()
    assert not server.answers()
    assert not server.postmaster.pid()
    assert until(lambda: not guards_of(folder), 3)


def test_it_never_runs_as_root_and_lets_nobody_else_in(server: EmbeddedServer) -> None:
    process = psutil.Process(server.postmaster.pid())
    assert process.uids().effective != 0
    assert (server.places.uid is not None) == AS_ROOT
    for closed in (server.data_dir, server.socket_dir):
        assert closed.stat().st_mode & 0o777 == 0o700
        assert closed.stat().st_uid == process.uids().effective
    assert query(server, "SHOW listen_addresses") == ""


def test_arabic_letters_are_letters(server: EmbeddedServer) -> None:
    assert query(server, "SELECT 'مرحبا' ~ '^[[:alpha:]]+$'") is True


def test_it_stays_while_another_uses_it(server: EmbeddedServer, other_user: subprocess.Popen[str]) -> None:
    server.leave()
    assert server.answers()
    server.join()


def test_it_stops_when_its_last_user_is_killed(folder: Path) -> None:
    server = EmbeddedServer(folder)
    command = [sys.executable, "-c", JOIN_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as user:
        assert user.stdout
        assert user.stdout.readline() == "joined\n"
        user.kill()
    assert until(lambda: not server.postmaster.pid())
    assert until(lambda: not guards_of(folder))


def test_it_comes_back_when_killed(server: EmbeddedServer) -> None:
    old = server.postmaster.pid()
    os.kill(old, signal.SIGKILL)
    assert until(lambda: server.postmaster.pid() not in (0, old) and server.answers(), 20)


def test_stopped_on_purpose_it_stays_down_until_started(server: EmbeddedServer) -> None:
    server.stop("immediate")
    time.sleep(1.5)  # three looks of the guard
    assert not server.answers()
    server.start()
    assert server.answers()


def test_started_by_hand_it_has_our_options(server: EmbeddedServer) -> None:
    pg_ctl = [str(server.programs / "pg_ctl"), "-D", str(server.data_dir), "-l", str(server.postmaster.log)]
    become: dict[str, Any] = {"user": server.places.uid, "group": server.places.gid} if AS_ROOT else {}
    for action in ("stop", "start"):
        subprocess.run([*pg_ctl, action], check=True, cwd="/", stdout=subprocess.DEVNULL, **become)
    assert query(server, "SHOW max_wal_size") == "4GB"
    assert until(server.answers)


@pytest.fixture
def stopped(folder: Path) -> EmbeddedServer:
    """The server as it was left by a power cut: not running, its pid file still there."""
    server = EmbeddedServer(folder)
    server.join()
    server.leave()
    return server


def leave_pid_files(server: EmbeddedServer, pid: int) -> None:
    server.postmaster.pid_file.write_text(f"{pid}\n{server.data_dir}\n1\n5432\n{server.socket_dir}\n\n  1  1\nready\n")
    (server.socket_dir / ".s.PGSQL.5432.lock").write_text(f"{pid}\n")


def test_a_stale_pid_file_does_not_stop_it(stopped: EmbeddedServer) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    leave_pid_files(stopped, ended.pid)
    stopped.join()
    assert query(stopped, "SELECT 1") == 1
    stopped.leave()


def test_a_recycled_pid_does_not_fool_it(stopped: EmbeddedServer) -> None:
    with subprocess.Popen(["sleep", "60"], **_as_owner(stopped)) as stranger:
        leave_pid_files(stopped, stranger.pid)
        assert stopped.postmaster.crashed()
        stopped.join()
        assert stopped.postmaster.pid() not in (0, stranger.pid)
        assert stranger.poll() is None
        stopped.leave()
        stranger.kill()


def _as_owner(server: EmbeddedServer) -> dict[str, Any]:
    return {"user": server.places.uid} if AS_ROOT else {}


def test_a_pid_recycled_by_another_postgres_does_not_fool_it(stopped: EmbeddedServer, tmp_path: Path) -> None:
    other = EmbeddedServer(tmp_path / "other")
    other.join()
    leave_pid_files(stopped, other.postmaster.pid())
    stopped.join()
    assert stopped.postmaster.pid() not in (0, other.postmaster.pid())
    stopped.leave()
    assert other.answers()
    other.leave()
    _remove_what_is_elsewhere(other)


def _remove_what_is_elsewhere(server: EmbeddedServer) -> None:
    if server.folder not in server.data_dir.parents:
        shutil.rmtree(server.data_dir.parent)


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user reaches their own folders")
def test_as_root_below_a_closed_folder_data_goes_to_the_system_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "postgres")
    server.join()
    assert query(server, "SELECT 1") == 1
    assert closed not in server.data_dir.parents
    server.leave()
    for folder in [closed, *closed.parents]:
        folder.chmod(folder.stat().st_mode | 0o011)
    places_for.cache_clear()
    assert places_for(server.folder).data == server.data_dir  # data that exists is not left behind for a new folder
    _remove_what_is_elsewhere(server)


@pytest.mark.skipif(not AS_ROOT, reason="only root can give folders away")
def test_somebody_elses_folder_is_refused(open_folder: Path) -> None:
    theirs = open_folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, -1)
    with pytest.raises(ServerError, match="made by another user"):
        EmbeddedServer(theirs).join()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 40) / "postgres")
    server.join()
    assert query(server, "SELECT 1") == 1
    server.leave()
    shutil.rmtree(server.socket_dir, ignore_errors=True)
    _remove_what_is_elsewhere(server)


def test_data_of_another_release_is_left_alone(stopped: EmbeddedServer) -> None:
    version = stopped.data_dir / "PG_VERSION"
    written = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(ServerError, match="written by PostgreSQL 15"):
            stopped.join()
    finally:
        version.write_text(written)


def test_a_server_that_cannot_start_says_why(stopped: EmbeddedServer) -> None:
    broken = stopped.data_dir / "postgresql.auto.conf"
    written = broken.read_text()
    broken.write_text("no_such_option = 1\n")
    try:
        with pytest.raises(ServerError, match="no_such_option"):
            stopped.join()
    finally:
        broken.write_text(written)
