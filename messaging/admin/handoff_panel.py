"""Beside a conversation: whether a bot has it, who was asked to take over and why, and the buttons for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm.models import Team, User
from messaging.models import Conversation, Handoff

OWN = ("id", "status", "reason", "context", "by", "requested_at", "rating", "feedback")
#: What of colleagues and team is shown is their name.
OTHERS: dict[str, tuple[Any, Callable[[str], Any]]] = {
    "assignee": (
        Coalesce(NullIf("assignee__full_name", Value("")), "assignee__email"),
        lambda name: User(full_name=name),
    ),
    "requested_by": (
        Coalesce(NullIf("requested_by__full_name", Value("")), "requested_by__email"),
        lambda name: User(full_name=name),
    ),
    "team": (F("team__name"), lambda name: Team(name=name)),
}


def handoff_panel(request: HttpRequest, conversation: Conversation) -> SafeString | str:
    """Return the card; empty where no bot has anything to do with the conversation."""
    handoff = newest_handoff(conversation)
    if handoff is None and not conversation.bot_owned:
        return ""
    is_open = handoff is not None and handoff.is_open
    context: dict[str, Any] = {
        "conversation": conversation,
        "handoff": handoff,
        "is_open": is_open,
        "facts": [(name, _shown(value)) for name, value in handoff.context.items()] if handoff else [],
        "may_take_over": _waits(conversation, handoff),
        "may_complete": handoff is not None and handoff.status == Handoff.Status.ASSIGNED,
        "may_change": request.user.has_perm("messaging.change_conversation"),
        "action_prefix": "admin:messaging_conversation_",
    }
    return render_to_string("migochat/handoff_card.html", context, request)


def with_newest_handoff(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Read along what the card shows of each conversation's newest handoff, in the same query."""
    newest = Handoff.objects.filter(conversation=OuterRef("pk")).order_by("-requested_at", "-pk")
    shown = {name: name for name in OWN} | {name: path for name, (path, _) in OTHERS.items()}
    return conversations.annotate(handoff_row=Subquery(newest.values(row=JSONObject(**shown))[:1]))


def newest_handoff(conversation: Any) -> Handoff | None:
    """Return what `with_newest_handoff` read along, as far as the card shows it."""
    row = conversation.handoff_row
    if row is None:
        return None
    handoff = Handoff(**{name: row[name] for name in OWN})
    handoff.requested_at = datetime.fromisoformat(row["requested_at"])
    for name, (_, made_of) in OTHERS.items():
        if row[name]:
            setattr(handoff, name, made_of(row[name]))
    return handoff


def _waits(conversation: Conversation, handoff: Handoff | None) -> bool:
    """Tell whether a person is waited for; what a bot has is taken over by the button in the head of the page."""
    return not conversation.bot_owned and handoff is not None and handoff.status == Handoff.Status.PENDING


def _shown(value: Any) -> str:
    """Return what a program says of something, as it says it: an order number is no amount."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
