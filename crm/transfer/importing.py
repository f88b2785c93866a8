"""Going through a file: what it would do, and doing it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from import_export.results import RowResult
from psycopg.errors import DeadlockDetected, OutOfMemory
from tablib import Dataset

from crm.transfer.customers import LINE
from crm.transfer.files import Table
from crm.transfer.refused import FileRefused

REASONS_KEPT = 200


@dataclass
class Outcome:
    """Honest counts: every row of the file is in exactly one of them. `reasons`: (line, why it was left out)."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def import_table(resource: Any, table: Table, columns: list[str], *, write: bool) -> Outcome:
    """Go through the rows of a file, of whose columns `columns` says which of ours each is; write them all or none.

    Rows that cannot be read are left out, each with its reason.

    Raises:
        FileRefused: somebody else wrote to the same customers at the same moment, or they are more than can be locked.
    """
    dataset = _dataset(table, columns)
    try:
        with transaction.atomic():
            if write:
                _wait_for_other_imports()
            result = resource.import_data(dataset, use_transactions=False, writes=write)
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            why = _("Somebody wrote to the same customers at the same moment. Nothing was imported; try again.")
        elif isinstance(error.__cause__, OutOfMemory):
            why = _("The database cannot lock so many at once. Nothing was imported; divide the file.")
        else:
            raise
        raise FileRefused(why) from None
    return _outcome(table, result, resource)


def _wait_for_other_imports() -> None:
    """Let one import write at a time, lest two add the same people; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(4203, 0)")


def _dataset(table: Table, columns: list[str]) -> Dataset:
    places = [(place, name) for place, name in enumerate(columns) if name]
    dataset = Dataset(headers=[LINE, *(name for _place, name in places)])
    for line, cells in table.rows:
        dataset.append([line, *(cells[place] for place, _name in places)])
    return dataset


def _outcome(table: Table, result: Any, resource: Any) -> Outcome:
    outcome = Outcome(rows=len(table.rows))
    for (line, _cells), row in zip(table.rows, result.rows, strict=True):
        if row.import_type == RowResult.IMPORT_TYPE_NEW:
            outcome.created += 1
        elif row.import_type == RowResult.IMPORT_TYPE_UPDATE:
            outcome.updated += 1
        elif row.import_type == RowResult.IMPORT_TYPE_SKIP:
            outcome.unchanged += 1
        else:
            for error in row.errors:
                raise error.error  # not the file's fault
            outcome.refused += 1
            if len(outcome.reasons) < REASONS_KEPT:
                outcome.reasons.append((line, _reason(row.validation_error, resource)))
    return outcome


def _reason(error: ValidationError, resource: Any) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    titles = {column.attribute: str(column.title) for column in resource.columns()}
    return "; ".join(f"{titles.get(name, name)}: {' '.join(messages)}" for name, messages in error.message_dict.items())
