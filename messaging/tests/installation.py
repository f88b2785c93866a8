"""An installation of its own for a test: database server, web and ingest, as the Procfile starts them."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil
import psycopg

from crm.embedded_postgres.server import EmbeddedServer
from crm.processes.procfile import environment
from crm.tests.launching import Launched, Launcher, completed, expanded, launcher
from crm.tests.waiting import PATIENCE as PATIENCE
from crm.tests.waiting import wait_until as wait_until

#: Where all workers of a test run find the installation that theirs are copied from; the root conftest.py makes and removes it.
TEMPLATE = "MIGOCHAT_TEST_TEMPLATE"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """Processes over a scratch folder; `close` ends them all and removes it."""

    def __init__(self, **settings: str) -> None:
        # Not below pytest's own folder, which is closed to the user that the database runs as when we are root.
        self.folder = Path(tempfile.mkdtemp(prefix="migochat-test-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.log = self.folder / "processes.log"
        self.environment = {
            **environment(),
            "VAR_DIR": str(self.folder),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **settings,
        }
        self.environment.pop("DATABASE_URL", None)
        self.server = EmbeddedServer(self.folder / "postgres")
        self.processes: list[Launched] = []
        self._launcher: Launcher | None = None
        self._copy_template()
        self.server.join()

    def _copy_template(self) -> None:
        """Begin with a copy of an installation that was set up; whoever needs it first in a test run sets it up."""
        template = Path(os.environ[TEMPLATE])
        with (template / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (template / "ready").exists():
                self._set_up(template / "var")
                (template / "ready").touch()
        subprocess.run(["cp", "--archive", f"{template / 'var'}/.", str(self.folder)], check=True)

    def _set_up(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        server = EmbeddedServer(folder / "postgres")
        server.join()
        for words in (["migrate", "--verbosity", "0"], ["setup"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            self.manage(*words, VAR_DIR=str(folder))
        server.leave()

    def manage(self, *words: str, code: int = 0, **settings: str) -> str:
        """Run a command of manage.py and return what it printed."""
        environment = self.environment | settings
        done = completed(["python", "manage.py", *words], environment, self._launcher_for(environment))
        with self.log.open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == code, (
            f"manage.py {words[0]}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
        return done.stdout

    def start(self, name: str, **settings: str) -> Launched:
        """Start a process of the Procfile."""
        environment = self.environment | settings
        with self.log.open("ab") as log:
            process = self._launcher_for(environment).launch(expanded(name, environment), environment, log)
        self.processes.append(process)
        if name == "web":
            wait_until(self._listens, "the web process's listening")
        return process

    def begin(self, *words: str) -> Launched:
        """Start a command of manage.py and leave it to itself; what it prints is logged."""
        with self.log.open("ab") as log:
            programs = self._launcher_for(self.environment)
            return programs.launch(["python", "manage.py", *words], self.environment, log)

    def _launcher_for(self, environment: dict[str, str]) -> Launcher:
        """Return what starts programs of an environment; the one in which most of them work is made ready once."""
        if environment != self.environment:
            return launcher()
        if not self._launcher or self._launcher.environment != environment:
            self._end_launcher()
            self._launcher = launcher().prepared(environment)
        return self._launcher

    def _end_launcher(self) -> None:
        if self._launcher:
            self._launcher.close()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self, process: Launched, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process and wait for its end; its children are killed with it by SIGKILL."""
        children = psutil.Process(process.pid).children(recursive=True) if number == signal.SIGKILL else []
        os.kill(process.pid, number)
        for child in children:
            if child.is_running():
                child.kill()
        process.wait(timeout=PATIENCE)
        self.processes.remove(process)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement in the installation's database."""
        host = str(self.server.socket_dir)
        with psycopg.connect(
            host=host, user=self.server.ROLE, dbname=self.server.DATABASE, autocommit=True
        ) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str, condition: str = "true") -> int:
        (number,) = self.sql(f"SELECT count(*) FROM {table} WHERE {condition}")[0]  # noqa: S608 - a test's own words
        assert isinstance(number, int)
        return number

    def drained(self) -> bool:
        return not self.count("messaging_webhookdelivery", "status = 'pending'") and not self.spooled()

    def spooled(self) -> list[Path]:
        return list((self.folder / "spool").glob("*.delivery"))

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 30
    ) -> tuple[int, bytes]:
        """Send one request and return status and body; `body` may be an iterable, which is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {}, encode_chunked="Transfer-Encoding" in (headers or {}))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Say whether a page answers 200."""
        try:
            return self.request("GET", path, timeout=5)[0] == 200
        except OSError:
            return False

    def close(self) -> None:
        for process in list(self.processes):
            if process.poll() is None:
                self.kill(process, signal.SIGTERM)
        self._end_launcher()
        self.server.leave()
        shutil.rmtree(self.folder, ignore_errors=True)
