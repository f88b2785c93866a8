"""Filters that other pages link with: they show while they are set, so that one sees and may take back what narrows a list."""

from abc import abstractmethod
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.filters import Choices, SelectFilter
from crm.models import Channel
from crm.periods import Period


class LinkedFilter(SelectFilter):
    """What is asked for is in the address alone; nonsense there is passed over."""

    @abstractmethod
    def title_of(self, given: str) -> Any:
        """Return what to call it in words, None for nonsense."""

    def choices_for(self, request: HttpRequest) -> Choices:
        given = self.used_parameters.get(self.parameter_name or "")
        title = self.title_of(given) if given else None
        return [] if title is None else [(str(given), title)]

    def has_output(self) -> bool:
        return self.value() is not None


class DaysFilter(LinkedFilter):
    """Whole days on the clock of the shop, as `2026-05-01..2026-05-31`. `lookup` is a time, or a day with `of_days`."""

    title = _("days")
    parameter_name = "days"
    of_days = False

    def title_of(self, given: str) -> Any:
        period = Period.read(given)
        return None if period is None else str(period)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = Period.read(self.value() or "")
        if period is None:
            return queryset
        return queryset.filter(period.holds_day(self.lookup) if self.of_days else period.holds(self.lookup))


class LinkedChannelFilter(LinkedFilter):
    """The channel by its id; `lookup` leads to it."""

    title = _("channel")

    def title_of(self, given: str) -> Any:
        known = given.isascii() and given.isdigit() and len(given) < 19
        return Channel.objects.filter(pk=given).values_list("name", flat=True).first() if known else None
