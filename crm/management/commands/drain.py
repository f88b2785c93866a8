"""`manage.py drain [NAME...] [--once]`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from crm import drains


class Command(BaseCommand):
    help = "Do the work that waits in tables: all drains, or those named. Run as many processes as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *settings.DRAINS], help=", ".join(settings.DRAINS))
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")

    def handle(self, *args: Any, names: list[str], once: bool, **options: Any) -> None:
        running = drains.drains_named(names)
        if once:
            self.stdout.write(f"Done: {drains.run_once(running)} taken.")
        else:
            drains.run_forever(running, drains.stop_on_signals())
            self.stdout.write("Stopped.")
