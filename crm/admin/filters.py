"""Filters, as a drop-down each, and tabs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.known_tags import known_tags
from crm.models import Channel, Customer
from crm.visibility import staff_for

Choices = list[tuple[str, Any]]


class SelectFilter(SimpleListFilter, ABC):
    """One drop-down. `lookup` is the field it compares where `queryset` is not overridden."""

    lookup = ""
    is_tabs = False
    everything: Any = _("All")

    @abstractmethod
    def choices_for(self, request: HttpRequest) -> Choices:
        """Return what can be chosen, as (value, words)."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return self.choices_for(request)

    def has_output(self) -> bool:
        return True

    def value(self) -> str | None:
        given = super().value()
        return given if given in {key for key, _title in self.lookup_choices} else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.lookup: value}) if value is not None else queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name, "p"]),
            "display": self.everything,
        }
        for key, title in self.lookup_choices:
            yield {
                "selected": self.value() == key,
                "query_string": changelist.get_query_string({self.parameter_name: key}, ["p"]),
                "display": title,
            }


def choice_filter(
    parameter: str, name: Any, choices: Iterable[tuple[Any, Any]], lookup: str = ""
) -> type[SelectFilter]:
    """Return a filter over fixed choices of a field."""
    fixed = [(str(key), label) for key, label in choices]

    class ChoiceFilter(SelectFilter):
        title = name
        parameter_name = parameter

        def choices_for(self, request: HttpRequest) -> Choices:
            return fixed

    ChoiceFilter.lookup = lookup or parameter
    return ChoiceFilter


class ChannelFilter(SelectFilter):
    title = _("channel")
    parameter_name = "channel"
    lookup = "channel"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [(str(pk), name) for pk, name in Channel.objects.order_by("name").values_list("pk", "name")]


class TagFilter(SelectFilter):
    """Rows of whose customer has a tag. `lookup` names the foreign key to them."""

    title = _("tag")
    parameter_name = "tag"
    lookup = "customer"

    def choices_for(self, request: HttpRequest) -> Choices:
        return list(known_tags(self.used_parameters.get(self.parameter_name or "")).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        tagged = Customer.tags.through.objects.filter(tag=int(value))
        return queryset.filter(**{f"{self.lookup}__in": tagged.values("customer")})


class StaffFilter(SelectFilter):
    """Choose a colleague, oneself, or nobody. `lookup` names the foreign key."""

    title = _("colleague")

    def choices_for(self, request: HttpRequest) -> Choices:
        asked = self.used_parameters.get(self.parameter_name or "")
        staff = [user for user in staff_for(request.user) if user.is_active or str(user.pk) == asked]
        others = [(str(user.pk), str(user)) for user in staff if user.pk != request.user.pk]
        return [("me", _("Me")), ("nobody", _("Nobody")), *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value == "nobody":
            return queryset.filter(**{f"{self.lookup}__isnull": True})
        return queryset.filter(**{self.lookup: request.user.pk if value == "me" else value})
