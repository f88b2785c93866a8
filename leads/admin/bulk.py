"""What can be done with many leads at once, and with many customers where that writes down activities."""

from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.admin.bulk import BulkAction, Refused
from crm.admin.colleague_field import ColleagueField
from crm.admin.tagging import Tagging
from crm.markup import grouped
from crm.models import Customer, User
from leads.activities import Cause
from leads.models import Lead, LostReason, Stage
from leads.services.customers import set_aspect
from leads.services.owners import assign_customer, assign_lead
from leads.services.stages import MoveRefused, move_lead

CHANGE_LEADS = ("leads.change_lead",)
CHANGE_CUSTOMERS = ("crm.change_customer",)
NO_LABEL = "none"


class StageForm(forms.Form):
    """A lost stage asks for the reason, the same for all rows."""

    stage = forms.ModelChoiceField(
        label=_("Stage"), queryset=Stage.objects.order_by("order", "id"), empty_label=_("Choose…")
    )
    lost_reason = forms.ChoiceField(
        label=_("Reason of the loss"),
        choices=[("", "–"), *LostReason.choices],
        required=False,
        help_text=_("Only for a lost stage, where it is needed."),
    )
    lost_note = forms.CharField(label=_("More on the loss"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        stage = given.get("stage")
        if stage is not None and stage.kind == Stage.Kind.LOST and not given.get("lost_reason"):
            self.add_error("lost_reason", gettext("Say why the leads are lost."))
        return given


class OwnerForm(forms.Form):
    owner = ColleagueField(label=_("Owner"))


class LabelForm(forms.Form):
    label = forms.ChoiceField(
        label=_("Label"), choices=[("", _("Choose…")), (NO_LABEL, _("No label")), *Customer.Label.choices]
    )


def customer_of_lead(lead_id: int) -> int:
    """Raises `Lead.DoesNotExist`."""
    return Lead.objects.values_list("customer_id", flat=True).get(pk=lead_id)


class MovingLeads(BulkAction):
    name = "stage"
    title = _("Move to a stage")
    permissions = CHANGE_LEADS
    form = StageForm

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        before = Lead.objects.values_list("stage_id", flat=True).get(pk=row_id)
        try:
            lead = move_lead(
                lead_id=row_id,
                to=given["stage"],
                cause=Cause.person(user),
                lost_reason=given["lost_reason"],
                lost_note=given["lost_note"],
            )
        except MoveRefused as refused:
            raise Refused(str(refused)) from None
        return lead.stage_id != before

    def said(self, count: int, given: dict[str, Any]) -> str:
        text = ngettext("%(count)s moved to %(stage)s", "%(count)s moved to %(stage)s", count)
        return text % {"count": grouped(count), "stage": given["stage"]}


class _Giving(BulkAction):
    name = "owner"
    title = _("Give to")
    form = OwnerForm

    def said(self, count: int, given: dict[str, Any]) -> str:
        if given["owner"] is None:
            return ngettext("%(count)s taken back", "%(count)s taken back", count) % {"count": grouped(count)}
        text = ngettext("%(count)s given to %(owner)s", "%(count)s given to %(owner)s", count)
        return text % {"count": grouped(count), "owner": given["owner"]}


class GivingLeads(_Giving):
    permissions = CHANGE_LEADS

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        before = Lead.objects.values_list("owner_id", flat=True).get(pk=row_id)
        return assign_lead(lead_id=row_id, owner=given["owner"], cause=Cause.person(user)).owner_id != before


class GivingCustomers(_Giving):
    permissions = CHANGE_CUSTOMERS

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        return assign_customer(customer_id=row_id, owner=given["owner"], cause=Cause.person(user))


class Labelling(BulkAction):
    """Labels customers."""

    name = "label"
    title = _("Label")
    permissions = CHANGE_CUSTOMERS
    form = LabelForm

    def customer_of(self, row_id: int) -> int:
        return row_id

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        label = "" if given["label"] == NO_LABEL else given["label"]
        customer_id = self.customer_of(row_id)
        return set_aspect(customer_id=customer_id, aspect="label", value=label, cause=Cause.person(user))

    def said(self, count: int, given: dict[str, Any]) -> str:
        return ngettext("%(count)s labelled", "%(count)s labelled", count) % {"count": grouped(count)}


class LabellingByLead(Labelling):
    """Labels the customers of leads."""

    def customer_of(self, row_id: int) -> int:
        return customer_of_lead(row_id)


class TaggingByLead(Tagging):
    """Tags the customers of leads."""

    def customer_of(self, row_id: int) -> int:
        return customer_of_lead(row_id)


LEAD_ACTIONS = (MovingLeads(), GivingLeads(), LabellingByLead(), TaggingByLead())

# Named in the settings, for the list of customers.
GIVING_CUSTOMERS = GivingCustomers()
LABELLING = Labelling()
