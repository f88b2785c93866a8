"""The leads that proved worth a seller's time: what every report counts as qualified."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.linked_filters import DaysFilter
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.markup import column
from leads.admin.lead_filters import OwnerFilter
from leads.markup import money, priority_chip, stage_chip
from leads.models import Outcome, Priority, Qualification


class HandedToFilter(OwnerFilter):
    title = gettext_lazy("handed to")


class QualifiedFilter(DaysFilter):
    title = gettext_lazy("qualified")
    lookup = "qualified_at"


@admin.register(Qualification)
class QualificationAdmin(ReadOnly, StaffAdmin):
    """A list only: a row leads to the page of its lead."""

    list_display = ("who", "stage_name", "score_then", "owner_name", "qualified", "contacted", "converted", "worth")
    list_select_related = ("lead__customer", "lead__stage", "owner")
    list_filter = (
        HandedToFilter,
        choice_filter("outcome", gettext_lazy("outcome"), Outcome.choices, "lead__outcome"),
        choice_filter("priority", gettext_lazy("priority"), Priority.choices),
        QualifiedFilter,
    )
    linked_lookups = ("qualified_at__gte", "qualified_at__lt", "lead__first_ad", "lead__first_post")
    phone = {"who": "title", "qualified": "end", "owner_name": "line", "stage_name": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-qualified_at", "-pk")
    empty_icon = "verified"
    empty_title = gettext_lazy("Nobody qualified yet")
    empty_hint = gettext_lazy("A lead is qualified once its score reaches the figure in the settings.")

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        return found.defer("lead__customer__phone", "lead__customer__email", "lead__profile", "profile", "summary")

    def row_url(self, obj: Any) -> str:
        return reverse("admin:leads_lead_change", args=[obj.lead_id])

    @column(gettext_lazy("Customer"))
    def who(self, row: Qualification) -> str:
        return markup.person(row.lead.customer)

    @column(gettext_lazy("Stage"))
    def stage_name(self, row: Qualification) -> str:
        return stage_chip(row.lead.stage)

    @column(gettext_lazy("Score then"))
    def score_then(self, row: Qualification) -> str:
        return format_html("{} {}", markup.left_to_right(row.score), priority_chip(row))

    @column(gettext_lazy("Handed to"))
    def owner_name(self, row: Qualification) -> str:
        return markup.words(row.owner) if row.owner else ""

    @column(gettext_lazy("Qualified"))
    def qualified(self, row: Qualification) -> str:
        return markup.ago(row.qualified_at)

    @column(gettext_lazy("Contacted"))
    def contacted(self, row: Qualification) -> str:
        return markup.ago(row.contacted_at)

    @column(gettext_lazy("Converted"))
    def converted(self, row: Qualification) -> str:
        return markup.ago(row.converted_at)

    @column(gettext_lazy("Value"))
    def worth(self, row: Qualification) -> str:
        return money(row.lead.value, row.lead.currency)
