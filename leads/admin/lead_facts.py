"""What is known of a lead's customer, each field of it changed on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from crm.models import Customer
from leads.services.customers import KINDS


@dataclass(frozen=True)
class AspectField:
    """One field of a customer that rules read and people set. `source_url` leads to the message that a rule read it from."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, Any]]
    by_rule: bool
    source_url: str
    may_be_empty: bool

    @property
    def is_guess(self) -> bool:
        """Tell whether a person should look at it: a place that was read from text may be another one."""
        return self.by_rule and self.name == "governorate" and bool(self.value)

    @property
    def shown(self) -> str:
        return str(dict(self.choices).get(self.value, self.value))


def aspects_of(customer: Customer) -> list[AspectField]:
    return [_aspect(customer, name) for name in KINDS]


def _aspect(customer: Customer, name: str) -> AspectField:
    field: Any = Customer._meta.get_field(name)
    read = customer.read_from.get(name) or {}
    message = read.get("message")
    by_rule = bool(read) and "by" not in read
    return AspectField(
        name,
        str(field.verbose_name),
        getattr(customer, name),
        field.choices,
        by_rule,
        reverse("admin:messaging_message_change", args=[message]) if by_rule and message else "",
        field.blank,
    )
