"""What colleagues type into the form of a customer, or programs set for them."""

from typing import Any

from django.db import transaction

from crm.models import User
from leads.activities import Cause
from leads.services.customers import set_aspect
from leads.services.owners import assign_customer


@transaction.atomic
def change_customer(*, customer_id: int, values: dict[str, Any], by: User, through_api: bool = False) -> None:
    """Set a customer's owner, label, trade, type, persona or governorate by hand: rules leave them alone from then on."""
    values, cause = dict(values), Cause.api(by) if through_api else Cause.person(by)
    if "owner" in values:  # first, since it locks conversations, which come before customers
        assign_customer(customer_id=customer_id, owner=values.pop("owner"), cause=cause)
    for aspect, value in values.items():
        set_aspect(customer_id=customer_id, aspect=aspect, value=value, cause=cause)
