"""Starting, finding and stopping the embedded server."""

import atexit
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import ClassVar

import psutil
import psycopg

from crm.embedded_postgres.places import places_for

START_SECONDS = 60
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # statements hold people's words: they stay out of the log
    "log_parameter_max_length_on_error": "0",
}


class ServerError(RuntimeError):
    """The embedded server cannot be started; the message says why and what to do."""


class EmbeddedServer:
    """One server, shared by all processes of an installation.

    Every process that uses it holds a shared lock for its life. Whoever leaves last stops the server, so a command
    stops only what nobody else uses, and a killed process never leaves a claim behind.
    """

    ROLE: ClassVar[str] = "migochat"
    DATABASE: ClassVar[str] = "migochat"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._joined_by = 0
        self._users_lock = -1

    @staticmethod
    @cache
    def in_folder(folder: Path) -> "EmbeddedServer":
        """Return this process's one handle of the server in a folder."""
        return EmbeddedServer(folder)

    @property
    def data_dir(self) -> Path:
        return places_for(self.folder).data

    @property
    def socket_dir(self) -> Path:
        return places_for(self.folder).sockets

    @property
    def programs(self) -> Path:
        return places_for(self.folder).programs

    def join(self) -> None:
        """Make sure that the server runs, and stay one of its users until this process ends.

        Raises:
            ServerError: it cannot be started.
        """
        if self._joined_by == os.getpid():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._users_lock = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._users_lock, fcntl.LOCK_SH)
        with self._changing():
            self._ensure_running()
        self._joined_by = os.getpid()
        atexit.register(self.leave)

    def leave(self) -> None:
        """Stop being a user; the last one stops the server."""
        if self._joined_by != os.getpid():
            return  # a fork of the process that joined
        self._joined_by = 0
        with self._changing():
            try:
                fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop()
            os.close(self._users_lock)

    def answers(self) -> bool:
        """Say whether the server takes connections: the only proof that it runs."""
        try:
            with psycopg.connect(host=str(self.socket_dir), user=self.ROLE, dbname="postgres", connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, mode: str = "fast") -> None:
        """Stop the server for everyone."""
        with self._changing():
            self._stop(mode)

    def start(self) -> None:
        """Start the server if it does not run."""
        with self._changing():
            self._ensure_running()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with (self.folder / "change.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _ensure_running(self) -> None:
        if self.answers():
            return
        self._prepare_folders()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL did not start in {START_SECONDS} s. Its log: {self.data_dir.parent / 'log'}")
            if not self._running_pid():
                self._launch()
            time.sleep(0.05)
        self._ensure_database()

    def _prepare_folders(self) -> None:
        user = places_for(self.folder).user
        for path, mode in ((self.data_dir.parent, 0o755), (self.socket_dir, 0o700)):
            path.mkdir(parents=True, exist_ok=True)
            if user and path.owner() != user:
                shutil.chown(path, user)
            if path.stat().st_uid not in (os.geteuid(), *([] if not user else [path.stat().st_uid])):
                raise ServerError(f"{path} belongs to somebody else. Remove it or set DATABASE_URL.")
            path.chmod(mode)

    def _initialise(self) -> None:
        partial = self.data_dir.with_name("data.partial")
        shutil.rmtree(partial, ignore_errors=True)
        # C.UTF-8 keeps Arabic letters as letters for trigrams, which plain C does not.
        words = ["--username", self.ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata", str(partial)]
        done = self._run("initdb", *words)
        if done.returncode:
            raise ServerError(f"PostgreSQL could not make its data folder: {done.stderr.strip()}")
        partial.rename(self.data_dir)

    def _launch(self) -> None:
        self._remove_stale_pid_file()
        settings = {**OPTIONS, "unix_socket_directories": str(self.socket_dir)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(self.data_dir.parent / "log")
        done = self._run("pg_ctl", "start", "-W", "-D", str(self.data_dir), "-l", log, "-o", options)
        if done.returncode:
            raise ServerError(f"PostgreSQL could not be started: {done.stderr.strip()}")

    def _stop(self, mode: str = "fast") -> None:
        if self._running_pid():
            done = self._run("pg_ctl", "stop", "-w", "-t", str(START_SECONDS), "-m", mode, "-D", str(self.data_dir))
            if done.returncode and self._running_pid():
                raise ServerError(f"PostgreSQL could not be stopped: {done.stderr.strip()}")

    def _running_pid(self) -> int:
        """Return the pid of the server on our data, 0 if the pid file is missing, stale or names another process."""
        try:
            pid = int((self.data_dir / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
            ours = process.name() == "postgres" and Path(process.cwd()) == self.data_dir
        except (OSError, ValueError, IndexError, psutil.Error):
            return 0
        return pid if ours and process.status() != psutil.STATUS_ZOMBIE else 0

    def _remove_stale_pid_file(self) -> None:
        with suppress(FileNotFoundError):
            (self.data_dir / "postmaster.pid").unlink()

    def _ensure_database(self) -> None:
        with psycopg.connect(host=str(self.socket_dir), user=self.ROLE, dbname="postgres", autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.DATABASE]).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {self.DATABASE}")

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        user = places_for(self.folder).user
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(  # noqa: S603 - our own programs, no shell
            [str(self.programs / program), *words],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C in our terminal must not reach the server before we stop it
        )
