"""Messages: searching all conversations at once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import ChannelFilter, Choices, SelectFilter, choice_filter
from crm.admin.linked_filters import DaysFilter
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.markup import column
from messaging.admin import labels
from messaging.admin.lead_forms import LeadFormFilter, LeadFormOnMessage
from messaging.admin.origins import BroughtByFilter
from messaging.models import Message, MessageStatus

INDEXED_FROM = 3  # letters; the index is one of trigrams
SEARCHED_SHORT = 10_000


class MessageDaysFilter(DaysFilter):
    lookup = "at"


class FateFilter(SelectFilter):
    """What became of messages of ours."""

    title = gettext_lazy("what became of it")
    parameter_name = "fate"

    def choices_for(self, request: HttpRequest) -> Choices:
        return [
            ("failed", gettext_lazy("Failed")),
            ("unknown", gettext_lazy("Unknown, check")),
            ("fine", gettext_lazy("Not failed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ours = queryset.filter(direction=Message.Direction.OUT)
        match self.value():
            case "failed":
                return ours.filter(status=MessageStatus.FAILED)
            case "unknown":
                return ours.filter(status=MessageStatus.UNKNOWN)
            case "fine":
                return ours.exclude(status=MessageStatus.FAILED)
            case _:
                return queryset


@admin.register(Message)
class MessageAdmin(LeadFormOnMessage, ReadOnly, StaffAdmin):
    list_display = ("who", "way", "source_name", "channel_name", "when")
    list_select_related = ("conversation__identity__customer", "channel", "post", "ad")
    list_filter = (
        choice_filter(
            "direction",
            gettext_lazy("direction"),
            [("in", gettext_lazy("From customers")), ("out", gettext_lazy("From us"))],
        ),
        choice_filter("source", gettext_lazy("source"), Message.Source.choices),
        LeadFormFilter,
        ChannelFilter,
        BroughtByFilter,
        FateFilter,
        MessageDaysFilter,
    )
    linked_lookups = ("post", "ad")
    phone = {"who": "title", "when": "end", "source_name": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("-at", "-pk")
    pages_if_restricted = 40
    looks_ahead_if_restricted = True
    list_display_more = ("status_name", "author_name")
    orderings = (("oldest", gettext_lazy("Oldest first"), ("at", "pk")),)
    search_fields = ("text",)
    search_help_text = gettext_lazy("Words of a message")
    fieldsets = (
        (None, {"fields": ("thread_link", "whole_text", "way", "source_name", "origin", "attachments_list")}),
        (
            gettext_lazy("What became of it"),
            {"fields": ("status_name", "error", "edited_at", "deleted_at", "author", "automated")},
        ),
        (
            gettext_lazy("When and where"),
            {"fields": ("channel", "at", "sent_at", "received_at", "type", "platform_id", "referral_data")},
        ),
    )
    change_form_outer_before_template = "migochat/message.html"
    empty_icon = "chat_bubble"
    empty_title = gettext_lazy("No messages yet")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        found: QuerySet[Message] = super().get_queryset(request)
        customer = "conversation__identity__customer"
        return found.defer(f"{customer}__phone", f"{customer}__email", "channel__credentials", "text_folded")

    def get_list_select_related(self, request: HttpRequest) -> Any:
        also = ("author",) if "author_name" in self.get_list_display(request) else ()
        return (*self.list_select_related, *also)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        found = queryset & Message.objects.containing(words)
        if len(words) < INDEXED_FROM:
            oldest = (
                Message.objects.order_by("-at", "-pk")
                .values_list("at", flat=True)[SEARCHED_SHORT : SEARCHED_SHORT + 1]
                .first()
            )
            found = found.filter(at__gt=oldest) if oldest else found
            hint = _("So few letters were looked for in the newest %(count)s messages only.")
            messages.info(request, hint % {"count": markup.grouped(SEARCHED_SHORT)})
        return found, False

    def row_url(self, obj: Any) -> str:
        """Lead to the message in its conversation."""
        thread = reverse("admin:messaging_conversation_change", args=[obj.conversation_id])
        return f"{thread}?around={obj.pk}#m{obj.pk}"

    @column(gettext_lazy("Message"))
    def who(self, message: Message) -> str:
        return markup.person(message.conversation.identity.customer, labels.snippet(message))

    @column(gettext_lazy("Direction"))
    def way(self, message: Message) -> str:
        return _("From us") if message.direction == Message.Direction.OUT else _("From the customer")

    @column(gettext_lazy("Source"))
    def source_name(self, message: Message) -> str:
        return labels.source_chip(message)

    @column(gettext_lazy("Channel"))
    def channel_name(self, message: Message) -> str:
        return markup.chip(message.channel)

    @column(gettext_lazy("Time"))
    def when(self, message: Message) -> str:
        return markup.ago(message.at)

    @column(gettext_lazy("Conversation"))
    def thread_link(self, message: Message) -> str:
        return markup.link(self.row_url(message), message.conversation.identity.customer)

    @column(gettext_lazy("Text"))
    def whole_text(self, message: Message) -> str:
        if message.deleted_at:
            return labels.snippet(message)
        return format_html('<div class="mc-text" dir="auto">{}</div>', message.text) if message.text else ""

    @column(gettext_lazy("Came by"))
    def origin(self, message: Message) -> str:
        for kind, row in (("adcampaign", message.ad), ("post", message.post)):
            if row:
                return markup.link(reverse(f"admin:campaigns_{kind}_change", args=[row.pk]), row)
        return ""

    @column(gettext_lazy("Attachments"))
    def attachments_list(self, message: Message) -> str:
        return markup.chips([labels.kind_name(item.type) for item in message.attachments.all()], most=10)

    @column(gettext_lazy("Status"))
    def status_name(self, message: Message) -> str:
        status = MessageStatus(message.status)
        return markup.chip(status.label, labels.STATUS_TONES.get(status, "neutral"))

    @column(gettext_lazy("Written by"))
    def author_name(self, message: Message) -> str:
        return markup.words(message.author) if message.author else ""

    @column(gettext_lazy("Id on the platform"))
    def platform_id(self, message: Message) -> str:
        return markup.left_to_right(message.external_id) if message.external_id else ""

    @column(gettext_lazy("Referral as received"))
    def referral_data(self, message: Message) -> str:
        return markup.json_block(message.referral) if message.referral else ""
