"""`manage.py run`."""

import os
import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.urls import reverse

from crm.backups.making import our_keys
from crm.checks import BEFORE_WORK
from crm.embedded_postgres.server import EmbeddedServer
from crm.management.commands.recovery_key import introduce as introduce_key
from crm.management.commands.setup import introduce, prepare_or_refuse
from crm.processes.announcer import announce_when_ready
from crm.processes.lifeline import die_with_parent
from crm.processes.running import REMNANT_SECONDS, SIGINT_CODE, CannotRun, only_run, require_free_port, run_processes


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Set up the database and run every process until Ctrl-C or SIGTERM, all on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, help="stop when this process, our parent, ends")

    def handle(self, *args: Any, parent: int | None, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _exit)
        if parent:
            die_with_parent(signal.SIGTERM, parent)
        host, port = os.environ.get("BIND_HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
        try:
            with only_run(settings.VAR_DIR / "run.lock") as killed_before:
                require_free_port(host, port, patience=REMNANT_SECONDS if killed_before else 0)
                self._prepare()
                self._announce(host, port)
                code = run_processes()
        except CannotRun as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            code = SIGINT_CODE
        finally:
            _leave_database()
        sys.exit(code)

    def _prepare(self) -> None:
        """Bring the database and the static files to this release's state."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}") from None
        call_command("migrate", interactive=False, verbosity=0)
        if account := prepare_or_refuse():
            self._say(*introduce(account))
        self._say(*introduce_key(our_keys().make_recovery_key()))
        call_command("collectstatic", interactive=False, verbosity=0)
        _close_connections()  # its threads must not be there when processes are forked
        os.environ.update(WEB_WORKERS=str(settings.WEB_WORKERS), WEB_THREADS=str(settings.WEB_THREADS))

    def _announce(self, host: str, port: int) -> None:
        place = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104 - compared only
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}{reverse('readyz')}"
        home = settings.PUBLIC_BASE_URL if settings.SERVED_BY_HTTPS else f"http://{place}:{port}"
        named = next((name for name in settings.ALLOWED_HOSTS if "*" not in name), "localhost").lstrip(".")
        announce_when_ready(
            address.replace("0.0.0.0", "127.0.0.1"),  # noqa: S104 - whoever listens everywhere listens there
            named,
            ready=lambda: self._say(f"Migochat is up: {home}{reverse('admin:index')} (Ctrl-C stops it)"),
            late=lambda: self._say("Migochat is not up yet. The lines above should say why."),
        )

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def _exit(number: int, frame: FrameType | None) -> None:
    """End in an orderly way while setting up; later the processes are stopped by honcho's own handler."""
    sys.exit(0)


def _close_connections() -> None:
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


def _leave_database() -> None:
    _close_connections()
    if connection.settings_dict["ENGINE"] == "crm.embedded_postgres":
        EmbeddedServer.in_folder(settings.EMBEDDED_POSTGRES_DIR).leave()
