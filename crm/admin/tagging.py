"""Putting a tag on many customers at once, or taking it off."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm import services
from crm.admin.bulk import BulkAction
from crm.markup import grouped
from crm.models import Tag, User


class TagForm(forms.Form):
    tag = forms.ModelChoiceField(label=_("Tag"), queryset=Tag.objects.all(), empty_label=_("Choose…"))
    off = forms.BooleanField(label=_("Take it off instead"), required=False)


class Tagging(BulkAction):
    """Rows are customers, unless `customer_of` leads from a row to its customer."""

    name = "tag"
    title = _("Tag")
    permissions = ("crm.change_customer",)
    form = TagForm

    def customer_of(self, row_id: int) -> int:
        return row_id

    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        return services.tag_customer(customer_id=self.customer_of(row_id), tag=given["tag"], off=given["off"])

    def said(self, count: int, given: dict[str, Any]) -> str:
        if given["off"]:
            text = ngettext("Tag taken off %(count)s", "Tag taken off %(count)s", count)
        else:
            text = ngettext("%(count)s tagged", "%(count)s tagged", count)
        return text % {"count": grouped(count)}


TAGGING = Tagging()
