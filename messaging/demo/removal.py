"""Taking the demonstration out again: exactly what hangs below its channels, children first, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.utils.module_loading import import_string

from crm.models import Channel, Customer
from messaging.demo.shop import CHANNELS

Rows = dict[type[models.Model], list[str]]  # queries for the ids that go

CUSTOMERS = """
    CREATE TEMPORARY TABLE demo_customer ON COMMIT DROP AS
    SELECT DISTINCT identity.customer_id AS id FROM crm_identity AS identity
    WHERE identity.channel_id IN (SELECT id FROM demo_channel)
    AND NOT EXISTS (
        SELECT 1 FROM crm_identity AS other WHERE other.customer_id = identity.customer_id
        AND other.channel_id NOT IN (SELECT id FROM demo_channel)
    )
    AND NOT EXISTS (SELECT 1 FROM crm_customer AS merged WHERE merged.merged_into_id = identity.customer_id)
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key from `child` that keeps rows of `parent` from being deleted."""

    child: type[models.Model]
    column: str
    parent: type[models.Model]
    is_emptied: bool


def remove_demo(*, removed: Callable[[str, int], None] = lambda table, count: None) -> int:
    """Delete the demonstration in one transaction and return the number of rows; `removed` is told them by table.

    A customer whom another channel knows too, or whom others were merged into, stays. Whatever model points at what
    goes, of whatever app, goes first, or lets go where its foreign key says so.
    """
    ids = [
        number
        for slug, platform, _, external_id in CHANNELS
        for number in Channel.objects.filter(slug=slug, platform=platform, external_id=external_id).values_list(
            "pk", flat=True
        )
    ]
    if not ids:
        return 0
    total = 0
    with transaction.atomic(), pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE demo_channel ON COMMIT DROP AS SELECT unnest(%s::bigint[]) AS id", [ids])
        cursor.execute(CUSTOMERS)
        for statement, table in _statements():
            cursor.execute(statement)
            if table:
                removed(table, cursor.rowcount)
                total += cursor.rowcount
    return total


def _statements() -> Iterator[tuple[str, str]]:
    """Yield what to execute, and the table that loses rows by it; children come before their parents.

    Which rows go is worked out once, from parents to children, and kept in a table for each model.
    """
    going: Rows = {
        Channel: ["SELECT id FROM demo_channel"],
        Customer: ["SELECT id FROM demo_customer"],
        **{model: [rows] for model, rows in import_string(settings.DEMO_STORYTELLER).removed_with_it().items()},
    }
    order: list[type[models.Model]] = []
    references = list(_references())
    for parent in list(going):
        _follow(parent, going, order, references)
    for model in order:
        rows = _rows(model)
        yield f"CREATE TEMPORARY TABLE {rows} ON COMMIT DROP AS {' UNION '.join(going[model])}", ""
        yield f"ANALYZE {rows}", ""
    for reference in references:
        if reference.is_emptied and reference.parent in going:
            found = f"{reference.column} IN (SELECT id FROM {_rows(reference.parent)})"  # noqa: S608 - names of ours
            yield f"UPDATE {reference.child._meta.db_table} SET {reference.column} = NULL WHERE {found}", ""  # noqa: S608 - names of ours
    for model in reversed(order):
        table = model._meta.db_table
        yield f"DELETE FROM {table} USING {_rows(model)} AS going WHERE {table}.{_key(model)} = going.id", table  # noqa: S608 - names of ours


def _rows(model: type[models.Model]) -> str:
    return f"demo_rows_{model._meta.db_table}"


def _key(model: type[models.Model]) -> str:
    """Return the column of a model's primary key, which may be that of the row it belongs to."""
    key = model._meta.pk
    assert key is not None  # noqa: S101 - concrete models have one
    return str(key.column)


def _follow(
    parent: type[models.Model], going: Rows, order: list[type[models.Model]], references: list[Reference]
) -> None:
    """Add what points at rows of `parent`, and what points at that, until nothing new is found; parents stand first."""
    if parent in order:
        order.remove(parent)  # found again below another: it has to go before that one
    order.append(parent)
    for reference in references:
        if reference.parent is not parent or reference.is_emptied or reference.child is parent:
            continue
        child = reference.child
        if child is Customer:
            continue  # which customers go is decided by their identities alone
        keys = f"SELECT {_key(child)} AS id FROM {child._meta.db_table}"  # noqa: S608 - names of ours
        found = f"{keys} WHERE {reference.column} IN (SELECT id FROM {_rows(parent)})"  # noqa: S608 - names of ours
        queries = going.setdefault(child, [])
        if found not in queries:
            queries.append(found)
        _follow(child, going, order, references)


def _references() -> Iterator[Reference]:
    """Yield the foreign keys of all models that the database itself enforces."""
    for model in filter(lambda model: model._meta.managed, apps.get_models(include_auto_created=True)):
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True):
                is_emptied = field.remote_field.on_delete is models.SET_NULL
                yield Reference(model, field.column, field.related_model, is_emptied)
