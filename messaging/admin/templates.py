"""Templates in the admin: what the platforms approved, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import ChannelFilter, choice_filter
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.markup import column
from messaging.admin import labels
from messaging.message_templates.filling import preview
from messaging.models import MessageTemplate

TONES: dict[str, markup.Tone] = {
    MessageTemplate.Status.APPROVED: "good",
    MessageTemplate.Status.PENDING: "accent",
    MessageTemplate.Status.REJECTED: "bad",
    MessageTemplate.Status.PAUSED: "warning",
    MessageTemplate.Status.DISABLED: "bad",
}
SHOWN = 90


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ReadOnly, StaffAdmin):
    list_display = ("title", "language_name", "category_name", "state", "channel_name", "fetched")
    list_select_related = ("channel",)
    list_filter = (
        choice_filter("status", gettext_lazy("status"), MessageTemplate.Status.choices),
        ChannelFilter,
    )
    phone = {"title": "title", "fetched": "end", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    search_fields = ("name", "body")
    search_help_text = gettext_lazy("Name or words of a template")
    fieldsets = (
        (None, {"fields": ("shown", "state", "obstacle_words", "blanks")}),
        (
            gettext_lazy("On the platform"),
            {"fields": ("name", "language_name", "category_name", "channel_name", "number", "fetched")},
        ),
    )
    empty_icon = "view_agenda"
    empty_title = gettext_lazy("No templates yet")
    empty_hint = gettext_lazy(
        "They are written and approved on the platform, and fetched from there some times a day once its channel has an access token."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        found: QuerySet[MessageTemplate] = super().get_queryset(request)
        return found.defer("channel__credentials")

    @column(gettext_lazy("Template"))
    def title(self, template: MessageTemplate) -> str:
        return markup.two_lines(template.name, " ".join(template.body.split())[:SHOWN])

    @column(gettext_lazy("As it will be read"))
    def shown(self, template: MessageTemplate) -> str:
        seen = preview(template)
        header = format_html('<strong dir="auto">{}</strong><br>', seen.header) if seen.header else SafeString("")
        if template.header_file:
            header = format_html("{}<br>", markup.chip(labels.kind_name(template.header_file)))
        footer = format_html('<br><small class="mc-sub" dir="auto">{}</small>', seen.footer) if seen.footer else ""
        buttons = format_html_join(" ", "{}", ((markup.chip(text),) for text in seen.buttons))
        return format_html(
            '<div class="mc-text">{}<span dir="auto">{}</span>{}</div><p>{}</p>', header, seen.body, footer, buttons
        )

    @column(gettext_lazy("Status"))
    def state(self, template: MessageTemplate) -> str:
        shown = markup.chip(template.get_status_display(), TONES.get(template.status, "neutral"))
        if template.status == MessageTemplate.Status.APPROVED and template.obstacle:
            return format_html("{} {}", shown, markup.chip(_("Not offered"), "warning", title=template.obstacle_text))
        return shown

    @column(gettext_lazy("Why it is not offered"))
    def obstacle_words(self, template: MessageTemplate) -> str:
        return template.obstacle_text

    @column(gettext_lazy("Blanks"))
    def blanks(self, template: MessageTemplate) -> str:
        return str(template.header_blanks + template.body_blanks + len(template.url_buttons))

    @column(gettext_lazy("Language"))
    def language_name(self, template: MessageTemplate) -> str:
        return markup.left_to_right(template.language)

    @column(gettext_lazy("Category"))
    def category_name(self, template: MessageTemplate) -> str:
        return template.category.replace("_", " ").capitalize()

    @column(gettext_lazy("Channel"))
    def channel_name(self, template: MessageTemplate) -> str:
        return markup.chip(template.channel)

    @column(gettext_lazy("Id on the platform"))
    def number(self, template: MessageTemplate) -> str:
        return markup.left_to_right(template.external_id) if template.external_id else ""

    @column(gettext_lazy("Fetched"))
    def fetched(self, template: Any) -> str:
        return markup.ago(template.synced_at)
