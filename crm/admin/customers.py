"""Customers."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, ForeignKey, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from crm import markup, services
from crm.admin.exports import Exports
from crm.admin.filters import ChannelFilter, StaffFilter, choice_filter
from crm.admin.linked_filters import DaysFilter
from crm.admin.page_actions import ActionRefused, PageActions
from crm.admin.staff_admin import StaffAdmin
from crm.admin.tagging import TAGGING
from crm.contact_details import email_key, phone_key
from crm.encrypted_fields import Unreadable
from crm.markup import column
from crm.mentions import said_of_untold
from crm.models import Customer, Identity, User
from crm.models.customer import CURRENT
from crm.periods import Period
from crm.visibility import staff_for, user_of, visible

LABEL_TONES: dict[str, markup.Tone] = {"hot": "bad", "warm": "warning", "cold": "neutral"}
IDENTITIES = Identity.objects.select_related("channel").defer("channel__credentials").order_by("pk")


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Phone and e-mail are encrypted and kept along with a key, so they are fields of the form and not of the model."""

    user: User
    phone_number = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"dir": "ltr", "inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("With the country code, such as +20 10 1234 5678."),
    )
    email_address = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=UnfoldAdminEmailInputWidget(attrs={"dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, stored in (("phone_number", self.instance.phone), ("email_address", self.instance.email)):
            if name in self.fields and not isinstance(stored, Unreadable):
                self.fields[name].initial = stored
            elif name in self.fields:
                self.fields[name].disabled = True
                self.fields[name].widget.attrs["placeholder"] = stored
                self.fields[name].help_text = _("Cannot be decrypted with our keys, so it is left as it is.")

    def clean_phone_number(self) -> str:
        phone: str = self.cleaned_data["phone_number"]
        if phone and not phone_key(phone):
            raise ValidationError(_("This is not a phone number. Give 6 to 15 digits, with the country code."))
        return phone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        phone, email = cleaned.get("phone_number") or "", cleaned.get("email_address") or ""
        if self.instance.pk is None:
            if not (cleaned.get("name") or phone or email):
                raise ValidationError(_("Give a name, a phone number or an e-mail address."))
            self._refuse_known(phone, email)
        return cleaned

    def _refuse_known(self, phone: str, email: str) -> None:
        """Do not add by hand whom we already know."""
        for field, key, found_by in (
            ("phone_number", phone_key(phone), "phone_key"),
            ("email_address", email_key(email), "email_key"),
        ):
            known = Customer.objects.current().filter(**{found_by: key}).first() if key else None
            if known and visible(self.user, Customer).filter(pk=known.pk).exists():
                self.add_error(field, _("%(customer)s has this already.") % {"customer": known})
            elif known:
                self.add_error(field, _("A customer of a colleague has this already."))


class OwnerFilter(StaffFilter):
    title = gettext_lazy("owner")
    parameter_name = "owner"
    lookup = "owner"


class CameByFilter(ChannelFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        channel = self.value()
        if channel is None:
            return queryset
        return queryset.filter(Exists(Identity.objects.filter(customer=OuterRef("pk"), channel_id=int(channel))))


class FirstWroteFilter(DaysFilter):
    """Who wrote to us for the first time in some days, on whichever channel."""

    title = gettext_lazy("wrote for the first time")
    parameter_name = "first_wrote"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = Period.read(self.value() or "")
        if period is None:
            return queryset
        theirs = Identity.objects.filter(customer=OuterRef("pk"))
        return queryset.filter(
            Exists(theirs.filter(period.holds("first_inbound_at"))),
            ~Exists(theirs.filter(first_inbound_at__lt=period.start)),
        )


class BlockedFilter(choice_filter("blocked", gettext_lazy("blocked"), [(1, gettext_lazy("Blocked"))])):  # type: ignore[misc]  # a class made on the spot
    everything = gettext_lazy("All")


@admin.register(Customer)
class CustomerAdmin(Exports, PageActions, StaffAdmin):
    transfer = "customers"
    form = CustomerForm
    list_display = ("who", "warmth", "channels", "owner_name", "last_contact")
    list_select_related = ("owner",)
    list_filter = (
        OwnerFilter,
        choice_filter("label", gettext_lazy("label"), Customer.Label.choices),
        choice_filter("type", gettext_lazy("type"), Customer.Type.choices),
        CameByFilter,
        BlockedFilter,
        FirstWroteFilter,
    )
    phone = {"who": "title", "last_contact": "end", "channels": "line", "warmth": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = (F("last_message_at").desc(nulls_last=True), "-pk")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name, exact phone or e-mail")
    change_form_outer_before_template = "migochat/customer.html"
    page_actions = ("block", "unblock", "note")
    bulk_actions = (*settings.CUSTOMER_BULK_ACTIONS, TAGGING)
    list_display_more = ("kind", "trading", "place", "tag_names", "added")
    orderings = (
        ("oldest_contact", gettext_lazy("Longest without contact"), (F("last_message_at").asc(nulls_first=True), "pk")),
        ("newest", gettext_lazy("Newest first"), ("-pk",)),
        ("oldest", gettext_lazy("Oldest first"), ("pk",)),
    )
    filter_horizontal = ()
    fieldsets = (
        (
            gettext_lazy("Contact"),
            {"fields": ("name", "phone_number", "email_address", ("governorate", "city"), "language")},
        ),
        (gettext_lazy("Selling"), {"fields": ("owner", ("label", "type"), ("trade", "persona"), "tags", "is_active")}),
    )
    empty_icon = "group"
    empty_title = gettext_lazy("No customers yet")
    empty_hint = gettext_lazy("Whoever writes to one of your channels appears here by themselves.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        found = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "crm_customer_changelist":
            found = found.filter(CURRENT)
            also = ("tags",) if "tag_names" in self.get_list_display(request) else ()
            return found.defer("phone", "email").prefetch_related(Prefetch("identities", IDENTITIES), *also)
        return found.select_related("owner", "merged_into")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        words = search_term.strip()
        return (queryset & Customer.objects.matching(words) if words else queryset), False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.user = user_of(request)
        return form

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "owner" and isinstance(field, forms.ModelChoiceField):
            field.queryset = User.objects.filter(is_active=True)
            active = [(user.pk, str(user)) for user in staff_for(request.user) if user.is_active]
            field.choices = [("", field.empty_label or ""), *active]
        return field

    @column(gettext_lazy("Customer"))
    def who(self, customer: Customer) -> str:
        return markup.person(customer)

    @column(gettext_lazy("Label"))
    def warmth(self, customer: Customer) -> str:
        if customer.blocked:
            return markup.chip(_("Blocked"), "bad")
        return markup.chip(customer.get_label_display(), LABEL_TONES[customer.label]) if customer.label else ""

    @column(gettext_lazy("Channels"))
    def channels(self, customer: Customer) -> str:
        return markup.chips(dict.fromkeys(identity.channel.name for identity in customer.identities.all()))

    @column(gettext_lazy("Owner"))
    def owner_name(self, customer: Customer) -> str:
        return markup.words(customer.owner) if customer.owner else ""

    @column(gettext_lazy("Last contact"))
    def last_contact(self, customer: Customer) -> str:
        return markup.ago(customer.last_message_at)

    @column(gettext_lazy("Type"))
    def kind(self, customer: Customer) -> str:
        return customer.get_type_display()

    @column(gettext_lazy("Trade"))
    def trading(self, customer: Customer) -> str:
        return customer.get_trade_display()

    @column(gettext_lazy("Place"))
    def place(self, customer: Customer) -> str:
        parts = [part for part in (customer.city, customer.get_governorate_display()) if part]
        return markup.words(", ".join(parts)) if parts else ""

    @column(gettext_lazy("Tags"))
    def tag_names(self, customer: Customer) -> str:
        return markup.chips(customer.tags.all())

    @column(gettext_lazy("Added"))
    def added(self, customer: Customer) -> str:
        return markup.ago(customer.created_at)

    @admin.display(description=gettext_lazy("Phone"))
    def phone_number(self, customer: Customer) -> str:
        return markup.left_to_right(customer.phone) if customer.phone else ""

    @admin.display(description=gettext_lazy("E-mail"))
    def email_address(self, customer: Customer) -> str:
        return markup.left_to_right(customer.email) if customer.email else ""

    def page_context(self, request: HttpRequest, row: Customer) -> dict[str, Any]:
        panels = [import_string(path)(request, row) for path in settings.CUSTOMER_PANELS]
        return {
            "customer": row,
            "identities": IDENTITIES.filter(customer=row),
            "notes": row.notes.select_related("author")[:20],
            "panels": [panel for panel in panels if panel],
            "may_note": not row.erased_at and request.user.has_perm("crm.add_note"),
            "may_change": self.has_change_permission(request, row),
            "may_merge": row.merged_into_id is None
            and not row.erased_at
            and request.user.has_perm("crm.merge_customer"),
            "may_erase": not row.erased_at and request.user.has_perm("crm.erase_customer"),
            "label_tone": LABEL_TONES.get(row.label, "neutral"),
        }

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Write only what was changed here: webhooks write to the same row. A name given by hand stays."""
        changed = set(form.changed_data) - {"tags"}
        if "phone_number" in changed:
            obj.set_phone(form.cleaned_data["phone_number"].strip())
        if "email_address" in changed:
            obj.set_email(form.cleaned_data["email_address"].strip())
        if "name" in changed:
            obj.name_at = None
        if not change:
            obj.save()
            services.change_ruled(obj, changed, by=user_of(request))
            return
        services.change_ruled(obj, changed, by=user_of(request))
        also = {
            "phone_number": {"phone", "phone_key"},
            "email_address": {"email", "email_key"},
            "name": {"name", "name_at"},
        }
        fields = {column for field in changed - services.RULED for column in also.get(field, {field})}
        if fields:
            obj.save(update_fields=[*sorted(fields), "updated_at"])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody write to the row of somebody who was erased."""
        return super().has_change_permission(request, obj) and not (obj and obj.erased_at)

    def may_act(self, request: HttpRequest, row: Any, action: str) -> bool:
        if row.erased_at:
            return False
        if action == "note":
            user = request.user
            return self.has_view_permission(request, row) and user.has_perm("crm.add_note")
        return super().may_act(request, row, action)

    def do_block(self, request: HttpRequest, customer: Customer) -> str:
        services.set_blocked(customer=customer, blocked=True)
        return _("Blocked. Nobody here writes to them until you take it back.")

    def do_unblock(self, request: HttpRequest, customer: Customer) -> str:
        services.set_blocked(customer=customer, blocked=False)
        return _("No longer blocked.")

    def do_note(self, request: HttpRequest, customer: Customer) -> str:
        assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
        try:
            note = services.add_note(customer=customer, author=request.user, text=request.POST.get("text", ""))
        except ValueError:
            raise ActionRefused(_("Write something first.")) from None
        return " ".join(filter(None, (_("Noted."), said_of_untold(note.untold))))
