"""Asking the inbox as a colleague, in tests."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from crm.tests.factories import make_channel, make_customer, make_identity
from messaging.models import Conversation
from messaging.tests.factories import make_conversation, make_message

MINUTE = timedelta(minutes=1)


def talk_with(name: str, *, minutes: int = 5, platform: str = "telegram", **fields: Any) -> Conversation:
    """Make a conversation in which somebody wrote so many minutes ago."""
    at = timezone.now() - minutes * MINUTE
    channel = fields.pop("channel", None) or make_channel(platform)
    identity = make_identity(channel, customer=make_customer(name=name), last_inbound_at=at, key=("chat", str(minutes)))
    values = {"last_inbound_at": at, "last_activity_at": at, "started_at": at, "unread_count": 1, "waiting_since": at}
    talk = make_conversation(identity, **values | fields)
    make_message(talk, text=f"{name} asks", at=at)
    return talk


def url_of(name: str, *args: Any) -> str:
    return reverse(f"admin:inbox{name and '_'}{name}", args=args)


def listed(client: Client, **query: Any) -> list[str]:
    """Return the names in the list, in order."""
    response = client.get(url_of(""), query)
    assert response.status_code == 200
    return [str(row.conversation.identity.customer) for row in response.context["rows"]]


def poll(client: Client, **query: Any) -> dict[str, Any]:
    response = client.get(url_of("poll"), query)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def send(client: Client, talk: Conversation, expected: int = 200, **values: Any) -> dict[str, Any]:
    response = client.post(url_of("send", talk.pk), values)
    assert response.status_code == expected, response.content
    found: dict[str, Any] = response.json()
    return found


def queries_of(client: Client, url: str, **query: Any) -> list[str]:
    """Return the statements that an answer takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, query).status_code == 200
    return [found["sql"] for found in captured]


def asks_of_inbox(statements: list[str]) -> list[str]:
    """Return those that are not about who asks."""
    about_who = ('FROM "crm_user"', "FROM auth_permission", "django_session")
    return [sql for sql in statements if not any(part in sql for part in about_who)]


def teammate(user: User, name: str) -> User:
    return User.objects.create(email=f"{name.lower()}@shop.example", full_name=name, team=user.team)
