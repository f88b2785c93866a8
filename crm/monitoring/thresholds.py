"""From when something counts as wrong: settings that administrators change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from crm import runtime_settings
from crm.models import Severity
from crm.runtime_settings import Declared, declare

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

HEALTH = _("Health")
#: What lasts so many times longer than where a warning begins is critical.
CRITICAL_TIMES = 10


_here = threading.local()


@contextmanager
def without_database() -> Iterator[None]:
    """Take thresholds as they were last known, and ask no database for them."""
    _here.offline = True
    try:
        yield
    finally:
        _here.offline = False


def number(key: str) -> int:
    """Return a threshold of `health.`."""
    read = runtime_settings.last_known if getattr(_here, "offline", False) else runtime_settings.value_of
    return int(read(f"health.{key}"))


def by_age(seconds: float, key: str) -> Severity:
    """Return how bad it is that something waits for so long."""
    bound = number(key)
    if seconds < bound:
        return Severity.OK
    return Severity.WARNING if seconds < bound * CRITICAL_TIMES else Severity.CRITICAL


def _number(key: str, default: int, most: int, title: "_StrPromise", text: "_StrPromise") -> Declared:
    return Declared(
        key=f"health.{key}",
        kind="whole number",
        default=default,
        minimum=1,
        maximum=most,
        title=title,
        help=text,
        category=HEALTH,
    )


TEN_TIMES = _("Longer than this is a warning, ten times longer is critical.")

declare(
    _number("delivery_seconds", 60, 86_400, _("A delivery may wait for (seconds)"), TEN_TIMES),
    _number("untriaged_seconds", 120, 86_400, _("A message may wait to be sorted to leads for (seconds)"), TEN_TIMES),
    _number("queued_seconds", 300, 86_400, _("A message of ours may wait to be sent for (seconds)"), TEN_TIMES),
    _number(
        "silent_seconds",
        90,
        86_400,
        _("A process counts as gone after (seconds)"),
        _("Drains, workers and beat leave a sign of life about every 15 seconds."),
    ),
    _number(
        "disk_free_percent",
        10,
        90,
        _("Warn below so much free disk space (percent)"),
        _("Below a third of this it is critical."),
    ),
    _number(
        "connections_percent",
        80,
        99,
        _("Warn when so many of the database's connections are used (percent)"),
        _("Above 95 percent it is critical."),
    ),
    _number("replica_seconds", 60, 86_400, _("A replica may be behind by (seconds)"), TEN_TIMES),
)
