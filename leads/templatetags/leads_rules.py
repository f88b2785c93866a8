"""What the templates of rules show."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from crm.markup import chip, left_to_right
from leads.models import ScoringRule
from messaging.models import Message

register = template.Library()


@register.filter
def points_chip(points: int) -> SafeString:
    """Points with their sign, which stands on the left in every language."""
    return chip(left_to_right(f"{points:+d}"), "good" if points > 0 else "bad" if points else "neutral")


@register.filter
def rule_url(rule: ScoringRule) -> str:
    """The page of a scoring rule."""
    return reverse("admin:leads_scoringrule_change", args=[rule.pk])


@register.simple_tag
def message_sources() -> list[tuple[str, Any]]:
    """The ways that a message can come."""
    return list(Message.Source.choices)
