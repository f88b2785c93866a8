"""Breaking the rules that the database itself keeps."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint, UniqueConstraint


def broken_by(attempt: Callable[[], Any]) -> str:
    """Return the name of the constraint that an attempt is refused by, as the database tells it."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        attempt()
    assert isinstance(refusal.value.__cause__, psycopg.Error)
    return str(refusal.value.__cause__.diag.constraint_name)


def constraints_of(app: str) -> set[str]:
    """Return the names of an app's constraints, and `table.column` of its unique columns."""
    found: set[str] = set()
    for model in apps.get_app_config(app).get_models():
        named = (CheckConstraint, UniqueConstraint)
        found |= {constraint.name for constraint in model._meta.constraints if isinstance(constraint, named)}
        found |= {
            f"{model._meta.db_table}.{field.column}"
            for field in model._meta.local_concrete_fields
            if field.unique and not field.primary_key
        }
    return found
