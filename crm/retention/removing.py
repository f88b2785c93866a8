"""Removing by rules: in batches that commit by themselves, and that wait for nobody."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from crm import runtime_settings
from crm.log_format import describe

logger = logging.getLogger(__name__)

#: The most rows that one transaction touches.
BATCH = 1000
LOCK_TIMEOUT = "5s"

#: Called with a moment, an id and a number: deal with up to so many rows that are older than the moment and have a greater id,
#: leave out what somebody else has locked, and return the ids of those that were dealt with.
Take = Callable[[datetime, int, int], list[int]]


@dataclass(frozen=True)
class Rule:
    """What is done with rows once they are `times` as old as a setting says in days; a setting of 0 means never."""

    name: str
    setting: str
    take: Take
    times: int = 1
    batch: int = BATCH

    def before(self) -> datetime | None:
        """Return the moment before which rows are old enough; None: no row ever is."""
        days: int = runtime_settings.value_of(self.setting)
        return timezone.now() - timedelta(days=days * self.times) if days else None


def rules() -> list[Rule]:
    return [rule for name in settings.RETENTION for rule in import_string(name)]


def delete_batch(table: str, condition: str) -> Take:
    """Return what deletes rows of a table of which `condition` holds, in SQL with `%(before)s` for the moment."""
    statement = f"""
        DELETE FROM {table} WHERE id IN (
            SELECT id FROM {table} WHERE id > %(after)s AND ({condition})
            ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ) RETURNING id
    """  # noqa: S608 - our own tables

    def take(before: datetime, after: int, limit: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"before": before, "after": after, "limit": limit})
            return [number for (number,) in cursor.fetchall()]

    return take


def run_rules(*, count: Callable[[int], object] = lambda _rows: None) -> dict[str, int]:
    """Apply every rule until nothing is left for it; return how many rows each dealt with, and log that in one line.

    `count` is told of each batch that is committed. A rule that meets a lock for too long is left for the next run; its neighbours
    go on.
    """
    counts: dict[str, int] = {}
    for rule in rules():
        counts[rule.name] = 0
        try:
            _apply(rule, counts, count)
        except OperationalError as error:
            logger.warning("Retention of %s goes on with the next run: %s", rule.name, describe(error))
    logger.info("Retention: %s", ", ".join(f"{name} {rows}" for name, rows in counts.items()))
    return counts


def _apply(rule: Rule, counts: dict[str, int], count: Callable[[int], object]) -> None:
    before, after = rule.before(), 0
    while before is not None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            taken = rule.take(before, after, rule.batch)
        counts[rule.name] += len(taken)
        count(len(taken))
        if len(taken) < rule.batch:
            return
        after = max(taken)
