"""`manage.py simulate`: plays the platforms against a running server."""

import os
import sys
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crm.checks import BEFORE_WORK
from crm.progress import Progress
from messaging.simulation.accounts import PLATFORMS, AccountMissing, simulated_accounts
from messaging.simulation.client import Pace
from messaging.simulation.director import Disorder
from messaging.simulation.run import Outcome, Plan, simulate
from messaging.simulation.stand_in.running import HOST, serve_until_stopped
from messaging.simulation.stand_in.server import StandIn

SERVE_PORT = 8090


class Command(BaseCommand):
    requires_system_checks = BEFORE_WORK
    help = "Play the platforms against the running server: signed, realistic traffic; a demonstration and a load test."

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="where the server listens (%(default)s)")
        parser.add_argument("--rate", type=float, default=20, help="posts a second; 0: as fast as they are answered")
        parser.add_argument("--seconds", type=float, default=20)
        parser.add_argument("--connections", type=int, default=16, help="posts under way at a time")
        parser.add_argument("--duplicates", type=_share, default=0.0, metavar="P", help="share of posts sent twice")
        parser.add_argument("--corrupt", type=_share, default=0.0, metavar="P", help="share signed wrongly or broken")
        parser.add_argument("--shuffle", action="store_true", help="send out of order")
        parser.add_argument("--seed", help="makes the same choices and texts again")
        parser.add_argument("--platforms", type=_platforms, default=PLATFORMS, help=",".join(PLATFORMS))
        parser.add_argument("--log", type=Path, help="where every acknowledgement is written; default: below VAR_DIR")
        parser.add_argument(
            "--patience", type=float, default=120, help="seconds until a post without answer is given up"
        )
        parser.add_argument(
            "--check", action="store_true", help="prove from the database that nothing is lost or doubled"
        )
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--serve",
            action="store_true",
            help="stand in for the platforms' APIs instead, and take what is sent to them",
        )
        parser.add_argument("--port", type=int, default=SERVE_PORT, help="where to stand in for them (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["serve"]:
            self._serve(options["url"], options["port"])
            return
        rate, seconds = options["rate"], options["seconds"]
        plan = Plan(
            url=options["url"],
            log=options["log"] or _log_file(),
            seed=options["seed"] or str(time.time_ns()),
            platforms=options["platforms"],
            pace=Pace(rate, seconds, options["connections"], options["patience"]),
            disorder=Disorder(options["duplicates"], options["corrupt"], options["shuffle"]),
            check=options["check"],
        )
        try:
            with Progress(int(rate * seconds), "Posting") as progress:
                outcome = simulate(plan, posted=progress.add, waiting=self._show_waiting)
        except AccountMissing as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing was checked.") from None
        figures = outcome.as_json()
        if options["json"]:
            self.stdout.write(orjson.dumps(figures | {"seed": plan.seed}).decode())
        else:
            self._print(figures, outcome)
        if outcome.failed:
            sys.exit(1)

    def _serve(self, url: str, port: int) -> None:
        """Stand in for the platforms until stopped."""
        address = f"http://{HOST}:{port}"
        connection.close()  # the channels are read in threads
        try:
            simulated_accounts(PLATFORMS)
            serve_until_stopped(StandIn(url), port, lambda: self._say_where(address, url))
        except AccountMissing as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from None
        self.stdout.write("Stopped.")

    def _say_where(self, address: str, url: str) -> None:
        self.stdout.write(f"Standing in for the platforms at {address}, reporting to {url}. Let the server send there:")
        for name in ("GRAPH_API_URL", "TELEGRAM_API_URL", "TWILIO_API_URL"):
            self.stdout.write(f"  {name}={address}")
        self.stdout.flush()

    def _show_waiting(self, waiting: Any) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rReading: {waiting}\033[K")

    def _print(self, figures: dict[str, Any], outcome: Outcome) -> None:
        latency = figures["latency_ms"]
        self.stdout.write(
            "{posts} posts in {seconds} s ({rate}/s), {acknowledged} deliveries acknowledged with {messages} messages, "
            "{refused} refused, {retries} retries.".format(**figures)
        )
        self.stdout.write("Answered within {p50} ms (median), {p95} ms (95 %), {p99} ms (99 %).".format(**latency))
        for what, times in figures["unexpected"].items():
            self.stdout.write(f"Unexpected: {what}, {times} times")
        for example in figures["examples"]:
            self.stdout.write(f"  {example}")
        self.stdout.write(_verdict(figures, outcome))


def _verdict(figures: dict[str, Any], outcome: Outcome) -> str:
    if outcome.stuck:
        return f"FAILED: {outcome.stuck}"
    if not figures["acknowledged"]:
        return "FAILED: nothing was acknowledged."
    if outcome.differences:
        kinds = ", ".join(f"{what} ({times})" for what, times in figures["differences"].items())
        return f"FAILED: {len(outcome.differences)} differences: {kinds}."
    if outcome.failed:
        return "FAILED: the server's answers were not what they must be."
    if outcome.checked:
        return "OK: everything acknowledged is stored, once, and its effects are those of distinct events."
    return f"OK: every answer was as it must be (acknowledgements in {figures['log']})."


def _log_file() -> Path:
    folder = settings.VAR_DIR / "simulations"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix="acknowledged-", suffix=".jsonl", dir=folder)
    os.close(descriptor)
    return Path(name)


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ArgumentTypeError("a share lies between 0 and 1")
    return share


def _platforms(text: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in text.split(","))
    if unknown := set(chosen) - set(PLATFORMS):
        raise ArgumentTypeError(f"no such platform: {', '.join(sorted(unknown))}; there are {', '.join(PLATFORMS)}")
    return chosen
