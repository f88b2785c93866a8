"""What colleagues do with customers."""

from django.db import transaction
from django.utils import timezone

from crm.models import Customer, Note, User


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
    return Note.objects.create(customer=customer, author=author, text=text)
