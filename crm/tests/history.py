"""Looking at the history of named fields."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model


def history_of(row: Model) -> Any:
    """Return the entries of a row, oldest first."""
    model = apps.get_model(row._meta.app_label, f"{row._meta.object_name}History")
    return model._default_manager.filter(pgh_obj=row.pk).order_by("pgh_id")


def assert_append_only(table: str) -> None:
    """See that no statement changes or removes a row of a history table that has some."""
    for statement in (
        f"UPDATE {table} SET pgh_label = 'forged'",  # noqa: S608 - our own name
        f"DELETE FROM {table}",  # noqa: S608
    ):
        with (
            pytest.raises(DatabaseError, match=f"Cannot update or delete rows from {table} table"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
