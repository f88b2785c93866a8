"""Moving leads between stages."""

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import runtime_settings
from crm.models import Customer
from leads.activities import Actor, Cause, record
from leads.locks import lock_customers
from leads.models import ActivityKind, Lead, LeadActivity, LostReason, Outcome, Qualification, Stage
from leads.services.customers import set_aspect
from leads.services.values import keep_value


class MoveRefused(Exception):
    """A lead cannot go to that stage now; the message says why, in words for a colleague."""


class MovedMeanwhile(MoveRefused):
    """Somebody else moved the lead after the page was opened."""


def move_lead(
    *,
    lead_id: int,
    to: Stage,
    cause: Cause,
    expected: Stage | None = None,
    lost_reason: str = "",
    lost_note: str = "",
    value: Decimal | None = None,
) -> Lead:
    """Move a lead to a stage, closing it in a won or lost one and opening it again when it comes back.

    `expected` is the stage that the colleague saw it in. A `value` is kept along with the move.

    Raises:
        MovedMeanwhile: it is in another stage by now.
        MoveRefused: a lost stage without a reason; another lead of the customer is open; it was merged into another.
    """
    try:
        with transaction.atomic():
            lead = lock_lead(lead_id)
            _check(lead, to, expected, lost_reason)
            if value is not None:
                keep_value(lead, value, cause=cause)
            if lead.stage_id != to.pk:
                _put_into(lead, to, cause, lost_reason, lost_note)
    except IntegrityError as error:
        if "lead_one_open" in str(error):
            raise MoveRefused(_("This customer has another open lead. Close that one first.")) from None
        raise
    return lead


def lock_lead(lead_id: int) -> Lead:
    """Lock a lead and its customer's other leads; raises `Lead.DoesNotExist`."""
    lock_customers(Lead.objects.filter(pk=lead_id).values_list("customer_id", flat=True))
    return Lead.objects.select_for_update(no_key=True, of=("self",)).select_related("stage", "customer").get(pk=lead_id)


def _check(lead: Lead, to: Stage, expected: Stage | None, lost_reason: str) -> None:
    if lead.merged_into_id:
        raise MoveRefused(_("This lead was merged into another; go on there."))
    if lead.customer.erased_at:
        raise MoveRefused(_("This customer was erased."))
    if expected is not None and lead.stage_id != expected.pk:
        raise MovedMeanwhile(_moved_by(lead))
    if to.kind == Stage.Kind.LOST and lead.stage_id != to.pk and lost_reason not in LostReason.values:
        raise MoveRefused(_("Say why the lead is lost."))


def _moved_by(lead: Lead) -> str:
    last = (
        LeadActivity.objects.filter(lead=lead, kind=ActivityKind.STAGE_CHANGE)
        .select_related("actor")
        .order_by("-at", "-id")
        .first()
    )
    if last is not None and last.actor:
        return _("%(name)s moved it to %(stage)s a moment ago.") % {"name": last.actor, "stage": lead.stage}
    return _("It was moved to %(stage)s meanwhile.") % {"stage": lead.stage}


def _put_into(lead: Lead, to: Stage, cause: Cause, lost_reason: str, lost_note: str) -> None:
    before, now = lead.stage, timezone.now()
    lead.stage, lead.stage_changed_at, lead.stage_by_person = to, now, cause.by != Actor.RULE
    lost = to.kind == Stage.Kind.LOST
    lead.lost_reason, lead.lost_note = (lost_reason, lost_note[:500]) if lost else ("", "")
    lead.outcome = "" if to.is_open else Outcome(to.kind)
    lead.closed_at = None if to.is_open else (lead.closed_at or now)
    if not to.is_open:
        lead.next_follow_up_at = None
    lead.save()
    why = LostReason(lost_reason).name.lower() if lost else ""
    record(
        ActivityKind.STAGE_CHANGE,
        lead=lead,
        old=before.slug,
        new=to.slug,
        cause=cause.because(cause.reason or why),
        at=now,
    )
    won = Qualification.objects.filter(lead=lead)
    won.update(converted_at=now if to.kind == Stage.Kind.WON else None, updated_at=now)
    if Stage.Kind.WON in (to.kind, before.kind):
        set_type_by_sales(lead.customer, cause=cause)


def set_type_by_sales(customer: Customer, *, cause: Cause) -> None:
    """Make a customer new, returning or VIP by the number and worth of their won leads."""
    won = Lead.objects.filter(customer=customer, outcome=Outcome.WON)
    count = won.count()
    worth = sum((value for value in won.values_list("value", flat=True) if value), Decimal(0))
    vip = count >= runtime_settings.value_of("leads.vip_from_sales") or worth >= runtime_settings.value_of(
        "leads.vip_from_value"
    )
    kind = Customer.Type.NEW if not count else Customer.Type.VIP if vip else Customer.Type.RETURNING
    set_aspect(
        customer_id=customer.pk, aspect="type", value=kind, cause=Cause.rule(_("%(count)d sales") % {"count": count})
    )
