"""`manage.py rebuild`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

from crm.backups.database import MAINTENANCE, live_address
from crm.backups.scratch import create_like, drop
from crm.checks import BEFORE_WORK
from crm.management.commands.setup import introduce, prepare_or_refuse


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "For development: drop the database with all that is in it, and make an empty one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--even-in-production", action="store_true", help="also where DEBUG is off")

    def handle(self, *args: Any, yes: bool, even_in_production: bool, **options: Any) -> None:
        if not settings.DEBUG and not even_in_production:
            raise CommandError(
                "These are the settings of an installation in use: DEBUG is off. Nothing was touched. "
                "To drop its database all the same: --even-in-production"
            )
        live = live_address()
        if not yes and input(f"Drop the database {live.name} and all that is in it? [yes/no] ").strip() != "yes":
            raise CommandError("Nothing was touched.")
        connection.close()
        new = f"{live.name}_new"
        with live.database(MAINTENANCE).connect() as server:
            drop(server, new)
            create_like(server, live.name, new)
            drop(server, live.name)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(new), sql.Identifier(live.name)))
        call_command("migrate", interactive=False, verbosity=0)
        for line in introduce(account) if (account := prepare_or_refuse()) else []:
            self.stdout.write(line)
        self.stdout.write(f"{live.name} is empty and set up.")
