"""Finding the one person who is meant."""

import re

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.contact_details import email_key, identity_key, phone_key
from crm.models import Customer

_NUMBER = re.compile(r"(?P<sure>id:)?0*(?P<number>\d{1,18})", re.ASCII)


class Unclear(Exception):
    """Nobody is meant, or one of several; the message says which."""


def find_person(text: str) -> int:
    """Return the number of the customer with this number, e-mail address or phone number; `id:5` is never a phone number.

    Whoever was merged into another is that other.

    Raises:
        Unclear: there is none, or more than one.
    """
    match = _NUMBER.fullmatch(text.strip())
    number = Q(pk=match["number"]) if match else Q()
    condition = number if match and match["sure"] else number | _by_contact(text)
    found = Customer.objects.filter(condition).values_list("pk", flat=True) if condition else []
    people = sorted({kept_of(customer) for customer in found})
    if not people:
        raise Unclear(_("There is no customer %(text)s.") % {"text": text})
    if len(people) > 1:
        ids = ", ".join(f"id:{person}" for person in people)
        raise Unclear(_("%(text)s may be any of these: %(ids)s. Say which.") % {"text": text, "ids": ids})
    return people[0]


def _by_contact(text: str) -> Q:
    found = Q()
    if phone := phone_key(text):
        found |= Q(phone_key=phone) | Q(
            identities__keys__kind="phone", identities__keys__key=identity_key("phone", text)
        )
    if email := email_key(text):
        found |= Q(email_key=email)
    return found


def kept_of(customer_id: int) -> int:
    """Return the customer that one was merged into, and that one in turn; else themselves."""
    while kept := Customer.objects.values_list("merged_into", flat=True).get(pk=customer_id):
        customer_id = kept
    return customer_id


def all_of(kept_id: int) -> list[int]:
    """Return the numbers of all customers who are one person by now, who remains first."""
    found = [kept_id]
    for customer_id in found:  # grows meanwhile
        found += Customer.objects.filter(merged_into=customer_id).order_by("pk").values_list("pk", flat=True)
    return found
