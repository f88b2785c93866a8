"""What a merge does, remembered step by step so that it can be taken back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Model

from crm.merging.children import Column, column_of, move_all, move_rows, name_of
from crm.models import Customer, CustomerMerge


class Changes:
    """One merge under way: whatever is moved or changed through it can be undone.

    `kept` and `merged` are locked, as are their identities and what the steps of other apps lock.
    """

    def __init__(self, kept: Customer, merged: Customer) -> None:
        self.kept, self.merged = kept, merged
        self.moved: list[dict[str, Any]] = []
        self.before: dict[str, dict[str, dict[str, list[Any]]]] = {}

    def move(self, column: Column, *, from_id: int, to_id: int) -> list[int]:
        """Give all rows of one row to another and return their keys; what the other has already stays."""
        rows = move_all(column, from_id=from_id, to_id=to_id)
        self._remember(column, from_id, to_id, rows)
        return rows

    def move_rows(self, column: Column, rows: list[int], *, from_id: int, to_id: int) -> None:
        """Give some rows to another."""
        if rows:
            move_rows(column, rows, from_id=from_id, to_id=to_id)
            self._remember(column, from_id, to_id, rows)

    def _remember(self, column: Column, from_id: int, to_id: int, rows: list[int]) -> None:
        if rows:
            self.moved.append({"column": name_of(column), "from": from_id, "to": to_id, "rows": rows})

    def change(self, row: Model, **values: Any) -> None:
        """Set columns of a row, by the names of its attributes, where they differ."""
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not differing:
            return
        noted = self.before.setdefault(row._meta.label_lower, {}).setdefault(str(row.pk), {})
        for name, value in differing.items():
            old = noted[name][0] if name in noted else _plain(getattr(row, name))
            noted[name] = [old, _plain(value)]
            setattr(row, name, value)
        row.save(update_fields=[*differing, "updated_at"])

    def take_contact(self, name: str) -> None:
        """Give the customer who stays the phone number or e-mail address of the other; sealed anew for its row."""
        getattr(self.kept, f"set_{name}")(getattr(self.merged, name))
        self.kept.save(update_fields=[name, f"{name}_key", "updated_at"])
        noted = self.before.setdefault("crm.customer", {}).setdefault(str(self.kept.pk), {})
        noted[name] = ["", bytes(getattr(self.kept, f"{name}_key")).hex()]


CONTACTS = ("phone", "email")


def take_back(record: CustomerMerge) -> None:
    """Move back what a merge moved, and undo its changes where nobody has changed the same again since."""
    for move in reversed(record.moved):
        move_rows(column_of(move["column"]), move["rows"], from_id=move["to"], to_id=move["from"])
    for label, rows in record.before.items():
        model = apps.get_model(label)
        for row in model._base_manager.filter(pk__in=rows).order_by("pk"):
            _restore(row, rows[str(row.pk)])


def _restore(row: Any, columns: dict[str, list[Any]]) -> None:
    restored = []
    for name, (old, new) in columns.items():
        if isinstance(row, Customer) and name in CONTACTS:
            if bytes(getattr(row, f"{name}_key") or b"").hex() == new:
                getattr(row, f"set_{name}")(old)
                restored += [name, f"{name}_key"]
        elif _plain(getattr(row, name)) == new:
            field = row._meta.get_field(name.removesuffix("_id"))
            setattr(row, name, old if field.is_relation else field.to_python(old))
            restored.append(name)
    if restored:
        row.save(update_fields=[*restored, "updated_at"])


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
