"""`manage.py health`."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from crm.models import Severity
from crm.monitoring.findings import Finding, look


class Command(BaseCommand):
    help = (
        "Say how the installation does and what to do. Exit code 0: all is well, 1: warnings, 2: something is critical."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        health = look()
        if options["json"]:
            found = [finding.as_dict() for finding in health.worst_first]
            self.stdout.write(
                json.dumps({"status": health.severity.name.lower(), "findings": found}, ensure_ascii=False)
            )
        else:
            for finding in health.worst_first:
                self._write(finding)
            self.stdout.write(f"{health.severity.label}.")
        if health.severity:
            self.stdout.flush()
            sys.exit(int(health.severity))

    def _write(self, finding: Finding) -> None:
        style = {
            Severity.OK: self.style.SUCCESS,
            Severity.WARNING: self.style.WARNING,
            Severity.CRITICAL: self.style.ERROR,
        }
        mark = style[finding.severity](f"{finding.severity.name.lower():<8}")
        self.stdout.write(f"{mark}  {finding.title}: {finding.summary}")
        if finding.advice:
            self.stdout.write(f"          → {finding.advice}")
