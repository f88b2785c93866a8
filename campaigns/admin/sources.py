"""Posts and ads, made as messages name them; what they are called may be filled in."""

from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.spend import spend_so_far
from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from crm import markup
from crm.admin.filters import ChannelFilter
from crm.admin.staff_admin import StaffAdmin, StaffList
from crm.markup import column

MANY = 1000


class SourceList(StaffList):
    """Adds to each row of the page how many messages it brought that one may see, in the same query."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        admin_of: Any = self.model_admin
        brought = import_string(settings.MESSAGES_BROUGHT)(request.user, by=admin_of.brought_by)
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters).annotate(messages_brought=brought)
        return found


class SourceAdmin(StaffAdmin):
    """What posts and ads have in common."""

    brought_by: Literal["ad", "post"]
    search_fields: ClassVar[tuple[str, ...]] = ("title",)
    list_select_related = ("channel",)
    list_filter = (ChannelFilter,)
    search_help_text = gettext_lazy("Words of the title")
    ordering = ("-first_seen_at", "-pk")
    phone = {"what": "title", "first_seen": "end", "channel_name": "line", "brought": "badge"}  # noqa: RUF012 - as in StaffAdmin

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SourceList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("channel__credentials")

    @column(gettext_lazy("Channel"))
    def channel_name(self, row: Any) -> str:
        return markup.chip(row.channel)

    @column(gettext_lazy("First seen"))
    def first_seen(self, row: Any) -> str:
        return markup.ago(row.first_seen_at)

    @column(gettext_lazy("Messages"))
    def brought(self, row: Any) -> str:
        count = row.messages_brought
        shown = f"{markup.grouped(MANY)}+" if count > MANY else markup.grouped(count)
        return markup.link(self._messages_url(row), shown) if count else ""

    @column(gettext_lazy("Messages"))
    def messages_link(self, row: Any) -> str:
        return markup.link(self._messages_url(row), _("Show the messages that came by it"))

    def _messages_url(self, row: Any) -> str:
        return f"{reverse('admin:messaging_message_changelist')}?{self.brought_by}={row.pk}"

    @column(gettext_lazy("Spend so far"))
    def spend(self, row: Any) -> str:
        return spend_so_far(Origin(self.brought_by, str(row.pk)))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the spend out for those who may not see any."""
        fields = super().get_fields(request, obj)
        return (
            fields if request.user.has_perm("campaigns.view_performancemetric") else [f for f in fields if f != "spend"]
        )

    @column(gettext_lazy("On the platform"))
    def there(self, row: Any) -> str:
        try:
            safe = urlsplit(row.url).scheme in ("http", "https")
        except ValueError:
            safe = False
        if not safe:
            return ""
        shown = '<a class="mc-link" href="{}" target="_blank" rel="noopener noreferrer" dir="ltr">{}</a>'
        return format_html(shown, row.url, row.url)


@admin.register(Post)
class PostAdmin(SourceAdmin):
    brought_by = "post"
    list_display = ("what", "channel_name", "brought", "first_seen")
    fields = ("title", "messages_link", "spend", "there", "channel", "external_id", "media_type", "first_seen_at")
    readonly_fields = fields[1:]
    empty_icon = "image"
    empty_title = gettext_lazy("No posts yet")
    empty_hint = gettext_lazy("A post appears here with the first comment under it.")

    @column(gettext_lazy("Post"))
    def what(self, post: Post) -> str:
        return markup.words(post)


@admin.register(AdCampaign)
class AdCampaignAdmin(SourceAdmin):
    brought_by = "ad"
    list_display = ("what", "campaign", "channel_name", "brought", "first_seen")
    search_fields = ("title", "campaign_name")
    fields = (
        "title", "campaign_name", "ad_set_name", "messages_link", "spend", "body", "there", "post", "channel", "ad_id",
            "first_seen_at",
    )  # fmt: skip
    readonly_fields = fields[3:]
    empty_icon = "campaign"
    empty_title = gettext_lazy("No ads yet")
    empty_hint = gettext_lazy("An ad appears here with the first message that came by it.")

    @column(gettext_lazy("Ad"))
    def what(self, ad: AdCampaign) -> str:
        return markup.words(ad)

    @column(gettext_lazy("Campaign"))
    def campaign(self, ad: AdCampaign) -> str:
        return markup.words(ad.campaign_name) if ad.campaign_name else ""
