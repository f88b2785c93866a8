"""Leads: the list, and where the page of one is."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.exports import Exports
from crm.admin.staff_admin import StaffAdmin, StaffList
from crm.markup import column
from crm.people_like import of_people_like
from crm.visibility import staff_for, user_of
from leads.admin import lead_page, lead_side, timeline
from leads.admin.bulk import LEAD_ACTIONS
from leads.admin.lead_actions import LeadActions
from leads.admin.lead_adding import add_page
from leads.admin.lead_filters import FILTERS
from leads.admin.report_filters import REPORT_FILTERS, REPORT_LOOKUPS
from leads.markup import money, planned, source_chip, stage_chip
from leads.models import Lead
from leads.stages import stages_for

JOINED = ("customer", "first_ad", "first_post")
#: All that the columns show, those that are chosen too, but the team's name.
SHOWN = (
    "customer__name", "customer__label", "customer__type", "customer__last_message_at", "stage", "owner", "team", "score",
    "priority", "next_step", "next_follow_up_at", "value", "currency", "stage_changed_at", "opened_at", "closed_at",
    "first_source", "first_ad__title", "first_ad__ad_id", "first_post__title", "first_post__external_id",
)  # fmt: skip


class LeadList(StaffList):
    """Gives each row its stage and owner, which the filters have read already.

    With all of them joined, finding out how to read a page takes PostgreSQL several times as long as reading it.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        user = user_of(request)
        stages = {stage.pk: stage for stage in stages_for(user)}
        staff = {colleague.pk: colleague for colleague in staff_for(user)}
        rows: list[Lead] = list(self.result_list)
        for lead in rows:  # who or what is younger than those lists is read when it is shown
            lead.stage = stages.get(lead.stage_id) or lead.stage
            lead.owner = staff.get(lead.owner_id or 0) or lead.owner
        self.result_list = rows


@admin.register(Lead)
class LeadAdmin(Exports, LeadActions, StaffAdmin):
    transfer = "leads"
    list_display = ("who", "stage_name", "score_figure", "owner_name", "next_action", "worth", "last_contact", "source")
    list_filter = (*FILTERS, *REPORT_FILTERS)
    linked_lookups = ("customer", "first_ad", "first_post", "last_ad", "last_post", *REPORT_LOOKUPS)
    phone = {"who": "title", "last_contact": "end", "next_action": "line", "stage_name": "badge"}  # noqa: RUF012 - as in StaffAdmin
    search_fields = ("customer__name",)
    search_help_text = gettext_lazy("Name, exact phone or e-mail")
    ordering = ("-opened_at", "-pk")
    bulk_actions = LEAD_ACTIONS
    orderings = (
        ("score", gettext_lazy("Highest score first"), ("-score", "-pk")),
        ("follow_up", gettext_lazy("Next follow-up first"), (F("next_follow_up_at").asc(nulls_last=True), "pk")),
        ("worth", gettext_lazy("Highest value first"), (F("value").desc(nulls_last=True), "-pk")),
        ("oldest", gettext_lazy("Oldest first"), ("opened_at", "pk")),
    )
    list_display_more = ("urgency", "in_stage", "opened", "team_name")
    empty_icon = "person_search"
    empty_title = gettext_lazy("No leads yet")
    empty_hint = gettext_lazy("Whoever writes to one of your channels becomes one by themselves.")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/timeline/", wrap(self.timeline_view), name="leads_lead_timeline"),
            path("<int:pk>/side/", wrap(self.side_view), name="leads_lead_side"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LeadList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        found: QuerySet[Lead] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "leads_lead_changelist":
            found = found.filter(merged_into=None).select_related(*JOINED).only(*SHOWN)
            if "team_name" in self.get_list_display(request):
                found = found.select_related(*JOINED, "team").only(*SHOWN, "team__name")
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        words = search_term.strip()
        return (queryset.filter(of_people_like(words)) if words else queryset), False

    def row_class(self, obj: Lead) -> str:
        return "" if obj.is_open else "mc-closed"

    @column(gettext_lazy("Customer"))
    def who(self, lead: Lead) -> str:
        customer = lead.customer
        known = [text for text in (customer.get_label_display(), customer.get_type_display()) if text]
        return markup.person(customer, " · ".join(known))

    @column(gettext_lazy("Stage"))
    def stage_name(self, lead: Lead) -> str:
        return stage_chip(lead.stage)

    @column(gettext_lazy("Score"))
    def score_figure(self, lead: Lead) -> str:
        return markup.left_to_right(lead.score)

    @column(gettext_lazy("Owner"))
    def owner_name(self, lead: Lead) -> str:
        return markup.words(lead.owner) if lead.owner else ""

    @column(gettext_lazy("Next step"))
    def next_action(self, lead: Lead) -> str:
        if lead.next_follow_up_at is None:
            return ""
        when = planned(lead.next_follow_up_at)
        return markup.two_lines(lead.next_step, when) if lead.next_step else when

    @column(gettext_lazy("Value"))
    def worth(self, lead: Lead) -> str:
        return money(lead.value, lead.currency)

    @column(gettext_lazy("Last contact"))
    def last_contact(self, lead: Lead) -> str:
        return markup.ago(lead.customer.last_message_at)

    @column(gettext_lazy("Source"))
    def source(self, lead: Lead) -> str:
        return source_chip(lead)

    @column(gettext_lazy("Priority"))
    def urgency(self, lead: Lead) -> str:
        return lead.get_priority_display()

    @column(gettext_lazy("In this stage"))
    def in_stage(self, lead: Lead) -> str:
        return markup.ago(lead.stage_changed_at)

    @column(gettext_lazy("Opened"))
    def opened(self, lead: Lead) -> str:
        return markup.ago(lead.opened_at)

    @column(gettext_lazy("Team"))
    def team_name(self, lead: Lead) -> str:
        return markup.words(lead.team) if lead.team else ""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return add_page(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page. There is no form over all of it: each part is changed on its own."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        lead = lead_page.one_lead(self.get_queryset(request), object_id)
        return lead_page.page(self, request, lead) if lead else self.does_not_exist(request, object_id)

    def timeline_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return timeline.part(request, self._seen(request, pk))

    def side_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return lead_side.part(request, self._seen(request, pk))

    def _seen(self, request: HttpRequest, pk: int) -> Lead:
        """Return a lead for those who may see leads, and this one."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("customer", "stage"), pk=pk)
