"""`manage.py export_customer WHO --output FILE.zip`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from crm.canary import KeyedCommand
from crm.dossier.archive import write_dossier
from crm.dossier.person import Unclear, all_of, find_person
from crm.exports.output import add_output_arguments, file_output
from crm.exports.snapshot import snapshot
from crm.log_format import describe
from crm.progress import Progress


class Command(KeyedCommand):
    help = (
        "Write all that is stored about one person into a ZIP archive, with their files and a README that says what is what. "
        "Who was merged into another is in that other's."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "who", help="number of the customer, e-mail address or phone number; id:5 is a number for sure"
        )
        add_output_arguments(parser, required=True)

    def handle(self, *args: Any, who: str, output: Path, force: bool, **options: Any) -> None:
        try:
            with file_output(output, force=force) as file, snapshot():
                customer_ids = all_of(find_person(who))
                with Progress(0, "Writing") as progress:
                    told = write_dossier(file, customer_ids, progress.add)
        except Unclear as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(f"The database ended the export: {describe(error)}. Start it again.") from None
        rows = sum(told.rows.values())
        self.stdout.write(f"Customer {customer_ids[0]}: {rows:,} rows and {len(told.files):,} files in {output}.")
        for name in told.missing:
            self.stderr.write(f"{name} is gone from where files are kept.")
