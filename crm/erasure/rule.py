"""What becomes of the rows of one model when a person is erased."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.db.models import CharField, Field, GeneratedField, Model, Q, QuerySet, TextField
from django.utils import timezone

from crm.encrypted_fields import EncryptedField
from crm.erasure.person import Person

#: What tells when a row was made stays; when it was changed, too, so that pages that show it see that it was.
TIMES = frozenset({"created_at", "updated_at"})


@dataclass(frozen=True)
class Rule:
    """Rows of `model` go with the person that the paths in `customers` or `identities` lead to.

    Without `keep` they are deleted. With it they stay for the figures that count them: the columns named there as they are, those
    of `instead` with that value, and all others blank, so that a column that is added later is never kept by mistake. `despite` names
    the triggers that keep what was, and so the person; all others do their work.
    """

    model: type[Model]
    customers: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    keep: Set[str] | None = None
    instead: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    despite: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.model._meta.label

    def rows(self, person: Person) -> QuerySet[Model]:
        """Return the person's rows."""
        condition = Q(pk__in=())
        for paths, numbers in ((self.customers, person.customers), (self.identities, person.identities)):
            for path in paths:
                condition |= Q(**{f"{path}__in": numbers})
        return self.model._base_manager.filter(condition).order_by()

    def apply(self, person: Person) -> int:
        """Delete or empty the person's rows and return how many those were."""
        if self.keep is None:
            return self.rows(person).delete()[0]
        blanks = self.blanks()
        sealed = [name for name, column in blanks.items() if isinstance(column, _Sealed)]
        for row in self.rows(person).order_by("pk") if sealed else ():  # each is sealed for its row
            for name in sealed:
                setattr(row, name, blanks[name].value)
            row.save(update_fields=sealed)
        rest = {name: value for name, value in blanks.items() if name not in sealed}
        return self.rows(person).update(**rest) if rest else self.rows(person).count()

    def blanks(self) -> dict[str, Any]:
        """Return what is written over the columns of rows that stay.

        Raises:
            TypeError: a column has no blank value, so that it has to stand in `keep` or `instead`.
        """
        blanks: dict[str, Any] = {}
        for column in self.model._meta.concrete_fields:
            is_fixed = column.primary_key or isinstance(column, GeneratedField) or column.name in TIMES
            if not is_fixed and column.name not in (self.keep or ()):
                blanks[column.name] = self.instead[column.name] if column.name in self.instead else _blank(column)
        if any(column.name == "updated_at" for column in self.model._meta.concrete_fields):
            blanks["updated_at"] = timezone.now()
        return blanks


@dataclass(frozen=True)
class _Sealed:
    """The blank value of an encrypted column."""

    value: Any


def _blank(column: "Field[Any, Any]") -> Any:
    if column.null:
        return None
    if isinstance(column, EncryptedField):
        return _Sealed(column.get_default())
    if column.has_default():
        return column.get_default()
    if isinstance(column, CharField | TextField):
        return ""
    raise TypeError(f"{column} has no blank value.")
