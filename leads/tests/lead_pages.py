"""What the tests of a lead's page share."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from crm.tests.factories import make_identity
from leads.models import (
    Lead,
    ScoreEntry,
    ScoringRule,
)
from messaging.models import Conversation, Message
from messaging.tests.factories import make_conversation, make_message


def url(lead: Lead, part: str = "change") -> str:
    return f"/admin/leads/lead/{lead.pk}/{part}/"


def page(client: Client, lead: Lead, part: str = "change", query: str = "") -> str:
    response = client.get(url(lead, part) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def post(client: Client, lead: Lead, action: str, **data: Any) -> Any:
    """Post as HTMX does."""
    response = client.post(url(lead, action), data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response


def talk(lead: Lead, **fields: Any) -> Conversation:
    return make_conversation(make_identity(customer=lead.customer), **fields)


def rule(name: str, points: int, ceiling: int = 100, half_life: int | None = None) -> ScoringRule:
    return ScoringRule.objects.create(
        name=name, looks_for="message", points=points, ceiling=ceiling, half_life_days=half_life, order=1
    )


def scored(lead: Lead, scoring_rule: ScoringRule, *texts: str, days_ago: float = 0) -> list[Message]:
    at = timezone.now() - timedelta(days=days_ago)
    messages = [make_message(talk(lead), text=text, at=at) for text in texts]
    for message in messages:
        ScoreEntry.objects.create(lead=lead, rule=scoring_rule, message=message, points=scoring_rule.points, at=at)
    return messages
