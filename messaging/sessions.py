"""What a bot keeps of a conversation: a state, a profile, things that were named, what it recommends.

Each write names the turn that it follows. What comes late or twice changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from crm import runtime_settings
from messaging.bots import lock
from messaging.models import Conversation

#: The columns of a conversation that hold what a session says.
FIELDS = ("session_state", "session_profile", "key_entities", "current_recommendations")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a bot says in a turn; it takes the place of all that it said before."""

    state: str = ""
    profile: dict[str, Any]
    key_entities: dict[str, Any]
    current_recommendations: list[Any]

    def is_same_as(self, other: "Said") -> bool:
        return _plain(self) == _plain(other)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session as it stands after `turn` turns. Expired: nothing is said any more, but the turns go on counting."""

    turn: int
    said: Said
    expires_at: datetime | None
    expired: bool


class TurnPassed(Exception):
    """A write follows a turn that is not the last one; `session` is how things stand."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.turn)
        self.session = session


def session_of(conversation: Conversation) -> Session:
    """Return the session of a conversation as it stands now."""
    expires_at = conversation.session_expires_at
    expired = expires_at is not None and expires_at <= timezone.now()
    said = Said(profile={}, key_entities={}, current_recommendations=[]) if expired else _said(conversation)
    return Session(turn=conversation.session_turn, said=said, expires_at=expires_at, expired=expired)


@transaction.atomic
def write_session(*, conversation_id: int, follows: int, said: Said) -> Session:
    """Keep what a bot says in the turn after `follows`. The very same said again is answered with how it stands.

    Raises:
        TurnPassed: another turn is the last one.
    """
    conversation = lock(conversation_id)
    session = session_of(conversation)
    if follows == session.turn - 1 and not session.expired and said.is_same_as(session.said):
        return session
    if follows != session.turn:
        raise TurnPassed(session)
    conversation.session_state, conversation.session_profile = said.state, said.profile
    conversation.key_entities, conversation.current_recommendations = said.key_entities, said.current_recommendations
    conversation.session_turn = follows + 1
    hours: int = runtime_settings.value_of("bots.session_hours")
    conversation.session_expires_at = timezone.now() + timedelta(hours=hours)
    conversation.save(update_fields=[*FIELDS, "session_turn", "session_expires_at", "updated_at"])
    return session_of(conversation)


def _said(conversation: Conversation) -> Said:
    return Said(
        state=conversation.session_state,
        profile=conversation.session_profile,
        key_entities=conversation.key_entities,
        current_recommendations=conversation.current_recommendations,
    )


def _plain(said: Said) -> bytes:
    """Return what two are compared by: JSON, in which 1 is not true."""
    parts = (said.state, said.profile, said.key_entities, said.current_recommendations)
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
