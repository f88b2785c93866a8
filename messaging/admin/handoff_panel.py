"""Beside a conversation: whether a bot has it, who was asked to take over and why, and the buttons for it."""

from typing import Any

import orjson
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from messaging.models import Conversation, Handoff


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


def newest_handoff(conversation: Conversation) -> Handoff | None:
    found = Handoff.objects.filter(conversation=conversation).select_related("assignee", "team", "requested_by")
    return found.order_by("-requested_at", "-pk").first()


def _waits(conversation: Conversation, handoff: Handoff | None) -> bool:
    """Tell whether a person is waited for; what a bot has is taken over by the button in the head of the page."""
    return not conversation.bot_owned and handoff is not None and handoff.status == Handoff.Status.PENDING


def _shown(value: Any) -> str:
    """Return what a program says of something, as it says it: an order number is no amount."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
