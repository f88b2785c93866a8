"""What reports narrow the list of leads down to, when one follows a figure to its rows."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.linked_filters import DaysFilter, LinkedChannelFilter
from leads.models import Outcome
from messaging.admin.origins import BroughtByFilter


class FirstTouchFilter(BroughtByFilter):
    title = _("first came by")
    parameter_name = "first"
    prefix = "first_"


class LastTouchFilter(BroughtByFilter):
    title = _("last came by")
    parameter_name = "last"
    prefix = "last_"


class LeadDaysFilter(DaysFilter):
    """Leads that were merged into another are no leads of their own in any report."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().queryset(request, queryset)
        return found if self.value() is None else found.exclude(outcome=Outcome.MERGED)


class OpenedFilter(LeadDaysFilter):
    title = _("opened")
    parameter_name = "opened"
    lookup = "opened_at"


class ClosedFilter(LeadDaysFilter):
    title = _("closed")
    parameter_name = "closed"
    lookup = "closed_at"


class FirstChannelFilter(LinkedChannelFilter):
    title = _("channel of the first touch")
    parameter_name = "first-channel"
    lookup = "first_message__channel"


class LastChannelFilter(LinkedChannelFilter):
    title = _("channel of the last touch")
    parameter_name = "last-channel"
    lookup = "last_message__channel"


REPORT_FILTERS = (
    FirstTouchFilter,
    LastTouchFilter,
    OpenedFilter,
    ClosedFilter,
    FirstChannelFilter,
    LastChannelFilter,
)
#: Plain lookups that reports link with beside the filters.
REPORT_LOOKUPS = ("qualification__isnull", "lost_reason")
