"""Reaching the database by its own programs, and by connections beside Django's."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import conninfo
from psycopg.pq import Conninfo

from crm.backups.refusals import BackupFailed
from crm.embedded_postgres.server import EmbeddedServer

DEBIAN_PROGRAMS = "/usr/lib/postgresql/{major}/bin"
MAINTENANCE = "postgres"
#: How values become text: the same on every server, whatever its settings.
PLAIN_TEXT = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex"


@dataclass(frozen=True)
class Address:
    """Where a database is. `words` are what libpq takes, the password left out, which stays off command lines."""

    words: dict[str, str]
    password: str = ""

    def database(self, name: str) -> "Address":
        """Return another database of the same server."""
        return Address({**self.words, "dbname": name}, self.password)

    @property
    def name(self) -> str:
        return self.words["dbname"]

    def connect(self, options: str = "", *, autocommit: bool = True) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection of our own."""
        more: dict[str, Any] = {"options": " ".join(filter(None, [self.words.get("options", ""), PLAIN_TEXT, options]))}
        secret = {"password": self.password} if self.password else {}
        return psycopg.connect(**({**self.words, **more, **secret}), autocommit=autocommit)

    def environment(self, options: str = "") -> dict[str, str]:
        """Return the environment for a program that is given `as_word` on its command line."""
        secret = {"PGPASSWORD": self.password} if self.password else {}
        return {**os.environ, **secret, "PGOPTIONS": options, "LC_ALL": "C.UTF-8"}

    def as_word(self) -> str:
        return conninfo.make_conninfo(**self.words)


def live_address() -> Address:
    """Return where Django's database is; an embedded server is started."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    given = connection.get_connection_params()
    words = {name: str(value) for name, value in given.items() if name in known and value not in (None, "")}
    password = words.pop("password", "")
    return Address(words, password)


class Programs:
    """pg_dump and pg_restore of the server's own major version."""

    def __init__(self, server_version: int) -> None:
        """Find them. `server_version` as in `180006`.

        Raises:
            BackupFailed: they are not installed.
        """
        self.major = server_version // 10_000
        self.folder = next((folder for folder in self._candidates() if self._fits(folder)), None)
        if self.folder is None:
            raise BackupFailed(
                f"pg_dump and pg_restore of PostgreSQL {self.major} are needed, the version of the server. "
                f"On Debian and Ubuntu: apt-get install postgresql-client-{self.major}"
            )

    def path(self, name: str) -> str:
        """Return where a program is."""
        return str(Path(self.folder or "") / name)

    def _candidates(self) -> list[Path]:
        found = [Path(DEBIAN_PROGRAMS.format(major=self.major))]
        if connection.settings_dict["ENGINE"] == "crm.embedded_postgres":
            found.insert(0, EmbeddedServer.in_folder(settings.EMBEDDED_POSTGRES_DIR).programs)
        if on_path := shutil.which("pg_dump"):
            found.append(Path(on_path).parent)
        return found

    def _fits(self, folder: Path) -> bool:
        try:
            done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
                [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False
            )
        except OSError:
            return False
        return done.returncode == 0 and done.stdout.split()[2].split(".")[0] == str(self.major)
