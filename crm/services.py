"""What colleagues do with customers."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.models import Customer, Note, Tag, User

#: What rules of apps above read as well, so that they have to know who set it.
RULED = frozenset({"label", "trade", "type", "persona", "governorate", "owner"})


@transaction.atomic
def set_blocked(*, customer: Customer, blocked: bool) -> None:
    """Stop writing to a customer, or take that back."""
    Customer.objects.filter(pk=customer.pk).update(blocked=blocked, updated_at=timezone.now())


@transaction.atomic
def add_note(*, customer: Customer, author: User, text: str) -> Note:
    """Keep what a colleague knows about a customer. Raises `ValueError` for an empty note."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValueError("An empty note.")
    return Note.objects.create(customer=_locked(customer.pk), author=author, text=text)


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


def _locked(customer_id: int) -> Customer:
    """Lock a customer, or whom they were merged into since the page was opened that something is added from.

    The database itself looks at the customer of a new row only at the end of a transaction, too late for a merge to wait.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    return _locked(customer.merged_into_id) if customer.merged_into_id else customer


def change_ruled(customer: Customer, names: Iterable[str], *, by: User) -> None:
    """Set what a colleague chose of `RULED`, as `customer` has it, through the service that `settings.CUSTOMER_CHANGES` names."""
    values = {name: getattr(customer, name) for name in sorted(RULED.intersection(names))}
    if values:
        import_string(settings.CUSTOMER_CHANGES)(customer_id=customer.pk, values=values, by=by)
