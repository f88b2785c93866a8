"""Taking over what platforms and forms tell of people, without overruling a colleague."""

from datetime import datetime

from django.db import transaction

from crm.models import Customer, Identity


@transaction.atomic
def learn_name(*, identity: Identity, name: str, username: str = "", at: datetime) -> bool:
    """Take over the name that somebody goes by, as of `at`; say whether their customer is called by it now.

    The newest stands. A name that a colleague gave stays with the customer.
    """
    row = Identity.objects.select_for_update(no_key=True).get(pk=identity.pk)
    if not (name or username) or (row.profile_at and row.profile_at > at):
        return False
    row.name, row.username, row.profile_at = (name or row.name)[:200], (username or row.username)[:200], at
    row.save(update_fields=["name", "username", "profile_at", "updated_at"])
    customer = Customer.objects.select_for_update(no_key=True).get(pk=row.customer_id)
    if not name or customer.name_at is None or customer.name_at > at:
        return False
    customer.name, customer.name_at = name[:200], at
    customer.save(update_fields=["name", "name_at", "updated_at"])
    return True


@transaction.atomic
def learn_contact(*, customer_id: int, phone: str = "", email: str = "") -> list[str]:
    """Keep a phone number and an e-mail address where none is known; return which of them were.

    Who else has them is suggested as a duplicate: see `crm.duplicates`.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    learned = []
    if phone and not customer.phone:
        customer.set_phone(phone)
        learned += ["phone", "phone_key"]
    if email and not customer.email:
        customer.set_email(email)
        learned += ["email", "email_key"]
    if learned:
        customer.save(update_fields=[*learned, "updated_at"])
    return learned


@transaction.atomic
def learn_place(*, customer_id: int, governorate: str, city: str, at: datetime, message_id: int) -> bool:
    """Keep where somebody says that they live, unless a colleague said so; say whether that changed anything."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if "by" in customer.read_from.get("governorate", {}) or not (governorate or city):
        return False
    if governorate:
        customer.read_from["governorate"] = {"at": at.isoformat(), "message": message_id, "rule": None}
        customer.governorate, customer.city = governorate, city
    elif not customer.city:
        customer.city = city
    customer.save(update_fields=["governorate", "city", "read_from", "updated_at"])
    return True
