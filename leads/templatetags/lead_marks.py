"""Filters of the templates of leads."""

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from leads import markup, scoring
from leads.models import Lead, Stage
from leads.services.meanwhile import owner_as_seen, plan_as_seen, value_as_seen
from messaging.models import Message

register = template.Library()
AS_SEEN = {"owner": owner_as_seen, "value": value_as_seen, "plan": plan_as_seen}


@register.filter
def stage_chip(stage: Stage) -> SafeString:
    """The name of a stage in its colour."""
    return markup.stage_chip(stage)


@register.filter
def priority_chip(lead: Lead) -> SafeString:
    """How urgent a lead is, where that is more than usual."""
    return markup.priority_chip(lead)


@register.filter
def money(value: Decimal | None, currency: str) -> SafeString:
    """A value with its currency."""
    return markup.money(value, currency)


@register.filter
def planned(when: datetime | None) -> SafeString:
    """The time of a planned step, red once it has passed."""
    return markup.planned(when)


@register.filter
def source_chip(lead: Lead) -> SafeString:
    """How a lead first came."""
    return markup.source_chip(lead)


@register.filter
def score_ring(score: int) -> SafeString:
    """A ring with the score in it."""
    return markup.score_ring(score)


@register.filter
def message_url(message: Message) -> str:
    """Where a message is marked in its conversation."""
    return markup.message_url(message.conversation_id, message.pk)


@register.filter
def seen(lead: Lead, what: str) -> str:
    """What a form keeps of the `owner`, `value` or `plan` that it shows."""
    return AS_SEEN[what](lead)


@register.filter
def signed(points: float) -> str:
    """Whole points with their sign, as people write it."""
    found = scoring.whole(points)
    return f"+{found}" if found > 0 else f"\N{MINUS SIGN}{-found}" if found else "0"
