"""All rows of all tables, to compare a before with an after."""

from typing import Any

import orjson
from django.apps import apps
from django.db import connection
from pghistory.models import Event

from crm.encrypted_fields import encrypted_fields

#: What is only ever added to.
APPENDED = {"crm.customermerge", "sessions.session"}


def all_tables() -> dict[str, dict[str, dict[str, Any]]]:
    """Return every row by model and key, without the time of its last change; history aside."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        if issubclass(model, Event) or label in APPENDED or not model._meta.managed or model._meta.proxy:
            continue
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT row_to_json(t)::jsonb - 'updated_at' FROM {table} AS t")  # noqa: S608 - our own tables
            rows = [orjson.loads(row) for (row,) in cursor.fetchall()]
        key = model._meta.pk.column if model._meta.pk else "id"
        found[label] = {str(row[key]): row for row in rows}
    for model, field in encrypted_fields():  # the same value is never the same ciphertext twice
        for instance in model._base_manager.all():
            found[model._meta.label_lower][str(instance.pk)][field.name] = getattr(instance, field.name)
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what is not the same, by model and key: rows that changed or went, and those that are new."""
    return {
        f"{label}:{key}": (rows_before.get(key), after[label].get(key))
        for label, rows_before in before.items()
        for key in sorted({*rows_before, *after[label]})
        if rows_before.get(key) != after[label].get(key)
    }
