"""Handoffs from bots to people, and the words that bring one about."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import markup, runtime_settings
from crm.admin.filters import Choices, SelectFilter, StaffFilter, choice_filter
from crm.admin.linked_filters import DaysFilter
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.folding import fold
from crm.markup import column
from crm.models import Team
from crm.words import words_of
from messaging.models import Handoff, HandoffKeywords

TONES: dict[str, markup.Tone] = {
    "pending": "warning",
    "assigned": "accent",
    "completed": "good",
    "cancelled": "neutral",
}
LONGEST = 20_000
SHOWN_PHRASES = 4


class RequestedFilter(DaysFilter):
    title = gettext_lazy("asked")
    lookup = "requested_at"


class StateFilter(SelectFilter):
    """Those that wait or are under way unless asked otherwise."""

    title = gettext_lazy("state")
    parameter_name = "status"
    everything = gettext_lazy("Open")

    def choices_for(self, request: HttpRequest) -> Choices:
        return [*Handoff.Status.choices, ("any", gettext_lazy("Any"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset
        return queryset.filter(status=self.value()) if self.value() else queryset.filter(status__in=Handoff.OPEN)


class WithFilter(StaffFilter):
    title = gettext_lazy("with")
    parameter_name = "assignee"
    lookup = "assignee"


class TeamFilter(SelectFilter):
    title = gettext_lazy("team")
    parameter_name = "team"
    lookup = "team"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [(str(team.pk), team.name) for team in Team.objects.order_by("name")]


@admin.register(Handoff)
class HandoffAdmin(ReadOnly, StaffAdmin):
    """A list only: a row leads to its conversation, where it is taken over and completed."""

    list_display = ("who", "state", "why", "asked_by", "with_whom", "asked", "rated")
    list_select_related = (
        "conversation__identity__customer",
        "conversation__channel",
        "assignee",
        "team",
        "requested_by",
    )
    list_filter = (
        StateFilter,
        WithFilter,
        TeamFilter,
        choice_filter("by", gettext_lazy("asked by"), Handoff.By.choices),
        RequestedFilter,
    )
    linked_lookups = ("conversation",)
    phone = {"who": "title", "asked": "end", "why": "line", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-requested_at", "-pk")
    orderings = (("longest", gettext_lazy("Waiting longest first"), ("requested_at", "pk")),)
    pages_if_restricted = 40
    fields = ("reason", "by", "context_data", "feedback")
    readonly_fields = ("reason", "by", "context_data", "feedback")
    empty_icon = "front_hand"
    empty_title = gettext_lazy("Nobody waits for a colleague")
    empty_hint = gettext_lazy("Customers appear here when a bot hands them over, or when they ask for a person.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        found: QuerySet[Handoff] = super().get_queryset(request)
        customer = "conversation__identity__customer"
        return found.defer(f"{customer}__phone", f"{customer}__email", "conversation__channel__credentials")

    def row_url(self, obj: Any) -> str:
        return reverse("admin:messaging_conversation_change", args=[obj.conversation_id])

    @column(gettext_lazy("Customer"))
    def who(self, row: Handoff) -> str:
        return markup.person(row.conversation.identity.customer, row.conversation.channel)

    @column(gettext_lazy("State"))
    def state(self, row: Handoff) -> str:
        return markup.chip(row.get_status_display(), TONES[row.status])

    @column(gettext_lazy("Why"))
    def why(self, row: Handoff) -> str:
        return markup.words(row.reason) if row.reason else ""

    @column(gettext_lazy("Asked by"))
    def asked_by(self, row: Handoff) -> str:
        return (
            markup.words(row.requested_by) if row.by == Handoff.By.PERSON and row.requested_by else row.get_by_display()
        )

    @column(gettext_lazy("With"))
    def with_whom(self, row: Handoff) -> str:
        named = row.assignee or row.team
        return markup.words(named) if named else ""

    @column(gettext_lazy("Asked"))
    def asked(self, row: Handoff) -> str:
        patience = timedelta(minutes=runtime_settings.value_of("conversations.late_after_minutes"))
        late = row.status == Handoff.Status.PENDING and timezone.now() - row.requested_at > patience
        return markup.ago(row.requested_at, late=late)

    @column(gettext_lazy("Rated"))
    def rated(self, row: Handoff) -> str:
        return format_html('<span title="{}">{}/5</span>', row.feedback, row.rating) if row.rating else ""

    @column(gettext_lazy("Context"))
    def context_data(self, row: Handoff) -> str:
        return markup.json_block(row.context) if row.context else ""


class KeywordsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Tidied: no empty lines, none twice, none without a word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "phrases" in self.fields:
            self.fields["phrases"].widget.attrs |= {"dir": "auto", "rows": 12, "spellcheck": "false"}

    def clean_phrases(self) -> str:
        lines = list(dict.fromkeys(" ".join(line.split()) for line in self.cleaned_data["phrases"].splitlines()))
        tidied = [line for line in lines if line]
        for line in tidied:
            if not words_of(fold(line)):
                raise ValidationError(_("“%(line)s” has no word in it.") % {"line": line[:60]})
        text = "\n".join(tidied)
        if len(text) > LONGEST:
            raise ValidationError(_("These are too many. Common words alone suffice."))
        return text


@admin.register(HandoffKeywords)
class HandoffKeywordsAdmin(StaffAdmin):
    form = KeywordsForm
    list_display = ("spoken", "words", "state")
    phone = {"spoken": "title", "words": "line", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("language",)
    fields = ("language", "phrases", "is_active")
    deletable = True
    empty_icon = "front_hand"
    empty_title = gettext_lazy("No keywords yet")
    empty_hint = gettext_lazy("With none, only bots themselves and failed answers hand over to colleagues.")

    @column(gettext_lazy("Language"))
    def spoken(self, row: HandoffKeywords) -> str:
        return row.get_language_display()

    @column(gettext_lazy("Words and phrases"))
    def words(self, row: HandoffKeywords) -> SafeString:
        told = row.phrases.splitlines()
        rest = len(told) - SHOWN_PHRASES
        more = (
            ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": markup.grouped(rest)}
            if rest > 0
            else ""
        )
        return format_html(
            '<span class="mc-words"><bdi>{}</bdi> <span class="mc-none">{}</span></span>',
            " · ".join(told[:SHOWN_PHRASES]),
            more,
        )

    @column(gettext_lazy("State"))
    def state(self, row: HandoffKeywords) -> str:
        return markup.chip(_("In use"), "good") if row.is_active else markup.chip(_("Out of use"))
