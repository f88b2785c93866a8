"""`manage.py schema_doc [--check]`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.schema_doc import render


class Command(BaseCommand):
    help = "Write docs/schema.md, the tables as drawn from the models."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is not up to date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "schema.md"
        text = render()
        if path.exists() and path.read_text() == text:
            self.stdout.write("docs/schema.md is up to date.")
        elif check:
            raise CommandError("docs/schema.md is not up to date. Run: .venv/bin/python manage.py schema_doc")
        else:
            path.write_text(text)
            self.stdout.write("Wrote docs/schema.md.")
