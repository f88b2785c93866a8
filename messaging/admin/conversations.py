"""Conversations: the list by last activity, and the thread."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup, runtime_settings
from crm.admin.filters import ChannelFilter, Choices, SelectFilter, StaffFilter
from crm.admin.linked_filters import DaysFilter
from crm.admin.page_actions import ActionRefused, PageActions
from crm.admin.staff_admin import StaffAdmin, StaffList
from crm.markup import column
from crm.models import User
from crm.visibility import user_of, visible
from messaging import handoffs, services
from messaging.admin import labels, thread
from messaging.admin.bulk import BULK_ACTIONS
from messaging.admin.never_answered import NeverAnsweredFilter
from messaging.models import Conversation, Handoff, Message
from messaging.models.conversation import ConversationQuerySet

UNREAD_SHOWN = 99


class AssignedTabs(SelectFilter):
    """Mine, nobody's, everyone's."""

    title = gettext_lazy("assigned")
    parameter_name = "assigned"
    is_tabs = True

    def choices_for(self, request: HttpRequest) -> Choices:
        return [("me", gettext_lazy("Mine")), ("nobody", gettext_lazy("Unassigned"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(assignee=request.user.pk)
        return queryset.filter(assignee=None) if self.value() == "nobody" else queryset


class StartedFilter(DaysFilter):
    title = gettext_lazy("began")
    lookup = "started_at"


class StatusFilter(SelectFilter):
    """Open ones unless asked otherwise."""

    title = gettext_lazy("state")
    parameter_name = "status"
    everything = gettext_lazy("Open")

    def choices_for(self, request: HttpRequest) -> Choices:
        return [
            ("snoozed", gettext_lazy("Snoozed")),
            ("closed", gettext_lazy("Closed")),
            ("any", gettext_lazy("Open or closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted, ours = self.value(), cast("ConversationQuerySet", queryset)
        if wanted == "any":
            return queryset
        if wanted == "closed":
            return queryset.filter(status=Conversation.Status.CLOSED)
        now = timezone.now()
        return ours.snoozed(now) if wanted == "snoozed" else ours.awake(now)


class NeedFilter(SelectFilter):
    title = gettext_lazy("need")
    parameter_name = "need"
    everything = gettext_lazy("Any")

    def choices_for(self, request: HttpRequest) -> Choices:
        return [("answer", gettext_lazy("Waiting for our answer")), ("reading", gettext_lazy("Unread"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "answer":
            return queryset.filter(waiting_since__isnull=False)
        return queryset.unread() if self.value() == "reading" else queryset  # type: ignore[attr-defined]  # ours


class AssigneeFilter(StaffFilter):
    title = gettext_lazy("assignee")
    parameter_name = "assignee"
    lookup = "assignee"


class ConversationList(StaffList):
    """Adds the newest message to each row of the page, all by one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
        ids = Conversation.objects.filter(pk__in=[row.pk for row in rows]).values_list(Subquery(newest))
        messages = Message.objects.filter(pk__in=ids).only("conversation", "direction", "text", "type", "deleted_at")
        found = {message.conversation_id: message for message in messages}
        for row in rows:
            row.newest = found.get(row.pk)
        self.result_list = rows


