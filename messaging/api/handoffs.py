"""Handoffs in the API: asking for a person, reading, ending, rating; and what a bot did not know."""

from types import MappingProxyType
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.authentication import token_of
from crm.api.people import ColleagueField, TeamField
from crm.api.problems import Conflict
from crm.api.views import ApiViewSet
from messaging import handoffs
from messaging.api.conversations import CHANGE
from messaging.api.of_conversation import OfConversation
from messaging.models import Handoff

READ = "messaging.view_handoff"
MOST_BYTES = 64 * 1024


class HandoffSerializer(serializers.ModelSerializer[Handoff]):
    """A person was asked to go on in a conversation: waiting (`pending`), `assigned`, `completed` or `cancelled`."""

    class Meta:
        model = Handoff
        fields = (
            "id", "conversation", "status", "reason", "context", "by", "requested_by", "team", "assignee", "requested_at",
            "assigned_at", "completed_at", "rating", "feedback",
        )  # fmt: skip


class HandoffRequestSerializer(serializers.Serializer[Any]):
    """Why a person is wanted, what they should know (an object, 64 kB at most), and who, if somebody in particular."""

    reason = serializers.CharField(max_length=300)
    context = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]  # a field's name here
    team = TeamField(required=False, allow_null=True, default=None)
    assignee = ColleagueField(required=False, allow_null=True, default=None)

    def validate_context(self, context: dict[str, Any]) -> dict[str, Any]:
        if len(orjson.dumps(context)) > MOST_BYTES:
            raise serializers.ValidationError(_("The context holds 64 kB at most."))
        return context


class RatingSerializer(serializers.Serializer[Any]):
    """What the customer says of it, from 1 (poor) to 5."""

    rating = serializers.IntegerField(min_value=1, max_value=5)
    feedback = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class CompletionSerializer(serializers.Serializer[Any]):
    """With `back_to_bot` the bot goes on in the conversation."""

    back_to_bot = serializers.BooleanField(required=False, default=False)


class HandoffsAsked(serializers.Serializer[Any]):
    """What a list of handoffs is narrowed down by."""

    status = serializers.ChoiceField(Handoff.Status.choices, required=False)
    by = serializers.ChoiceField(Handoff.By.choices, required=False)
    assignee = serializers.IntegerField(required=False)
    team = serializers.IntegerField(required=False)
    conversation = serializers.IntegerField(required=False)


class AnswerSerializer(serializers.Serializer[Any]):
    """Whether the bot knew the answer."""

    understood = serializers.BooleanField()


class AnsweredSerializer(serializers.Serializer[Any]):
    """Failed answers in a row, and the handoff that is open now, if one is."""

    failed_answers = serializers.IntegerField()
    handoff = HandoffSerializer(allow_null=True)


def conflict(refused: handoffs.HandoffRefused) -> Conflict:
    """Return the answer to what a service refused, with the handoff as it stands."""
    code = "already_requested" if isinstance(refused, handoffs.AlreadyRequested) else "not_now"
    shown = HandoffSerializer(refused.handoff).data if refused.handoff else None
    return Conflict(code, str(refused), handoff=shown)


class HandoffsOfConversationViewSet(OfConversation):
    """Asking for a person in a conversation."""

    serializer_class = HandoffSerializer
    permissions = MappingProxyType({"list": READ, "create": CHANGE, "answered": CHANGE})

    def list(self, request: Request, pk: int) -> Response:
        """List the handoffs of a conversation."""
        self.asked(serializers.Serializer)
        return self.page(Handoff.objects.filter(conversation=self.conversation()))

    @extend_schema(request=HandoffRequestSerializer, responses={201: HandoffSerializer})
    def create(self, request: Request, pk: int) -> Response:
        """Ask for a person. The bot may go on until one takes over."""
        conversation = self.conversation()
        by = Handoff.By.BOT if token_of(request).is_bot else Handoff.By.API
        wanted = handoffs.Request(by=by, user=self.user, **self.given(HandoffRequestSerializer))
        try:
            handoff = handoffs.request_handoff(conversation_id=conversation.pk, request=wanted)
        except handoffs.HandoffRefused as refused:
            raise conflict(refused) from None
        return Response(HandoffSerializer(handoff).data, status=201)

    @extend_schema(request=AnswerSerializer, responses=AnsweredSerializer)
    def answered(self, request: Request, pk: int) -> Response:
        """Say whether the bot knew the answer; after too many failures in a row a person is asked for."""
        conversation = self.conversation()
        understood = self.given(AnswerSerializer)["understood"]
        try:
            counted, handoff = handoffs.note_answer(
                conversation_id=conversation.pk, understood=understood, user=self.user
            )
        except handoffs.HandoffRefused as refused:
            raise conflict(refused) from None
        told = {"failed_answers": counted.failed_answers, "handoff": handoff}
        return Response(AnsweredSerializer(told).data)


class HandoffViewSet(ApiViewSet):
    """Handoffs of conversations that the token's colleague sees."""

    model = Handoff
    serializer_class = HandoffSerializer
    permissions = MappingProxyType(
        {"list": READ, "retrieve": READ, "complete": CHANGE, "cancel": CHANGE, "rate": CHANGE}
    )

    @extend_schema(parameters=[HandoffsAsked])
    def list(self, request: Request) -> Response:
        """List handoffs."""
        return self.page(self.get_queryset().filter(**self.asked(HandoffsAsked)))

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a handoff."""
        return Response(HandoffSerializer(self.row()).data)

    @extend_schema(request=CompletionSerializer)
    def complete(self, request: Request, pk: int) -> Response:
        """Note that the person is done."""
        return self._changed(handoffs.complete_handoff, **self.given(CompletionSerializer))

    @extend_schema(request=None)
    def cancel(self, request: Request, pk: int) -> Response:
        """Take the request for a person back."""
        return self._changed(handoffs.cancel_handoff)

    @extend_schema(request=RatingSerializer)
    def rate(self, request: Request, pk: int) -> Response:
        """Keep what the customer says of a completed handoff."""
        return self._changed(handoffs.rate_handoff, **self.given(RatingSerializer))

    def _changed(self, service: Any, **values: Any) -> Response:
        try:
            return Response(HandoffSerializer(service(handoff_id=self.row().pk, **values)).data)
        except handoffs.HandoffRefused as refused:
            raise conflict(refused) from None
