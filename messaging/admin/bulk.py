"""What can be done with many conversations at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.admin.bulk import BulkAction
from crm.admin.colleague_field import ColleagueField
from crm.markup import grouped
from crm.models import User
from messaging import services
from messaging.models import Conversation

MAY_CHANGE = ("messaging.change_conversation",)


class AssigneeForm(forms.Form):
    assignee = ColleagueField(label=_("Colleague"))


class Assigning(BulkAction):
    name = "assign"
    title = _("Assign")
    permissions = MAY_CHANGE
    form = AssigneeForm

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        before = Conversation.objects.values_list("assignee", flat=True).get(pk=row_id)
        changed = services.assign_conversation(conversation_id=row_id, assignee=given["assignee"])
        return before != changed.assignee_id

    def said(self, count: int, given: dict[str, Any]) -> str:
        return ngettext("%(count)s assigned", "%(count)s assigned", count) % {"count": grouped(count)}


class Closing(BulkAction):
    name = "close"
    title = _("Close")
    permissions = MAY_CHANGE

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        before = Conversation.objects.values_list("status", flat=True).get(pk=row_id)
        return services.close_conversation(conversation_id=row_id).status != before

    def said(self, count: int, given: dict[str, Any]) -> str:
        return ngettext("%(count)s closed", "%(count)s closed", count) % {"count": grouped(count)}


BULK_ACTIONS = (Assigning(), Closing())
