"""Pictures of customers: our own small copies, since a link to a platform would tell it who looks at whom."""

import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from crm.models import Customer

#: The kinds that every browser shows and that hold no script, by the ending of our copy's name.
KINDS = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}


@transaction.atomic
def keep_picture(*, customer_id: int, content: bytes, mime_type: str) -> str:
    """Keep a picture of a customer in place of the one before, and return its name in our storage.

    Raises:
        ValueError: it is of no kind that we show.
    """
    ending = next((ending for ending, kind in KINDS.items() if kind == mime_type), "")
    if not ending:
        raise ValueError("not a picture that we show")
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    before = customer.picture
    place = f"pictures/{timezone.now():%Y/%m}/{secrets.token_urlsafe(24)}.{ending}"
    customer.picture = default_storage.save(place, ContentFile(content))
    customer.save(update_fields=["picture", "updated_at"])
    if before:
        transaction.on_commit(lambda: _remove_if_unused(before))
    return customer.picture


def mime_type_of(name: str) -> str:
    """Return what a picture in our storage is; empty for anything else."""
    return KINDS.get(name.rpartition(".")[2], "")


def picture_url(customer: Customer) -> str:
    """Return where a customer's picture is shown; empty: nowhere. It changes with the picture, so that browsers may keep it."""
    name: str = vars(customer).get("picture") or ""  # without asking the database for it
    if not name:
        return ""
    version = name.rpartition("/")[2][:8]
    return f"{reverse('admin:customer_picture', args=[customer.pk])}?{version}"


def _remove_if_unused(name: str) -> None:
    """Remove a file, unless a customer who was merged shows it still."""
    if not Customer.objects.filter(picture=name).exists():
        default_storage.delete(name)
