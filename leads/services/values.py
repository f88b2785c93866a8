"""What a lead is worth, and what is to be done about it next."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from crm import runtime_settings
from leads.activities import Cause, record
from leads.models import ActivityKind, Lead, Priority
from leads.services.meanwhile import check_seen, plan_as_seen, value_as_seen


@transaction.atomic
def set_value(
    *, lead_id: int, value: Decimal | None, currency: str = "", cause: Cause, seen: str | None = None
) -> Lead:
    """Say what a lead is or would be worth; no currency: the shop's own. `seen` is what the colleague saw.

    Raises:
        ChangedMeanwhile: it is worth something else by now.
    """
    lead = _locked(lead_id)
    check_seen(lead, ActivityKind.VALUE_CHANGE, seen=seen, now=value_as_seen(lead), cause=cause)
    keep_value(lead, value, currency=currency, cause=cause)
    return lead


def keep_value(lead: Lead, value: Decimal | None, *, currency: str = "", cause: Cause) -> None:
    """The same for a lead that the caller has locked."""
    currency = currency or lead.currency or runtime_settings.value_of("leads.currency")
    if (lead.value, lead.currency) == (value, currency):
        return
    before = lead.value
    lead.value, lead.currency = value, currency if value is not None else ""
    lead.save(update_fields=["value", "currency", "updated_at"])
    record(ActivityKind.VALUE_CHANGE, lead=lead, old=before, new=value, cause=cause)


@transaction.atomic
def set_follow_up(
    *, lead_id: int, at: datetime | None, next_step: str = "", cause: Cause, seen: str | None = None
) -> Lead:
    """Plan the next step with a lead, or take the plan back with no time. `seen` is the plan that the colleague saw.

    Raises:
        ChangedMeanwhile: there is another one by now.
    """
    lead = _locked(lead_id)
    check_seen(lead, ActivityKind.FOLLOW_UP, seen=seen, now=plan_as_seen(lead), cause=cause)
    planned, before = plan_as_seen(lead), lead.next_follow_up_at
    lead.next_follow_up_at, lead.next_step, lead.reminded_at = at, next_step[:200], None
    lead.save(update_fields=["next_follow_up_at", "next_step", "reminded_at", "updated_at"])
    if plan_as_seen(lead) != planned:
        old, new = (when.isoformat(timespec="minutes") if when else "" for when in (before, at))
        record(ActivityKind.FOLLOW_UP, lead=lead, old=old, new=new, cause=cause)
    return lead


@transaction.atomic
def set_priority(*, lead_id: int, priority: Priority) -> Lead:
    """Say how urgent a lead is."""
    Lead.objects.filter(pk=lead_id).update(priority=priority, updated_at=timezone.now())
    return Lead.objects.get(pk=lead_id)


def _locked(lead_id: int) -> Lead:
    return Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
