"""What a dossier is made of: rows that belong to a person, and how each is told."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import BinaryField, FileField, ForeignKey, GeneratedField, Model, Q, QuerySet
from django.utils.module_loading import import_string

from crm.encrypted_fields import EncryptedField

AT_ONCE = 500
#: What serves to find, seal or follow up rows, and tells nothing of anybody.
INTERNAL = {"uid", "delivery_id", "pgh_context"}

#: Names in the archive by names in the storage of files.
Files = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of a model that belong to a person, as a list called `name` in `file`.

    `person` is the way from the model to the number of a customer; `rows` takes its place where there is none. Keys to other rows
    are numbers; those in `named` come with what the row is called. Of `left_out` nothing is told. `files` names those of a row.
    """

    file: str
    name: str
    title: Any
    model: type[Model]
    person: str = ""
    rows: Callable[[Collection[int]], QuerySet[Any]] | None = None
    named: Collection[str] = ()
    left_out: Collection[str] = ()
    files: Callable[[Any], Files] | None = None
    narrowed: Q = field(default_factory=Q)

    def of(self, customer_ids: Collection[int]) -> QuerySet[Any]:
        """Return the rows of a person, who may have been several customers once."""
        if self.rows is not None:
            return self.rows(customer_ids)
        found: QuerySet[Any] = self.model._default_manager.filter(self.narrowed, **{f"{self.person}__in": customer_ids})
        return found

    def described(self, customer_ids: Collection[int]) -> Iterator[tuple[dict[str, Any], Files]]:
        """Yield each row with all that it says, and its files."""
        many = [found.name for found in self.model._meta.many_to_many if found.name not in self.left_out]
        rows = self.of(customer_ids).order_by("pk").select_related(*self.named).prefetch_related(*many)
        told = [found for found in self.model._meta.concrete_fields if self._is_told(found)]
        for row in rows.iterator(chunk_size=AT_ONCE):
            files = self.files(row) if self.files else {}
            values = {found.name: self._value(row, found) for found in told}
            values |= {name: [str(item) for item in getattr(row, name).all()] for name in many}
            yield (values | {"files": list(files)} if self.files else values), files

    def _is_told(self, found: Any) -> bool:
        is_index = isinstance(found, BinaryField) and not isinstance(found, EncryptedField)
        is_derived = isinstance(found, GeneratedField | FileField) or is_index
        return not is_derived and found.name not in INTERNAL and found.name not in self.left_out

    def _value(self, row: Any, found: Any) -> Any:
        value = getattr(row, found.attname)
        if value is not None and isinstance(found, ForeignKey) and found.name in self.named:
            return {"id": value, "name": str(getattr(row, found.name))}
        if isinstance(value, int) and found.choices:
            return str(dict(found.flatchoices).get(value, value))
        return value


@dataclass(frozen=True)
class Share:
    """What one app adds. `left_out` says of models, by label, why their rows are no part of it."""

    parts: tuple[Part, ...]
    left_out: Mapping[str, Any]


def shares() -> list[Share]:
    return [import_string(path) for path in settings.CUSTOMER_DOSSIER]
