"""Beside a conversation: whether a bot has it, who was asked to take over and why, and the buttons for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm.models import Team, User
from messaging.models import Conversation, Handoff

OWN = ("id", "status", "reason", "context", "by", "requested_at", "rating", "feedback")
#: Of colleagues and team only the name is shown.
OTHERS: dict[str, Callable[[str], Any]] = {
    "assignee": lambda name: User(full_name=name),
    "requested_by": lambda name: User(full_name=name),
    "team": lambda name: Team(name=name),
}
#: What the card shows of the newest handoff of a row `messaging_conversation`; as querysets it took longer to write than to answer.
NEWEST = f"""(
    SELECT jsonb_build_object(
        {", ".join(f"'{name}', handoff.{name}" for name in OWN)},
        'assignee', coalesce(nullif(assignee.full_name, ''), assignee.email),
        'requested_by', coalesce(nullif(requester.full_name, ''), requester.email),
        'team', team.name
    )
    FROM messaging_handoff AS handoff
    LEFT JOIN crm_user AS assignee ON assignee.id = handoff.assignee_id
    LEFT JOIN crm_user AS requester ON requester.id = handoff.requested_by_id
    LEFT JOIN crm_team AS team ON team.id = handoff.team_id
    WHERE handoff.conversation_id = messaging_conversation.id
    ORDER BY handoff.requested_at DESC, handoff.id DESC LIMIT 1
)"""  # noqa: S608 - put together of our own names


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
    return conversations.annotate(handoff_row=RawSQL(NEWEST, (), JSONField()))  # noqa: S611 - our own constant


def newest_handoff(conversation: Any) -> Handoff | None:
    """Return what `with_newest_handoff` read along, as far as the card shows it."""
    row = conversation.handoff_row
    if row is None:
        return None
    handoff = Handoff(**{name: row[name] for name in OWN})
    handoff.requested_at = datetime.fromisoformat(row["requested_at"])
    for name, made_of in OTHERS.items():
        if row[name]:
            setattr(handoff, name, made_of(row[name]))
    return handoff


def _waits(conversation: Conversation, handoff: Handoff | None) -> bool:
    """Tell whether a person is waited for; what a bot has is taken over by the button in the head of the page."""
    return not conversation.bot_owned and handoff is not None and handoff.status == Handoff.Status.PENDING


def _shown(value: Any) -> str:
    """Return what a program says of something, as it says it: an order number is no amount."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
