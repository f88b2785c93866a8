"""Whom an erasure is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.contact_details import email_key, phone_key
from crm.erasure.refusals import ErasureRefused
from crm.models import Customer, Identity

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Person:
    """The customers that are one person, and the identities of theirs; by their numbers, in order."""

    customers: tuple[int, ...]
    identities: tuple[int, ...]

    @classmethod
    def of(cls, customers: Iterable[int], identities: Iterable[int] = ()) -> Self:
        """Return the person of these customers with all their identities, and with others beside."""
        numbers = sorted(customers)
        theirs = set(Identity.objects.filter(customer__in=numbers).values_list("pk", flat=True))
        return cls(tuple(numbers), tuple(sorted(theirs.union(identities))))


def family_of(customer_id: int) -> Person:
    """Return the person that a customer is: with whom they were merged into, and all who were merged into that one.

    Raises:
        ErasureRefused: there is no such customer.
    """
    found = Customer.objects.only("pk", "merged_into").filter(pk=customer_id).first()
    if found is None:
        raise ErasureRefused(_("There is no customer %(number)d.") % {"number": customer_id})
    while found.merged_into_id:
        found = Customer.objects.only("pk", "merged_into").get(pk=found.merged_into_id)
    family, newest = {found.pk}, {found.pk}
    while newest:
        newest = set(Customer.objects.filter(merged_into__in=newest).values_list("pk", flat=True)) - family
        family |= newest
    return Person.of(family)


def named(text: str) -> Person:
    """Return the one person whose number here, phone number or e-mail address this is.

    Raises:
        ErasureRefused: nobody is, or several are.
    """
    condition = Q(pk__in=())
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID:
        condition |= Q(pk=int(text))
    for column, key in (("phone_key", phone_key(text)), ("email_key", email_key(text))):
        if key:
            condition |= Q(**{column: key})
    people = {family_of(number) for number in Customer.objects.filter(condition).values_list("pk", flat=True)}
    if not people:
        raise ErasureRefused(_("No customer has this number, phone number or e-mail address."))
    if len(people) > 1:
        numbers = ", ".join(str(person.customers[0]) for person in sorted(people, key=lambda one: one.customers))
        raise ErasureRefused(_("Several are found by this: %(numbers)s. Name one of them.") % {"numbers": numbers})
    return people.pop()
