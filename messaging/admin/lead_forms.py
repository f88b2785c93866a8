"""Lead forms on the pages of messages: the answers, or why they are not here, and asking again."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import Choices, SelectFilter
from crm.admin.page_actions import ActionRefused, PageActions
from crm.markup import column
from messaging.models import LeadFormAnswer, Message

if TYPE_CHECKING:
    from crm.admin.staff_admin import StaffAdmin as _Admin
else:
    _Admin = object

ASK = "messaging.change_message"
STATES: dict[str, tuple[Any, Q]] = {
    "here": (gettext_lazy("Answers are here"), Q(lead_form__finished_at__isnull=False, lead_form__reason="")),
    "waiting": (gettext_lazy("Answers still to come"), Q(lead_form__isnull=False, lead_form__finished_at=None)),
    "failed": (
        gettext_lazy("Answers could not be fetched"),
        Q(lead_form__finished_at__isnull=False) & ~Q(lead_form__reason=""),
    ),
}


class LeadFormFilter(SelectFilter):
    title = gettext_lazy("lead form")
    parameter_name = "form"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [(key, words) for key, (words, _condition) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(STATES[value][1]) if value else queryset


def form_of(message: Message) -> LeadFormAnswer | None:
    """Return the lead form that a message stands for, if it stands for one."""
    return LeadFormAnswer.objects.filter(pk=message.pk).first() if message.type == "lead_form" else None


class LeadFormOnMessage(PageActions, _Admin):
    """Mixed into the page of a message."""

    page_actions = ("ask_again",)
    lead_form_fields = (gettext_lazy("Lead form"), {"fields": ("form_state", "form_answers")})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        return [*found[:1], self.lead_form_fields, *found[1:]] if obj is not None and form_of(obj) else found

    def may_act(self, request: HttpRequest, row: Any, action: str) -> bool:
        return bool(request.user.has_perm(ASK))

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        form = form_of(row)
        may_ask = form is not None and bool(form.reason) and request.user.has_perm(ASK)
        return {**super().page_context(request, row), "lead_form": form, "may_ask_again": may_ask}

    def do_ask_again(self, request: HttpRequest, message: Message) -> str:
        if not LeadFormAnswer.objects.filter(pk=message.pk).exclude(reason="").ask_again():
            raise ActionRefused(_("Its answers are here already, or asked for just now."))
        return _("The platform is asked for the answers again.")

    @column(gettext_lazy("Answers"))
    def form_answers(self, message: Message) -> str:
        form = form_of(message)
        if form is None or form.answers is None:
            return ""
        if form.is_unreadable:
            return str(form.answers)
        return format_html_join(
            "",
            '<p class="mc-text"><span class="mc-sub"><bdi>{}</bdi></span><br><span dir="auto">{}</span></p>',
            form.lines,
        )

    @column(gettext_lazy("State"))
    def form_state(self, message: Message) -> str:
        form = form_of(message)
        if form is None:
            return ""
        if form.reason:
            if form.finished_at:
                return markup.chip(_("Not fetched"), "bad", title=form.reason_text)
            return markup.chip(_("Not fetched yet"), "warning", title=form.reason_text)
        return markup.chip(_("Fetched"), "good") if form.finished_at else markup.chip(_("Is being fetched"), "accent")
