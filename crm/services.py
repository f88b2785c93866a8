"""What colleagues do with customers."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.folding import fold
from crm.mentions import tell_mentioned
from crm.models import Customer, Note, Tag, User

MOST_OF_TAG = Tag._meta.get_field("name").max_length or 0
#: What rules of apps above read as well, so that they have to know who set it.
RULED = frozenset({"label", "trade", "type", "persona", "governorate", "owner"})


@transaction.atomic
def set_blocked(*, customer: Customer, blocked: bool) -> None:
    """Stop writing to a customer, or take that back."""
    Customer.objects.filter(pk=customer.pk, erased_at=None).update(blocked=blocked, updated_at=timezone.now())


@transaction.atomic
def add_note(*, customer: Customer, author: User, text: str) -> Note:
    """Keep what a colleague knows about a customer, and tell those whom it names.

    The note's `untold` are those of them who may not see the customer. Raises `ValueError` for an empty note.
    """
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValueError("An empty note.")
    note = Note.objects.create(customer=_locked(customer.pk), author=author, text=text)
    note.untold = tell_mentioned(note)
    return note


@transaction.atomic
def tag_customer(*, customer_id: int, tag: Tag, off: bool = False) -> bool:
    """Put a tag on a customer or take it off, and say whether that changed anything.

    Raises:
        Customer.DoesNotExist: there is no such customer.
    """
    customer = _locked(customer_id)
    if customer.tags.filter(pk=tag.pk).exists() != off:
        return False
    if off:
        customer.tags.remove(tag)
    else:
        customer.tags.add(tag)
    return True


def tag_named(name: str) -> Tag:
    """Return the tag of a name, however it is typed, and make it where there is none.

    Raises:
        ValueError: there is no name, or it is too long.
    """
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > MOST_OF_TAG:
        raise ValueError("No name, or too long a one.")
    wanted = fold(name)
    alike = [tag for tag in Tag.objects.order_by("pk") if fold(tag.name) == wanted]
    return alike[0] if alike else Tag.objects.get_or_create(name=name)[0]


def _locked(customer_id: int) -> Customer:
    """Lock a customer, or whom they were merged into since the page was opened that something is added from.

    The database itself looks at the customer of a new row only at the end of a transaction, too late for a merge to wait.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    return _locked(customer.merged_into_id) if customer.merged_into_id else customer


def change_ruled(customer: Customer, names: Iterable[str], *, by: User, through_api: bool = False) -> None:
    """Set what a colleague chose of `RULED`, as `customer` has it, through the service that `settings.CUSTOMER_CHANGES` names."""
    values = {name: getattr(customer, name) for name in sorted(RULED.intersection(names))}
    if values:
        import_string(settings.CUSTOMER_CHANGES)(customer_id=customer.pk, values=values, by=by, through_api=through_api)


@transaction.atomic
def change_customer(*, customer: Customer, values: dict[str, Any], by: User, through_api: bool = False) -> Customer:
    """Set what a colleague or a program knows of a customer, by the names of its columns; a name given so stays."""
    for name, value in values.items():
        setattr(customer, name, value)
    change_ruled(customer, values, by=by, through_api=through_api)
    also = {"phone": ("phone", "phone_key"), "email": ("email", "email_key"), "name": ("name", "name_at")}
    if "phone" in values:
        customer.set_phone(values["phone"])
    if "email" in values:
        customer.set_email(values["email"])
    if "name" in values:
        customer.name_at = None
    if fields := sorted({column for name in values if name not in RULED for column in also.get(name, (name,))}):
        customer.save(update_fields=[*fields, "updated_at"])
    return Customer.objects.select_related("owner").get(pk=customer.pk)
