"""`manage.py export TABLE`."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.db.models import QuerySet

from crm.canary import KeyedCommand
from crm.exports import Column, Table, tables
from crm.exports.lines import FORMATS
from crm.exports.output import add_output_arguments, file_output, standard_output
from crm.exports.snapshot import snapshot
from crm.exports.tables import records
from crm.log_format import describe
from crm.periods import EARLIEST, LATEST, Period
from crm.progress import Progress


class Command(KeyedCommand):
    help = (
        "Write all rows of one kind, as they are at one moment, to a file or to standard output. Times are in UTC; days are days "
        "on the business's clock, both of those named within."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", choices=list(tables()))
        parser.add_argument(
            "--format",
            choices=list(FORMATS),
            default="csv",
            help="csv, for spreadsheets, with nothing in it that they would run; json: JSON Lines, an object on each line",
        )
        add_output_arguments(parser, required=False)
        parser.add_argument("--from", type=_day, metavar="YYYY-MM-DD", dest="first", help="the first day")
        parser.add_argument("--to", type=_day, metavar="YYYY-MM-DD", dest="last", help="the last day")
        parser.add_argument(
            "--no-personal",
            action="store_true",
            help="leave out names, numbers, addresses and what people wrote; the numbers of rows stay",
        )

    def handle(
        self, *args: Any, table: str, output: Path | None, force: bool, no_personal: bool, **options: Any
    ) -> None:
        chosen, period = tables()[table], _period(options["first"], options["last"])
        columns = chosen.columns_for(personal=not no_personal)
        place = file_output(output, force=force) if output else standard_output(self.stdout)
        try:
            with place as file, snapshot():
                written = self._write(file, chosen, chosen.chosen(period), columns, options["format"])
        except DatabaseError as error:
            raise CommandError(f"The database ended the export: {describe(error)}. Start it again.") from None
        if output:
            self.stdout.write(f"{written:,} {table} in {output}.")

    def _write(self, file: Any, table: Table, rows: QuerySet[Any], columns: list[Column], ending: str) -> int:
        total = rows.count() if self.stderr.isatty() else 0
        with Progress(total, f"Exporting {table.name}") as progress:

            def counted() -> Any:
                for record in records(rows, columns):
                    progress.add()
                    yield record

            for part in FORMATS[ending]([column.name for column in columns], counted()):
                file.write(part)
        return progress.done


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a day, such as 2026-05-31") from None


def _period(first: date | None, last: date | None) -> Period | None:
    """Return the days from one to another, either of which may be left open; None: all days."""
    if first is None and last is None:
        return None
    period = Period(first or EARLIEST, last or LATEST)
    if not EARLIEST <= period.first <= period.last <= LATEST:
        raise CommandError(f"From {period.first} to {period.last} there is no day.")
    return period
