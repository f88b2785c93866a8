"""Consents and tags."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.linked_filters import DaysFilter
from crm.admin.staff_admin import StaffAdmin
from crm.markup import column
from crm.models import Consent, Customer, Tag


class SaidFilter(DaysFilter):
    title = gettext_lazy("when")
    lookup = "at"


@admin.register(Consent)
class ConsentAdmin(StaffAdmin):
    """Evidence: rows are added and never changed."""

    list_display = ("who", "answer", "scope_name", "source_name", "when")
    list_select_related = ("customer", "identity__channel")
    list_filter = (
        choice_filter(
            "granted", gettext_lazy("answer"), [("True", gettext_lazy("Allowed")), ("False", gettext_lazy("Refused"))]
        ),
        choice_filter("source", gettext_lazy("source"), Consent.Source.choices),
        SaidFilter,
    )
    linked_lookups = ("customer",)
    phone = {"who": "title", "when": "end", "answer": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-pk",)
    raw_id_fields = ("customer",)
    fields = ("customer", "scope", "granted")
    empty_icon = "verified_user"
    empty_title = gettext_lazy("Nobody opted out or in yet")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Consent | None = None) -> Any:
        return ("customer", "identity", "scope", "granted", "source", "at") if obj else super().get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consent]:
        return (
            super().get_queryset(request).defer("customer__phone", "customer__email", "identity__channel__credentials")
        )

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        obj.source, obj.at = Consent.Source.STAFF, timezone.now()
        obj.save()

    @column(gettext_lazy("Customer"))
    def who(self, consent: Consent) -> str:
        return markup.person(consent.customer, consent.identity.channel if consent.identity else "")

    @column(gettext_lazy("Answer"))
    def answer(self, consent: Consent) -> str:
        return markup.chip(_("Allowed"), "good") if consent.granted else markup.chip(_("Refused"), "bad")

    @column(gettext_lazy("What"))
    def scope_name(self, consent: Consent) -> str:
        return consent.get_scope_display()

    @column(gettext_lazy("Source"))
    def source_name(self, consent: Consent) -> str:
        return consent.get_source_display()

    @column(gettext_lazy("When"))
    def when(self, consent: Consent) -> str:
        return markup.ago(consent.at)


@admin.register(Tag)
class TagAdmin(StaffAdmin):
    list_display = ("name", "made")
    phone = {"name": "title", "made": "end"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name",)
    deletable = True
    empty_icon = "sell"
    empty_title = gettext_lazy("No tags yet")
    empty_hint = gettext_lazy("Tags sort customers your own way.")

    @column(gettext_lazy("Added"))
    def made(self, tag: Tag) -> str:
        return markup.ago(tag.created_at)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say how many customers lose the tag without walking over them."""
        tags = list(objs)
        tagged = Customer.tags.through.objects.filter(tag__in=tags).count()
        return [str(tag) for tag in tags], {_("tags"): len(tags), _("tagged customers"): tagged}, set(), []
