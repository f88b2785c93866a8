"""What the list of leads can be narrowed down to."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.admin.filters import Choices, SelectFilter, StaffFilter, TagFilter, choice_filter
from crm.models import Customer
from leads.models import Outcome, Priority
from leads.stages import stages_for
from messaging.models import Message


class OwnedTabs(SelectFilter):
    """Mine, nobody's, everyone's. Mine unless asked otherwise, but a search and other pages' links look at all."""

    title = _("owned")
    parameter_name = "owned"
    is_tabs = True

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        linked = {entry.parameter_name for entry in model_admin.list_filter if entry not in FILTERS}
        asked = {"q", *model_admin.linked_lookups, *linked, OwnerFilter.parameter_name}
        self.otherwise = "all" if any(request.GET.get(name) for name in asked) else "me"
        super().__init__(request, params, model, model_admin)

    def choices_for(self, request: HttpRequest) -> Choices:
        return [("me", _("Mine")), ("nobody", _("Unassigned")), ("all", _("All"))]

    def value(self) -> str | None:
        return super().value() or self.otherwise

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(owner=request.user.pk)
        return queryset.filter(owner=None) if self.value() == "nobody" else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Offer the three alone: there is no choice beyond "all"."""
        yield from list(super().choices(changelist))[1:]


class StageFilter(SelectFilter):
    title = _("stage")
    parameter_name = "stage"
    lookup = "stage"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [(str(stage.pk), stage.name) for stage in stages_for(request.user)]


class StateFilter(SelectFilter):
    """Open ones unless asked otherwise; a stage that was chosen says so itself."""

    title = _("state")
    parameter_name = "state"
    everything = _("Open")

    def choices_for(self, request: HttpRequest) -> Choices:
        self.otherwise = "open"
        if request.GET.get(StageFilter.parameter_name):
            self.otherwise, self.everything = "any", _("Any")
        return [(Outcome.WON, _("Won")), (Outcome.LOST, _("Lost")), ("any", _("Open or closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value() or self.otherwise
        if state == "any":
            return queryset
        return queryset.open() if state == "open" else queryset.filter(outcome=state)  # type: ignore[attr-defined]  # ours


class NextStepFilter(SelectFilter):
    title = _("next step")
    parameter_name = "next"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [("overdue", _("Overdue")), ("planned", _("Planned")), ("none", _("None planned"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "overdue":
            return queryset.filter(next_follow_up_at__lt=timezone.now())
        return queryset if value is None else queryset.filter(next_follow_up_at__isnull=value == "none")


class OwnerFilter(StaffFilter):
    title = _("owner")
    parameter_name = "owner"
    lookup = "owner"


LabelFilter = choice_filter("label", _("label"), Customer.Label.choices, "customer__label")
SourceFilter = choice_filter("source", _("source"), Message.Source.choices, "first_source")
PriorityFilter = choice_filter("priority", _("priority"), Priority.choices)
FILTERS = (
    OwnedTabs,
    StageFilter,
    StateFilter,
    NextStepFilter,
    LabelFilter,
    SourceFilter,
    PriorityFilter,
    TagFilter,
    OwnerFilter,
)
