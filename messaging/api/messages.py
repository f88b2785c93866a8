"""Messages in the API: those of a conversation, one, and sending."""

from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.authentication import token_of
from crm.api.problems import Conflict, Problem, Unprocessable
from crm.api.views import ApiViewSet
from messaging.api.drafts import DraftSerializer, draft_from
from messaging.api.of_conversation import OfConversation
from messaging.bots import BotHasIt, PersonHasIt
from messaging.models import Attachment, Message, MessageStatus
from messaging.sending.failures import failure_of
from messaging.sending.limits import TooLong
from messaging.sending.queueing import queue_message
from messaging.sending.reactions import react
from messaging.sending.refusals import AnsweredMeanwhile, Refused

READ, SEND = "messaging.view_message", "messaging.change_conversation"
STATUSES = tuple(status.name.lower() for status in MessageStatus)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file, location or contact of a message. `url` is where the platform has it, as long as it does."""

    class Meta:
        model = Attachment
        fields = ("id", "type", "name", "mime_type", "size", "url", "extra")


class OwnReactionSerializer(serializers.Serializer[Any]):
    """Our reaction to a message of theirs; `failure` says why the platform does not have it, for people."""

    emoji = serializers.CharField()
    state = serializers.ChoiceField(("queued", "sent", "failed"))
    failure = serializers.CharField()


class ReactionWishedSerializer(serializers.Serializer[Any]):
    """The emoji to put on a message of theirs in place of an earlier one of ours; empty: none."""

    emoji = serializers.CharField(max_length=50, allow_blank=True)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message. `failure` says why one of ours was not sent, for people; `error` is the platform's code."""

    status = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()
    attachments = AttachmentSerializer(many=True)
    own_reaction = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = (
            "id", "conversation", "direction", "type", "text", "payload", "status", "failure", "error", "at", "sent_at",
            "received_at", "author", "automated", "source", "post", "ad", "comment_id", "external_id", "reply_to",
            "reactions", "own_reaction", "edited_at", "deleted_at", "attachments",
        )  # fmt: skip

    @extend_schema_field({"type": "string", "enum": list(STATUSES)})
    def get_status(self, row: Message) -> str:
        return MessageStatus(row.status).name.lower()

    def get_failure(self, row: Message) -> str:
        outgoing = getattr(row, "outgoing", None)
        if outgoing and row.status == MessageStatus.FAILED and not row.deleted_at:
            return failure_of(row, outgoing, row.conversation).words
        return outgoing.reason_text if outgoing else ""

    @extend_schema_field(OwnReactionSerializer(allow_null=True))
    def get_own_reaction(self, row: Message) -> dict[str, str] | None:
        own = getattr(row, "own_reaction", None)
        return {"emoji": own.emoji, "state": own.state, "failure": own.reason_text} if own and own.state else None


class MessagesAsked(serializers.Serializer[Any]):
    """What a list of messages is narrowed down by."""

    direction = serializers.ChoiceField(Message.Direction.choices, required=False)


def _complete(rows: QuerySet[Message]) -> QuerySet[Message]:
    related = ("outgoing", "own_reaction", "conversation__identity", "conversation__channel")
    unneeded = ("text_folded", "external_key", "conversation__channel__credentials")
    return rows.select_related(*related).prefetch_related("attachments").defer(*unneeded)


class MessagesOfConversationViewSet(OfConversation):
    """Messages of a conversation, and sending one."""

    serializer_class = MessageSerializer
    permissions = MappingProxyType({"list": READ, "create": SEND})

    @extend_schema(parameters=[MessagesAsked], responses=MessageSerializer(many=True))
    def list(self, request: Request, pk: int) -> Response:
        """List the messages of a conversation, in the order in which they were stored."""
        rows = _complete(Message.objects.filter(conversation=self.conversation()))
        asked = self.asked(MessagesAsked)
        return self.page(rows.filter(**asked))

    @extend_schema(request=DraftSerializer, responses={202: MessageSerializer})
    def create(self, request: Request, pk: int) -> Response:
        """Send a message: it is queued, and its status tells what becomes of it.

        A bot's first message makes the conversation the bot's; see `bot_owned`.
        """
        conversation = self.conversation()
        given = self.given(DraftSerializer)
        try:
            message = queue_message(
                conversation_id=conversation.pk,
                draft=draft_from(conversation, given),
                author=self.user,
                automated=token_of(request).is_bot,
                seen_up_to=given.get("seen_up_to"),
            )
        except AnsweredMeanwhile as faster:
            raise Conflict("answered_meanwhile", "A colleague has answered since.", message=faster.message.pk) from None
        except Refused as refused:
            raise refusal(refused) from None
        return Response(MessageSerializer(_complete(Message.objects.all()).get(pk=message.pk)).data, status=202)


class MessageViewSet(ApiViewSet):
    """Messages that the token's colleague sees."""

    model = Message
    serializer_class = MessageSerializer
    permissions = MappingProxyType({"retrieve": READ, "react": SEND})

    def get_queryset(self) -> QuerySet[Any]:
        return _complete(super().get_queryset())

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a message."""
        return Response(MessageSerializer(self.row()).data)

    @extend_schema(request=ReactionWishedSerializer)
    def react(self, request: Request, pk: int) -> Response:
        """Put our reaction on a message of theirs, change it, or take it off; what becomes of it shows in `own_reaction`."""
        row = self.row()
        emoji = self.given(ReactionWishedSerializer)["emoji"]
        try:
            react(message_id=row.pk, emoji=emoji, author=self.user, automated=token_of(request).is_bot)
        except Refused as refused:
            raise refusal(refused) from None
        return Response(MessageSerializer(self.row()).data)


def refusal(refused: Refused) -> Problem:
    """Return what a program reads of something that may not be sent."""
    if isinstance(refused, TooLong):
        return Unprocessable("too_long", str(refused))
    codes = {BotHasIt: "bot_has_it", PersonHasIt: "person_has_it"}
    return Conflict(codes.get(type(refused), "not_allowed"), str(refused))