@admin.register(Conversation)
class ConversationAdmin(PageActions, StaffAdmin):
    list_display = ("who", "unread", "waiting", "channel_name", "assignee_name", "last_activity")
    list_select_related = ("identity__customer", "channel", "assignee")
    list_filter = (
        AssignedTabs,
        StatusFilter,
        NeedFilter,
        ChannelFilter,
        AssigneeFilter,
        NeverAnsweredFilter,
        StartedFilter,
    )
    linked_lookups = ("identity__customer",)
    phone = {"who": "title", "last_activity": "end", "unread": "badge"}  # noqa: RUF012 - as in StaffAdmin
    search_fields = ("identity__customer__name",)
    search_help_text = gettext_lazy("Name, exact phone or e-mail")
    page_actions = (
        "read",
        "close",
        "reopen",
        "assign_to_me",
        "hand_back",
        "take_over",
        "complete_handoff",
        "give_to_bot",
    )
    bulk_actions = BULK_ACTIONS
    pages_if_restricted = 40
    list_display_more = ("state", "message_total", "began")
    orderings = (
        ("waiting", gettext_lazy("Waiting longest first"), ("waiting_since", "pk")),
        ("quiet", gettext_lazy("Longest quiet first"), ("last_activity_at", "pk")),
    )
    empty_icon = "forum"
    empty_title = gettext_lazy("No conversations yet")
    empty_hint = gettext_lazy("They appear here as customers write to your channels.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConversationList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("waiting_since", "pk") if request.GET.get("need") == "answer" else ("-last_activity_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        found: QuerySet[Conversation] = super().get_queryset(request)
        return found.defer("identity__customer__phone", "identity__customer__email", "channel__credentials")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        words = search_term.strip()
        if words:
            queryset = queryset.filter(identity__in=thread.identities_of_people_like(words))
        return queryset, False

    def row_class(self, obj: Conversation) -> str:
        return "mc-unread" if obj.unread_count else ""

    @column(gettext_lazy("Customer"))
    def who(self, row: Any) -> str:
        newest = row.newest
        if newest is None:
            return markup.person(row.identity.customer)
        ours = newest.direction == Message.Direction.OUT
        text = labels.snippet(newest)
        return markup.person(row.identity.customer, _("You: %(text)s") % {"text": text} if ours else text)

    @column(gettext_lazy("Unread"))
    def unread(self, row: Conversation) -> str:
        if not row.unread_count:
            return ""
        count = str(row.unread_count) if row.unread_count <= UNREAD_SHOWN else f"{UNREAD_SHOWN}+"
        return format_html('<span class="mc-count-badge" title="{}">{}</span>', _("Unread messages"), count)

    @column(gettext_lazy("Waiting"))
    def waiting(self, row: Conversation) -> str:
        if row.status == Conversation.Status.CLOSED:
            return markup.chip(_("Closed"))
        if row.waiting_since is None:
            return ""
        late = timedelta(minutes=runtime_settings.value_of("conversations.late_after_minutes"))
        return markup.ago(row.waiting_since, late=timezone.now() - row.waiting_since > late)

    @column(gettext_lazy("Channel"))
    def channel_name(self, row: Conversation) -> str:
        return markup.chip(row.channel, title=row.channel.platform_name)

    @column(gettext_lazy("Assignee"))
    def assignee_name(self, row: Conversation) -> str:
        return markup.words(row.assignee) if row.assignee else ""

    @column(gettext_lazy("Last activity"))
    def last_activity(self, row: Conversation) -> str:
        return markup.ago(row.last_activity_at)

    @column(gettext_lazy("State"))
    def state(self, row: Conversation) -> str:
        return row.get_status_display()

    @column(gettext_lazy("Messages"))
    def message_total(self, row: Conversation) -> str:
        return markup.grouped(row.message_count)

    @column(gettext_lazy("Began"))
    def began(self, row: Conversation) -> str:
        return markup.ago(row.started_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the thread. There is no form here: what can be done has buttons of its own."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        conversation = thread.conversation(visible(user_of(request), Conversation), object_id)
        if conversation is None:
            return self.does_not_exist(request, object_id)
        if not self.has_view_or_change_permission(request, conversation):
            raise PermissionDenied
        return thread.page(self, request, conversation)

    def do_read(self, request: HttpRequest, conversation: Conversation) -> str:
        up_to = parse_datetime(request.POST.get("up_to", "")) or timezone.now()
        if timezone.is_naive(up_to):
            raise ActionRefused(_("Open the conversation again."))
        services.mark_conversation_read(conversation_id=conversation.pk, up_to=min(up_to, timezone.now()))
        return _("Marked as read.")

    def do_close(self, request: HttpRequest, conversation: Conversation) -> str:
        services.close_conversation(conversation_id=conversation.pk)
        return _("Closed. Their next message opens a new conversation.")

    def do_reopen(self, request: HttpRequest, conversation: Conversation) -> str:
        try:
            services.reopen_conversation(conversation_id=conversation.pk)
        except services.AnotherIsOpen:
            raise ActionRefused(_("They have a newer open conversation; go on there.")) from None
        return _("Open again.")

    def do_assign_to_me(self, request: HttpRequest, conversation: Conversation) -> str:
        assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
        services.assign_conversation(conversation_id=conversation.pk, assignee=request.user)
        return _("Assigned to you.")

    def do_hand_back(self, request: HttpRequest, conversation: Conversation) -> str:
        services.assign_conversation(conversation_id=conversation.pk, assignee=None)
        return _("Nobody's now.")

    def do_take_over(self, request: HttpRequest, conversation: Conversation) -> str:
        try:
            handoffs.take_over(conversation_id=conversation.pk, user=user_of(request))
        except handoffs.HandoffRefused as refused:
            raise ActionRefused(str(refused)) from None
        return _("It is yours now; the bot writes nothing more.")

    def do_complete_handoff(self, request: HttpRequest, conversation: Conversation) -> str:
        handoff = Handoff.objects.open().filter(conversation=conversation).first()
        if handoff is None:
            raise ActionRefused(_("Nothing was handed over."))
        try:
            handoffs.complete_handoff(handoff_id=handoff.pk)
        except handoffs.HandoffRefused as refused:
            raise ActionRefused(str(refused)) from None
        return _("Done. The conversation stays yours.")

    def do_give_to_bot(self, request: HttpRequest, conversation: Conversation) -> str:
        try:
            handoffs.give_back(conversation_id=conversation.pk)
        except handoffs.HandoffRefused as refused:
            raise ActionRefused(str(refused)) from None
        return _("A bot has it now.")
