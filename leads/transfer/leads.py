"""Leads in and out, each on a line with its customer."""

from datetime import UTC, datetime
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
from crm.transfer.widgets import Amount, Choice, Currency, Known, Moment, Text
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
    currency = Wish("currency", gettext_lazy("Currency"), Currency(3), also=("العملة", "moeda"))
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
        #: The stage and time in which leads of known customers were closed, and whom rows tell just that of.
        self.closings: set[tuple[int, int, datetime]] = set()
        self.closed_before: set[int] = set()
        self.first_stage = Ladder.load().first
        self.cause = Cause(Actor.IMPORT, user)
        self.shop_currency = str(runtime_settings.value_of("leads.currency"))

    def columns(self) -> list[Column]:
        return [column for column in super().columns() if column.column_name not in FIGURES]

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        stages = list(Stage.objects.all())
        self.fields["stage"].widget.rows = {stage.name.casefold(): stage for stage in stages} | {
            stage.slug: stage for stage in stages
        }
        super().before_import(dataset, **kwargs)
        customers = {customer.pk for customer in (*self.by_phone.values(), *self.by_email.values())}
        leads = Lead.objects.not_merged().filter(customer__in=customers)
        rows = leads.open().select_related("stage", "customer")
        self.open_leads = {lead.customer_id: lead for lead in rows}
        seen = set(leads.open().filter(sight(self.user, Lead)).values_list("pk", flat=True))
        self.hidden_leads = {lead.customer_id for lead in rows if lead.pk not in seen}
        closed = leads.filter(closed_at__isnull=False).values_list("customer_id", "stage_id", "closed_at")
        self.closings = {(customer, stage, to_the_minute(at)) for customer, stage, at in closed if at}

    def lock(self, customer_ids: set[int]) -> None:
        lock_customers(customer_ids)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Customer, bool]:
        """Return the customer of a row, and whether the row opens a lead for them."""
        customer, _new = super().get_or_init_instance(instance_loader, row)
        if customer.pk in self.hidden_leads:
            raise ValidationError(_("Their open lead belongs to a colleague."))
        return customer, customer.pk not in self.open_leads

    def check(self, customer: Any) -> None:
        super().check(customer)
        wishes, now = customer.wishes, timezone.now()
        stage, opened, closed = (wishes.get(name) for name in ("stage", "opened_at", "closed_at"))
        if stage and stage.kind == Stage.Kind.LOST and "lost_reason" not in wishes:
            raise ValidationError(_("A lost lead needs the reason of the loss."))
        if opened and opened > now:
            raise ValidationError(_("It cannot have been opened in the future."))
        if closed and closed > now:
            raise ValidationError(_("It cannot have been closed in the future."))
        if opened and closed and opened > closed:
            raise ValidationError(_("It cannot have been closed before it was opened."))
        if stage and closed and (customer.pk, stage.pk, to_the_minute(closed)) in self.closings:
            self.closed_before.add(customer.pk)
            customer.wishes = {name: wish for name, wish in wishes.items() if name not in OF_THE_LEAD}
        elif lead := self.open_leads.get(customer.pk):
            self._leave_out_what_is_so(lead, wishes)

    def _leave_out_what_is_so(self, lead: Lead, wishes: dict[str, Any]) -> None:
        """Keep of what a row says of an open lead what changes it."""
        value, currency = wishes.get("value", lead.value), wishes.get("currency", lead.currency)
        if value is not None and (value, currency) != (lead.value, lead.currency):
            wishes |= {"value": value, "currency": currency}
        else:
            wishes.pop("value", None)
        for name in ("stage", "priority", "next_step", "next_follow_up_at"):
            if name in wishes and getattr(lead, name) == wishes[name]:
                del wishes[name]
        if "stage" not in wishes:
            wishes.pop("lost_reason", None)
        if "value" not in wishes:
            wishes.pop("currency", None)
        wishes.pop("opened_at", None)
        wishes.pop("closed_at", None)

    def is_unchanged(self, customer: Any) -> bool:
        return not self._opens_lead(customer.pk) and super().is_unchanged(customer)

    def _opens_lead(self, customer_id: int | None) -> bool:
        return customer_id not in self.open_leads and customer_id not in self.closed_before

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        if row_result.import_type == row_result.IMPORT_TYPE_NEW and not self._opens_lead(row_result.object_id):
            row_result.import_type = row_result.IMPORT_TYPE_UPDATE

    def write(self, customers: list[Any]) -> None:
        super().write(customers)
        self._open([customer for customer in customers if self._opens_lead(customer.pk)])
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
            lead.value, lead.currency = wishes["value"], wishes.get("currency") or self.shop_currency
        if stage.is_open:
            lead.next_step, lead.next_follow_up_at = wishes.get("next_step", ""), wishes.get("next_follow_up_at")
        else:
            lead.outcome, lead.closed_at = Outcome(stage.kind), wishes.get("closed_at", now)
            lead.lost_reason = wishes["lost_reason"] if stage.kind == Stage.Kind.LOST else ""
        return lead

    def _update(self, lead: Lead, customer: Any) -> None:
        wishes = customer.wishes
        if "value" in wishes:
            keep_value(lead, wishes["value"], currency=wishes.get("currency", ""), cause=self.cause)
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


def to_the_minute(at: datetime) -> datetime:
    """Return a time as a file tells it."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def note_changes(changes: list[tuple[Customer, str, str]], user: Any) -> None:
    """Record what an import changed of customers, as a step of `settings.CUSTOMER_IMPORT_STEPS`."""
    cause = Cause(Actor.IMPORT, user, str(_("from a file")))
    for customer, aspect, before in changes:
        record(KINDS[aspect], customer=customer, old=before, new=getattr(customer, aspect), cause=cause)
