"""Channels. They are a model of `crm`; their page is here, as the adapters name their secrets."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import PROTECT, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.staff_admin import StaffAdmin
from crm.encrypted_fields import Unreadable
from crm.markup import column
from crm.models import Channel
from crm.models.channel import Platform
from messaging.admin.channel_health import health_of
from messaging.channel_setup import next_step, save_channel
from messaging.channels import adapter_for
from messaging.models import WebhookDelivery

SECRET = "secret_"  # noqa: S105 - the beginning of the names of form fields
SECRET_FIELDS = sorted({name for platform in Platform.values for name in adapter_for(platform).SECRETS})


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A secret that is typed in becomes the newest of its name; none is ever shown."""

    forget_older = forms.BooleanField(
        label=gettext_lazy("Forget the older secrets"),
        required=False,
        help_text=gettext_lazy(
            "Once the platform signs with the new one: only what is typed in above remains under its name."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance.credentials if self.instance.pk else {}
        for name in {"slug", "external_id"} & set(self.fields):
            self.fields[name].widget.attrs["dir"] = "ltr"
        for name in SECRET_FIELDS:
            field = self.fields.get(SECRET + name)
            if field is None:
                continue
            field.widget.attrs |= {"autocomplete": "new-password", "dir": "ltr"}
            if isinstance(known, Unreadable):
                field.disabled = True
                field.help_text = _("The secrets of this channel cannot be decrypted with our keys.")
            else:
                count = len(known.get(name, []))
                field.help_text = (
                    _("%(count)d kept. Leave empty to change nothing.") % {"count": count} if count else _("None yet.")
                )

    def secrets(self) -> dict[str, str]:
        """Return what was typed in, by name."""
        given = {name: self.cleaned_data.get(SECRET + name) or "" for name in SECRET_FIELDS}
        return {name: value.strip() for name, value in given.items() if value.strip()}


for _name in SECRET_FIELDS:
    ChannelForm.base_fields[SECRET + _name] = ChannelForm.declared_fields[SECRET + _name] = forms.CharField(
        label=_name, required=False, max_length=1000, widget=UnfoldAdminPasswordWidget(render_value=False)
    )


@admin.register(Channel)
class ChannelAdmin(StaffAdmin):
    form = ChannelForm
    list_display = ("who", "health", "address", "last_delivery", "rejected")
    list_filter = (choice_filter("platform", gettext_lazy("platform"), Platform.choices),)
    phone = {"who": "title", "last_delivery": "end", "health": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    change_form_outer_before_template = "migochat/channel.html"
    empty_icon = "hub"
    empty_title = gettext_lazy("No channel yet")
    empty_hint = gettext_lazy("Connect a page, account, number or bot, and what customers write there arrives here.")
    basics = ("name", "platform", "slug", "external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        newest = (
            WebhookDelivery.objects.filter(channel=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
        )
        found: QuerySet[Channel] = super().get_queryset(request)
        return found.annotate(last_delivery_at=Subquery(newest))

    def get_fieldsets(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": (*self.basics, "keeps_media")}),)
        basics = (None, {"fields": (*self.basics, "token_expires_at", "keeps_media", "is_active")})
        if not self.has_change_permission(request, obj):
            return (basics,)
        names = adapter_for(obj.platform).SECRETS
        secrets = {"fields": (*(SECRET + name for name in names), "forget_older")}
        return basics, (gettext_lazy("Add a secret"), secrets)

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        return ("platform",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a channel that has nothing yet: one in use is made inactive."""
        if obj is None or not admin.ModelAdmin.has_delete_permission(self, request, obj):
            return False
        return not any(
            relation.related_model._default_manager.filter(**{relation.field.name: obj.pk}).exists()
            for relation in Channel._meta.related_objects
            if relation.on_delete is PROTECT
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(channel) for channel in objs], {}, set(), []

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {"channel": row, "health": health_of(row, row.last_delivery_at), "next_step": next_step(row)}

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Write only what was changed here; secrets by the same service as on the command line."""
        if not change:
            obj.credentials = {}
            obj.save()
            return
        columns = {field.name for field in Channel._meta.fields}
        fields = sorted(columns & set(form.changed_data))
        if fields:
            obj.save(update_fields=[*fields, "updated_at"])
        if secrets := form.secrets():
            forget = bool(form.cleaned_data.get("forget_older"))
            save_channel(platform=obj.platform, slug=obj.slug, secrets=secrets, forget_older=forget)

    def response_add(self, request: HttpRequest, obj: Channel, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to its page, where the secrets are entered and the webhook address stands."""
        self.message_user(
            request, _("Added. Now enter its secrets, and its address on the platform."), messages.SUCCESS
        )
        return HttpResponseRedirect(self.page_url(obj))

    @column(gettext_lazy("Channel"))
    def who(self, channel: Channel) -> str:
        return markup.person(channel, channel.platform_name)

    @column(gettext_lazy("Health"))
    def health(self, channel: Any) -> str:
        found = health_of(channel, channel.last_delivery_at)
        return markup.chip(found.word, found.tone, title=found.sentence)

    @column(gettext_lazy("Webhook address"))
    def address(self, channel: Channel) -> str:
        return markup.to_copy(channel.webhook_url)

    @column(gettext_lazy("Last delivery"))
    def last_delivery(self, channel: Any) -> str:
        return markup.ago(channel.last_delivery_at)

    @column(gettext_lazy("Rejected signatures"))
    def rejected(self, channel: Channel) -> str:
        if not channel.rejected_signatures:
            return ""
        return format_html("{} · {}", markup.grouped(channel.rejected_signatures), markup.ago(channel.last_rejected_at))
