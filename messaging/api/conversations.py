"""Conversations in the API: list, read, close, reopen, assign, and who has them."""

from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.people import ColleagueField
from crm.api.problems import Conflict
from crm.api.views import ApiViewSet
from crm.models import Channel
from messaging import services
from messaging.bots import PersonHasIt, hold_conversation
from messaging.models import Conversation

READ, CHANGE = "messaging.view_conversation", "messaging.change_conversation"
DEFERRED = (
    "channel__credentials", "identity__customer__phone", "identity__customer__email", "session_profile", "key_entities",
    "current_recommendations",
)  # fmt: skip


class ChannelOfSerializer(serializers.ModelSerializer[Channel]):
    """Where a conversation takes place."""

    class Meta:
        model = Channel
        fields = ("id", "slug", "platform", "name")


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A conversation. `bot_owned`: a bot has it, and people write notes only until one takes it over."""

    channel = ChannelOfSerializer()
    customer = serializers.IntegerField(source="identity.customer_id")
    customer_name = serializers.CharField(source="identity.customer.name")

    class Meta:
        model = Conversation
        fields = (
            "id", "channel", "customer", "customer_name", "status", "assignee", "team", "bot_owned", "failed_answers",
            "started_at", "last_activity_at", "last_inbound_at", "answered_at", "waiting_since", "message_count",
            "unread_count", "snoozed_until", "closed_at", "updated_at",
        )  # fmt: skip


class ConversationsAsked(serializers.Serializer[Any]):
    """What a list of conversations is narrowed down by. `assignee`: an id, `me` or `none`; `waiting`: for our answer."""

    status = serializers.ChoiceField(Conversation.Status.choices, required=False)
    channel = serializers.SlugField(required=False, max_length=50)
    customer = serializers.IntegerField(required=False)
    assignee = serializers.RegexField(r"^(me|none|[0-9]{1,18})$", required=False)
    waiting = serializers.BooleanField(required=False)
    bot_owned = serializers.BooleanField(required=False)
    active_since = serializers.DateTimeField(required=False)


class AssigneeSerializer(serializers.Serializer[Any]):
    """To whom a conversation is given; null: to nobody."""

    assignee = ColleagueField(allow_null=True)


class ConversationViewSet(ApiViewSet):
    """Conversations that the token's colleague sees."""

    model = Conversation
    serializer_class = ConversationSerializer
    related = ("channel", "identity__customer")
    deferred = DEFERRED
    permissions = MappingProxyType(
        {"list": READ, "retrieve": READ, "close": CHANGE, "reopen": CHANGE, "assign": CHANGE, "hold": CHANGE}
    )

    @extend_schema(parameters=[ConversationsAsked])
    def list(self, request: Request) -> Response:
        """List conversations."""
        return self.page(_narrowed(self.get_queryset(), self.asked(ConversationsAsked), self.user.pk))

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a conversation."""
        return self._shown(pk)

    @extend_schema(request=None)
    def close(self, request: Request, pk: int) -> Response:
        """Close a conversation; the customer's next message opens a new one."""
        services.close_conversation(conversation_id=self.row().pk)
        return self._shown(pk)

    @extend_schema(request=None)
    def reopen(self, request: Request, pk: int) -> Response:
        """Open a closed conversation again."""
        row = self.row()
        try:
            services.reopen_conversation(conversation_id=row.pk)
        except services.AnotherIsOpen:
            newer = Conversation.objects.open().get(identity=row.identity_id)
            words = "The customer has a newer open conversation."
            raise Conflict("another_is_open", words, conversation=newer.pk) from None
        return self._shown(pk)

    @extend_schema(request=AssigneeSerializer)
    def assign(self, request: Request, pk: int) -> Response:
        """Give a conversation to a colleague, or to nobody. A bot that has it keeps it."""
        row = self.row()
        assignee = self.given(AssigneeSerializer)["assignee"]
        services.assign_conversation(conversation_id=row.pk, assignee=assignee)
        return Response(ConversationSerializer(Conversation.objects.select_related(*self.related).get(pk=pk)).data)

    @extend_schema(request=None)
    def hold(self, request: Request, pk: int) -> Response:
        """Let the bot have a conversation that no person has."""
        row = self.row()
        if not getattr(request.auth, "is_bot", False):
            raise Conflict("not_a_bot", "Only the token of a bot can have a conversation.")
        try:
            hold_conversation(conversation_id=row.pk)
        except PersonHasIt as refused:
            raise Conflict("person_has_it", str(refused)) from None
        return self._shown(pk)

    def _shown(self, pk: int) -> Response:
        return Response(ConversationSerializer(self.row()).data)


def _narrowed(rows: QuerySet[Conversation], asked: dict[str, Any], user_id: int) -> QuerySet[Conversation]:
    for name, lookup in (
        ("status", "status"),
        ("channel", "channel__slug"),
        ("customer", "identity__customer"),
        ("bot_owned", "bot_owned"),
        ("active_since", "last_activity_at__gt"),
    ):
        if name in asked:
            rows = rows.filter(**{lookup: asked[name]})
    if "assignee" in asked:
        named = {"me": user_id, "none": None}
        rows = rows.filter(assignee=named.get(asked["assignee"], asked["assignee"]))
    if "waiting" in asked:
        rows = rows.filter(waiting_since__isnull=not asked["waiting"])
    return rows
