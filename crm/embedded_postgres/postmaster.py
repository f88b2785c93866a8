"""The PostgreSQL programs, and the process that they start."""

import os
import subprocess
from pathlib import Path

import psutil

from crm.embedded_postgres.places import Places

NOBODYS_PID = "99999999"  # above any kernel's highest


class Postmaster:
    """The server process on one data folder."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.pid_file = places.data / "postmaster.pid"
        self.log = places.data.parent / "log"

    def pid(self) -> int:
        """Return the server's process id; 0 where the pid file is missing, stale, or names another process."""
        pid = self._pid_in(self.pid_file)
        return pid if pid and self._is_ours(pid) else 0

    def crashed(self) -> bool:
        """Say whether the server ended without clearing up, which every way of stopping it does."""
        return self.pid_file.exists() and not self.pid()

    def start(self) -> str:
        """Start the server and wait until it takes connections; return what went wrong, "" if nothing."""
        self._disarm_recycled_pids()
        done = self.run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.places.data), "-l", str(self.log))
        return "" if done.returncode == 0 else self.last_words() or done.stderr.strip()

    def stop(self, mode: str) -> str:
        """Stop the server (`smart`, `fast`, `immediate`) and wait; return what went wrong, "" if nothing."""
        done = self.run("pg_ctl", "stop", "-w", "-t", "60", "-m", mode, "-D", str(self.places.data))
        return done.stderr.strip() if done.returncode and self.pid() else ""

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the PostgreSQL programs as the server's user."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(  # noqa: S603 - our own programs, no shell
            [str(self.places.programs / program), *words],
            user=self.places.uid,
            group=self.places.gid,
            extra_groups=None if self.places.uid is None else [],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C in our terminal must not reach the server before we stop it
        )

    def last_words(self) -> str:
        """Return the newest lines of the server's log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        except OSError:
            return ""

    @staticmethod
    def _pid_in(file: Path) -> int:
        try:
            return int(file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _is_ours(self, pid: int) -> bool:
        """Say whether a process is the server on our data.

        Its command line tells, which everybody may read; its working folder only a privileged root may.
        """
        try:
            process = psutil.Process(pid)
            words = process.cmdline()
            if process.name() != "postgres" or not words or words[0].startswith("postgres:"):
                return False  # another program, a zombie, or a child of some server
            named = Path(words[words.index("-D") + 1]) if "-D" in words[:-1] else Path()
            if named.is_absolute():
                return named.resolve() == self.places.data
            return bool(process.uids().effective == self.places.data.stat().st_uid)
        except (OSError, psutil.Error):
            return False

    def _disarm_recycled_pids(self) -> None:
        """Let no process that was given our server's old number keep it from starting.

        The files stay, for they also tell PostgreSQL whether children of a killed server still use the data.
        """
        for file in (self.pid_file, self.places.sockets / ".s.PGSQL.5432.lock"):
            pid = self._pid_in(file)
            if pid and psutil.pid_exists(pid) and not self._is_ours(pid):
                lines = file.read_text().split("\n")
                write_inside(file, "\n".join([NOBODYS_PID, *lines[1:]]))


def write_inside(path: Path, text: str) -> None:
    """Write a file in a folder of the server's user, who shall not lead us elsewhere by a link."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o644)  # whatever the umask: others cannot enter the folder
        file.write(text)
