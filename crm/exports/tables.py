"""What can be exported, and its rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.module_loading import import_string

from crm.encrypted_fields import EncryptedField
from crm.periods import Period

AT_ONCE = 1000


@dataclass(frozen=True)
class Column:
    """One column of a file: its name, and the field or expression it comes from where that is called otherwise.

    `personal`: tells who a customer or a colleague is, or what somebody wrote. `read` makes of the stored value what is shown.
    """

    name: str
    source: str | Combinable = ""
    personal: bool = False
    read: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Table:
    """One kind of rows to export; `day` is the field by which days choose them."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    day: str
    columns: Sequence[Column]

    def chosen(self, period: Period | None) -> QuerySet[Any]:
        """Return the rows of some days, or all of them."""
        rows = self.rows()
        return rows if period is None else rows.filter(self._within(period, rows))

    def columns_for(self, *, personal: bool) -> list[Column]:
        return [column for column in self.columns if personal or not column.personal]

    def _within(self, period: Period, rows: QuerySet[Any]) -> Q:
        is_moment = isinstance(rows.model._meta.get_field(self.day), DateTimeField)
        return period.holds(self.day) if is_moment else period.holds_day(self.day)


def tables() -> dict[str, Table]:
    """Return what can be exported, by name."""
    return {table.name: table for path in settings.EXPORTS for table in import_string(path)}


def records(rows: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
    """Yield the values of each row in the order of the rows' numbers, some rows at a time in memory."""
    sealed = [(place, field) for place, column in enumerate(columns) if (field := _encrypted(rows, column))]
    reads = [(place, column.read) for place, column in enumerate(columns) if column.read]
    keys = ["pk", "uid"] if sealed else []
    sources = [column.source or column.name for column in columns]
    for values in rows.order_by("pk").values_list(*sources, *keys).iterator(chunk_size=AT_ONCE):
        record = list(values)
        if sealed:
            uid, pk = record.pop(), record.pop()
            for place, field in sealed:
                record[place] = _opened(field, pk, uid, record[place])
        for place, read in reads:
            record[place] = read(record[place])
        yield record


def _encrypted(rows: QuerySet[Any], column: Column) -> EncryptedField | None:
    try:
        field = rows.model._meta.get_field(column.source or column.name)
    except (FieldDoesNotExist, TypeError):  # of another table, or an expression
        return None
    return field if isinstance(field, EncryptedField) else None


def _opened(field: EncryptedField, pk: int, uid: Any, sealed: Any) -> Any:
    """Decrypt a value that was read without its row."""
    return None if sealed is None else field.opened(SimpleNamespace(pk=pk, uid=uid), sealed)
