"""The tables whose rows belong to a customer, found from the models, so that a new one is never forgotten."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model
from pghistory.models import Event

from crm.models import Customer, Identity

#: What tells of a customer as that row, and so stays with it.
RECORDS = {
    "crm.customer.merged_into",
    "crm.customermerge.kept",
    "crm.customermerge.merged",
    "crm.duplicatedismissed.first",
    "crm.duplicatedismissed.second",
}

MOVE = "UPDATE {table} AS moved SET {column} = %(to)s WHERE {column} = %(from)s{unless} RETURNING {key}"
UNLESS = " AND NOT EXISTS (SELECT 1 FROM {table} AS same WHERE same.{column} = %(to)s{others})"
MOVE_ROWS = "UPDATE {table} AS moved SET {column} = %(to)s WHERE {column} = %(from)s AND {key} = ANY(%(rows)s){unless}"
FOLLOW = """
    UPDATE {table} AS child SET {column} = identity.customer_id FROM crm_identity AS identity
    WHERE identity.id = child.{identity} AND child.{column} = %(kept)s AND identity.customer_id = %(merged)s
"""

Column = ForeignKey[Any, Any]


def children() -> Iterator[Column]:
    """Yield each column that names the customer a row belongs to; the history of rows aside."""
    for model in apps.get_models(include_auto_created=True):
        if not issubclass(model, Event):
            yield from (column for column in columns_to(model, Customer) if name_of(column) not in RECORDS)


def columns_to(model: type[Model], target: type[Model]) -> list[Column]:
    """Return a model's foreign keys to another."""
    return [
        field for field in model._meta.local_fields if isinstance(field, ForeignKey) and field.related_model is target
    ]


def name_of(column: Column) -> str:
    """Return `app.model.column`."""
    return f"{column.model._meta.label_lower}.{column.name}"


def column_of(name: str) -> Column:
    """Return the column of a name. Raises `LookupError` where there is none any more."""
    app, model, column = name.split(".")
    field = apps.get_model(app, model)._meta.get_field(column)
    assert isinstance(field, ForeignKey)  # noqa: S101 - nothing else is ever moved
    return field


def move_all(column: Column, *, from_id: int, to_id: int) -> list[int]:
    """Give all rows of one row to another and return their keys.

    A row stays where it is if the other has the same already, by a unique constraint.
    """
    with connection.cursor() as cursor:
        cursor.execute(_sql(MOVE, column, unless=_unless_the_same(column)), {"from": from_id, "to": to_id})
        return sorted(key for (key,) in cursor.fetchall())


def move_rows(column: Column, rows: list[int], *, from_id: int, to_id: int) -> None:
    """Give some rows to another; those that are elsewhere by now, gone, or the same as the other has are left alone."""
    with connection.cursor() as cursor:
        statement = _sql(MOVE_ROWS, column, unless=_unless_the_same(column))
        cursor.execute(statement, {"from": from_id, "to": to_id, "rows": rows})


def follow_identities(*, kept_id: int, merged_id: int) -> None:
    """Give to the one what came to the other meanwhile by an identity that is the first one's again."""
    for column in children():
        for identity in columns_to(column.model, Identity):
            with connection.cursor() as cursor:
                statement = _sql(FOLLOW, column, identity=_quoted(str(identity.column)))
                cursor.execute(statement, {"kept": kept_id, "merged": merged_id})


def _unless_the_same(column: Column) -> str:
    """Return the condition that the other has no row that is the same by a unique constraint."""
    return "".join(
        _sql(UNLESS, column, others="".join(f" AND same.{name} = moved.{name}" for name in others))
        for others in _unique_beside(column)
    )


def _unique_beside(column: Column) -> Iterator[list[str]]:
    """Yield the other columns of each unique constraint, without a condition, that the column is part of."""
    options = column.model._meta
    together = [tuple(names) for names in options.unique_together]
    together += [tuple(constraint.fields) for constraint in options.total_unique_constraints]
    if column.unique:
        together.append((column.name,))
    for names in together:
        if column.name in names:
            yield [_quoted(_column_name(column.model, name)) for name in names if name != column.name]


def _sql(template: str, column: Column, **parts: str) -> str:
    options = column.model._meta
    assert options.pk is not None  # noqa: S101 - concrete models have one
    names = {
        "table": options.db_table,
        "column": _column_name(column.model, column.name),
        "key": _column_name(column.model, options.pk.name),
    }
    return template.format(**{name: _quoted(value) for name, value in names.items()}, **parts)


def _column_name(model: type[Model], field: str) -> str:
    return str(model._meta.get_field(field).get_attname_column()[1])  # type: ignore[union-attr]  # concrete fields


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
