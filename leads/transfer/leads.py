"""Leads in and out, each on a line with its customer."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import runtime_settings
from crm.models import Customer
from crm.transfer.columns import Column, Wish
from crm.transfer.customers import BATCH, CustomerResource, tag_names
from crm.transfer.widgets import Amount, Choice, Known, Moment, Text
from crm.visibility import sight
from leads.activities import Actor, Cause, record
from leads.locks import lock_customers
from leads.models import ActivityKind, Lead, LeadActivity, LostReason, Outcome, Priority, Stage
from leads.services.customers import KINDS
from leads.services.owners import assign_lead
from leads.services.stages import move_lead, set_type_by_sales
from leads.services.values import keep_value, set_follow_up
from leads.stages import Ladder

#: Columns that are the lead's and not its customer's.
OF_THE_LEAD = (
    "stage", "value", "currency", "priority", "next_step", "next_follow_up_at", "lost_reason", "opened_at", "closed_at",
)  # fmt: skip
#: Columns that only go out.
FIGURES = ("score", "first_source")


class LeadResource(CustomerResource):
    """Opens a lead for each customer who has none open, and brings that of the others up to date."""

    kind = "leads"
    noun = gettext_lazy("Leads")
    list_page = "admin:leads_lead_changelist"

    stage = Wish(
        "stage",
        gettext_lazy("Stage"),
        Known(gettext_lazy("there is no stage “%(text)s”")),
        also=("status", "المرحلة", "etapa"),
    )
    value = Wish("value", gettext_lazy("Value"), Amount(), also=("amount", "deal value", "price", "القيمة", "valor"))
    currency = Wish("currency", gettext_lazy("Currency"), Text(3), also=("العملة", "moeda"))
    priority = Wish("priority", gettext_lazy("Priority"), Choice(Priority.choices), also=("الأولوية", "prioridade"))
    next_step = Wish("next_step", gettext_lazy("Next step"), Text(200), also=("next action", "الخطوة التالية"))
    next_follow_up_at = Wish(
        "next_follow_up_at", gettext_lazy("Next follow-up"), Moment(), also=("follow up", "reminder", "due", "المتابعة")
    )
    lost_reason = Wish(
        "lost_reason",
        gettext_lazy("Reason of the loss"),
        Choice(LostReason.choices),
        also=("lost reason", "سبب الخسارة"),
    )
    opened_at = Wish(
        "opened_at", gettext_lazy("Opened"), Moment(), also=("created", "created at", "date", "تاريخ الإنشاء", "data")
    )
    closed_at = Wish("closed_at", gettext_lazy("Closed"), Moment(), also=("closed at", "won at", "تاريخ الإغلاق"))
    score = Column("score", gettext_lazy("Score"), Text(3))
    first_source = Column("first_source", gettext_lazy("First source"), Text(20))

    class Meta(CustomerResource.Meta):
        pass

    def __init__(self, user: Any) -> None:
        super().__init__(user)
        self.open_leads: dict[int, Lead] = {}
        self.hidden_leads: set[int] = set()
        self.first_stage = Ladder.load().first
        self.cause = Cause(Actor.IMPORT, user)

    def columns(self) -> list[Column]:
        return [column for column in super().columns() if column.column_name not in FIGURES]

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        stages = list(Stage.objects.all())
        self.fields["stage"].widget.rows = {stage.name.casefold(): stage for stage in stages} | {
            stage.slug: stage for stage in stages
        }
        super().before_import(dataset, **kwargs)
        customers = {customer.pk for customer in (*self.by_phone.values(), *self.by_email.values())}
        rows = Lead.objects.open().filter(customer__in=customers).select_related("stage", "customer")
        self.open_leads = {lead.customer_id: lead for lead in rows}
        seen = set(
            Lead.objects.filter(sight(self.user, Lead), pk__in=[lead.pk for lead in rows]).values_list("pk", flat=True)
        )
        self.hidden_leads = {lead.customer_id for lead in rows if lead.pk not in seen}

    def lock(self, customer_ids: list[int]) -> None:
        lock_customers(customer_ids)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Customer, bool]:
        """Return the customer of a row, and whether the row opens a lead for them."""
        customer, _new = super().get_or_init_instance(instance_loader, row)
        if customer.pk in self.hidden_leads:
            raise ValidationError(_("Their open lead belongs to a colleague."))
        return customer, customer.pk not in self.open_leads

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        unchanged = super().skip_row(instance, original, row, import_validation_errors)
        if import_validation_errors:
            return False
        stage = instance.wishes.get("stage")
        if stage and stage.kind == Stage.Kind.LOST and "lost_reason" not in instance.wishes:
            raise ValidationError(_("A lost lead needs the reason of the loss."))
        if opened := instance.wishes.get("opened_at"):
            if opened > timezone.now():
                raise ValidationError(_("It cannot have been opened in the future."))
            if opened > (instance.wishes.get("closed_at") or timezone.now()):
                raise ValidationError(_("It cannot have been closed before it was opened."))
        lead = self.open_leads.get(instance.pk)
        if lead is None:
            return False
        for name in OF_THE_LEAD:
            if name in instance.wishes and getattr(lead, name, None) == instance.wishes[name]:
                del instance.wishes[name]
        return unchanged or not (instance.changed or instance.wishes)

    def write(self, customers: list[Any]) -> None:
        super().write(customers)
        self._open([customer for customer in customers if customer.pk not in self.open_leads])
        for customer in customers:
            if lead := self.open_leads.get(customer.pk):
                self._update(lead, customer)

    def _open(self, customers: list[Any]) -> None:
        leads = Lead.objects.bulk_create([self._new(customer) for customer in customers], batch_size=BATCH)
        LeadActivity.objects.bulk_create(
            [
                LeadActivity(
                    customer_id=lead.customer_id, lead=lead, kind=ActivityKind.OPENED, new=lead.stage.slug,
                    by=Actor.IMPORT, actor=self.user, reason=str(_("from a file")),
                )
                for lead in leads
            ],
            batch_size=BATCH,
        )  # fmt: skip
        for customer_id in sorted({lead.customer_id for lead in leads if lead.outcome == Outcome.WON}):
            set_type_by_sales(Customer.objects.get(pk=customer_id), cause=self.cause)

    def _new(self, customer: Any) -> Lead:
        wishes, now = customer.wishes, timezone.now()
        stage = wishes.get("stage", self.first_stage)
        opened = min(wishes.get("opened_at", now), wishes.get("closed_at", now))
        lead = Lead(
            customer=customer, stage=stage, stage_by_person=True, opened_at=opened, stage_changed_at=opened,
            priority=wishes.get("priority", Priority.NORMAL), owner=customer.owner,
            team_id=customer.owner.team_id if customer.owner else None, assigned_at=now if customer.owner else None,
        )  # fmt: skip
        if "value" in wishes:
            lead.value, lead.currency = wishes["value"], self._currency(wishes)
        if stage.is_open:
            lead.next_step, lead.next_follow_up_at = wishes.get("next_step", ""), wishes.get("next_follow_up_at")
        else:
            lead.outcome, lead.closed_at = Outcome(stage.kind), wishes.get("closed_at", now)
            lead.lost_reason = wishes["lost_reason"] if stage.kind == Stage.Kind.LOST else ""
        return lead

    def _currency(self, wishes: dict[str, Any]) -> str:
        return str(wishes.get("currency") or runtime_settings.value_of("leads.currency")).upper()

    def _update(self, lead: Lead, customer: Any) -> None:
        wishes = customer.wishes
        if "value" in wishes:
            keep_value(lead, wishes["value"], currency=self._currency(wishes), cause=self.cause)
        if "priority" in wishes:
            Lead.objects.filter(pk=lead.pk).update(priority=wishes["priority"], updated_at=timezone.now())
        if "next_follow_up_at" in wishes or "next_step" in wishes:
            at = wishes.get("next_follow_up_at", lead.next_follow_up_at)
            set_follow_up(lead_id=lead.pk, at=at, next_step=wishes.get("next_step", lead.next_step), cause=self.cause)
        if "owner" in customer.changed:
            assign_lead(lead_id=lead.pk, owner=customer.owner, cause=self.cause)
        if "stage" in wishes:
            move_lead(lead_id=lead.pk, to=wishes["stage"], cause=self.cause, lost_reason=wishes.get("lost_reason", ""))

    @classmethod
    def rows_to_export(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Add to a list's rows what the columns show."""
        found = rows.filter(merged_into=None).defer(None).prefetch_related(None).select_related(None)
        joined = found.select_related("owner", "stage", "customer")
        annotated: QuerySet[Any] = joined.annotate(tag_names=tag_names("customer_id"))
        return annotated

    @classmethod
    def value_of(cls, row: Lead, column: Column) -> str:
        """Return a cell of a lead or of its customer."""
        if column.column_name in ("owner", "tags"):
            return super().value_of(row, column)
        return str(column.export(row if column.column_name in (*OF_THE_LEAD, *FIGURES) else row.customer))


def note_changes(changes: list[tuple[Customer, str, str]], user: Any) -> None:
    """Record what an import changed of customers, as a step of `settings.CUSTOMER_IMPORT_STEPS`."""
    cause = Cause(Actor.IMPORT, user, str(_("from a file")))
    for customer, aspect, before in changes:
        record(KINDS[aspect], customer=customer, old=before, new=getattr(customer, aspect), cause=cause)
