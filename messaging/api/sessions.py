"""The session of a bot in a conversation."""

from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.problems import Conflict
from messaging.api.conversations import CHANGE, READ
from messaging.api.of_conversation import OfConversation
from messaging.models import Conversation
from messaging.sessions import Said, Session, TurnPassed, session_of, write_session

MOST_BYTES = 64 * 1024
LAST_TURN = 2**31 - 2


class SaidSerializer(serializers.Serializer[Any]):
    """What the bot says in the turn after `turn`; what is left out is empty then. 64 kB at most."""

    turn = serializers.IntegerField(min_value=0, max_value=LAST_TURN, help_text="The turn that this follows.")
    state = serializers.CharField(max_length=50, required=False, allow_blank=True, default="")
    profile = serializers.DictField(required=False, default=dict)
    key_entities = serializers.DictField(required=False, default=dict)
    current_recommendations = serializers.ListField(required=False, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(orjson.dumps(attrs)) > MOST_BYTES:
            raise serializers.ValidationError(_("A session holds 64 kB at most."))
        return attrs


class SessionSerializer(serializers.Serializer[Any]):
    """A session after `turn` turns. Once it expired it is empty, and the next write still follows this turn."""

    turn = serializers.IntegerField()
    state = serializers.CharField()
    profile = serializers.DictField()
    key_entities = serializers.DictField()
    current_recommendations = serializers.ListField()
    expires_at = serializers.DateTimeField(allow_null=True)
    expired = serializers.BooleanField()


class SessionViewSet(OfConversation):
    """What a bot keeps of a conversation, turn by turn."""

    serializer_class = SessionSerializer
    pagination_class = None
    deferred = ()
    permissions = MappingProxyType({"retrieve": READ, "update": CHANGE})

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read the session of a conversation."""
        conversation: Conversation = self.conversation()
        return Response(_shown(session_of(conversation)))

    @extend_schema(request=SaidSerializer)
    def update(self, request: Request, pk: int) -> Response:
        """Write the session in the turn after `turn`.

        The very same again is answered as before; what comes late is answered with 409 and the session as it stands.
        """
        conversation = self.conversation()
        given = self.given(SaidSerializer)
        follows = given.pop("turn")
        try:
            session = write_session(conversation_id=conversation.pk, follows=follows, said=Said(**given))
        except TurnPassed as passed:
            words = _("The session is at turn %(turn)d already.") % {"turn": passed.session.turn}
            if follows > passed.session.turn:
                words = _("The session is at turn %(turn)d only.") % {"turn": passed.session.turn}
            raise Conflict("turn_passed", words, session=_shown(passed.session)) from None
        return Response(_shown(session))


def _shown(session: Session) -> Any:
    told = {"turn": session.turn, **asdict(session.said), "expires_at": session.expires_at, "expired": session.expired}
    return SessionSerializer(told).data
