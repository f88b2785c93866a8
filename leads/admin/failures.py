"""Messages that triage set aside."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.page_actions import PageActions
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.markup import column
from leads.models import TriageFailure

AGAIN = "leads.change_triagefailure"


@admin.register(TriageFailure)
class TriageFailureAdmin(ReadOnly, PageActions, StaffAdmin):
    list_display = ("what", "tries", "failed", "next_try")
    list_select_related = ("message",)
    phone = {"what": "title", "failed": "end"}  # noqa: RUF012 - as in StaffAdmin
    page_actions = ("again",)
    fields = ("where", "reason", "attempts", "failed_at", "next_attempt_at")
    readonly_fields = ("where", "failed_at")
    empty_icon = "task_alt"
    empty_title = gettext_lazy("Nothing was set aside")
    empty_hint = gettext_lazy("Messages that the rules could not be applied to would wait here, with the reason.")
    change_form_before_template = "leads/failure.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TriageFailure]:
        found: QuerySet[TriageFailure] = super().get_queryset(request)
        return found.defer("message__text_folded", "message__entities", "message__referral")

    def may_act(self, request: HttpRequest, row: Any, action: str) -> bool:
        return request.user.has_perm(AGAIN)

    def page_context(self, request: HttpRequest, row: TriageFailure) -> dict[str, Any]:
        return {"failure": row, "may_try_again": request.user.has_perm(AGAIN)}

    def do_again(self, request: HttpRequest, failure: TriageFailure) -> str:
        TriageFailure.objects.filter(pk=failure.pk).delete()
        return _("It is read again in a moment. What came of it already is not made twice.")

    @column(gettext_lazy("Message"))
    def what(self, failure: TriageFailure) -> str:
        return markup.two_lines(f"#{failure.message_id}", failure.reason)

    @column(gettext_lazy("Attempts"))
    def tries(self, failure: TriageFailure) -> str:
        return markup.grouped(failure.attempts)

    @column(gettext_lazy("Last tried"))
    def failed(self, failure: TriageFailure) -> str:
        return markup.ago(failure.failed_at)

    @column(gettext_lazy("Next attempt"))
    def next_try(self, failure: TriageFailure) -> str:
        if failure.next_attempt_at is None:
            return markup.chip(_("When asked for"), "warning")
        return markup.moment(failure.next_attempt_at)

    @column(gettext_lazy("Message"))
    def where(self, failure: TriageFailure) -> str:
        thread = reverse("admin:messaging_conversation_change", args=[failure.message.conversation_id])
        return markup.link(f"{thread}?around={failure.message_id}", f"#{failure.message_id}")
