"""`manage.py drain [NAME...] [--once]`."""

import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crm import drains
from crm.canary import WrongKeys, check_keys_when_possible
from crm.checks import BEFORE_WORK
from crm.log_format import describe, place

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Do the work that waits in tables: all drains, or those named. Run as many processes as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(settings.DRAINS)
        parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *settings.DRAINS], help=names)
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")

    def handle(self, *args: Any, names: list[str], once: bool, **options: Any) -> None:
        try:
            check_keys_when_possible()
        except WrongKeys as error:
            raise CommandError(str(error)) from None
        running = drains.drains_named(names)
        if once:
            self.stdout.write(f"Done: {_run_once(running)} taken.")
            return
        connection.close()  # each drain has its own
        try:
            left = drains.run_forever(running, drains.stop_on_signals())
        except drains.DrainDied as error:
            raise CommandError(f"Stopped, since a drain died: {error}. The log says why.") from None
        self.stdout.write("Stopped.")
        if left:
            self.stdout.flush()
            os._exit(0)  # what was left off would hold us up until its platform has answered


def _run_once(running: dict[str, drains.Drain]) -> int:
    """Run until nothing is left; what fails goes to the log without the words it quotes, and ends the command."""
    try:
        return drains.run_once(running)
    except Exception as error:
        logger.error("A drain failed: %s", describe(error), exc_info=error)
        raise CommandError(f"Stopped, since a drain failed: {place(error)}") from None
