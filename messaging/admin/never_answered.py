"""Narrowing conversations down to those that nobody has answered yet, as the report on sellers counts them."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.admin.linked_filters import DaysFilter
from messaging.models import Message


class NeverAnsweredFilter(DaysFilter):
    """By the days on which they began."""

    title = _("not answered, begun")
    parameter_name = "unanswered"
    lookup = "started_at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().queryset(request, queryset)
        if self.value() is None:
            return found
        theirs = Message.objects.inbound()
        earlier = Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk"))
        asked = Exists(theirs.filter(earlier, conversation=OuterRef("conversation")))
        answers = Message.objects.by_colleagues().filter(asked, conversation=OuterRef("pk"))
        return found.filter(Exists(theirs.filter(conversation=OuterRef("pk"))), ~Exists(answers))
