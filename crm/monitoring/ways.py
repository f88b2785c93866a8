"""How administrators are told of incidents: by e-mail and by a webhook. Nothing of a customer is ever told."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.validators import EmailValidator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import runtime_settings
from crm.models import Incident, IncidentNotice, Severity
from crm.monitoring.posting import PostError, checked, post
from crm.notices_mail import mail_is_set_up
from crm.runtime_settings import Declared, declare

ALERTS = gettext_lazy("Alerts")
SIGNATURE = "X-Migochat-Signature-256"
Way = IncidentNotice.Way
Event = IncidentNotice.Event
Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an incident."""

    incident: str
    event: str
    key: str
    severity: str
    title: str
    summary: str
    advice: str
    first_seen_at: datetime
    closed_at: datetime | None = None

    @classmethod
    def of(cls, incident: Incident, event: str) -> "Told":
        return cls(
            str(incident.pk),
            event,
            incident.key,
            Severity(incident.severity).name.lower(),
            incident.title,
            incident.summary,
            incident.advice,
            incident.first_seen_at,
            incident.closed_at,
        )


def ways_set_up(read: Read = runtime_settings.value_of) -> list[str]:
    """Return the ways that can be gone; `read` is where settings come from."""
    ways: list[str] = []
    if mail_is_set_up() and addresses(read("alerts.mail_to")):
        ways.append(Way.MAIL)
    if read("alerts.webhook_url"):
        ways.append(Way.WEBHOOK)
    return ways


def tell(way: str, told: Told, read: Read = runtime_settings.value_of) -> None:
    """Tell in one way.

    Raises:
        OSError: it could not be told; as the errors of mail servers are, too.
        PostError: the webhook did not take it.
    """
    if way == Way.MAIL:
        mail(told, addresses(read("alerts.mail_to"))).send()
    else:
        call(told, read("alerts.webhook_url"), read("alerts.webhook_secret"))


def addresses(text: str) -> list[str]:
    """Return the addresses of a list separated by commas. Raises `ValueError` for what is none."""
    found = [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    for address in found:
        if not EmailValidator.user_regex.match(address.partition("@")[0]) or "." not in address.partition("@")[2]:
            raise ValueError(_("%(address)s is no e-mail address.") % {"address": address})
    return found


def mail(told: Told, to: Iterable[str]) -> EmailMessage:
    """Return the e-mail that tells it."""
    heads = {
        Event.OPENED.value: _("[Migochat] %(severity)s: %(title)s"),
        Event.WORSE.value: _("[Migochat] Got worse, %(severity)s: %(title)s"),
        Event.CLOSED.value: _("[Migochat] Over: %(title)s"),
    }
    subject = heads[told.event] % {"severity": told.severity, "title": " ".join(told.title.split())}
    where = settings.PUBLIC_BASE_URL + reverse("admin:health")
    lines = [told.summary, told.advice if told.event != Event.CLOSED else "", where]
    return EmailMessage(
        subject=subject,
        body="\n\n".join(line for line in lines if line) + "\n",
        to=list(to),
        headers={"Auto-Submitted": "auto-generated"},
    )


def call(told: Told, url: str, secret: str) -> None:
    """Post it as JSON, signed with HMAC-SHA256 over the body where there is a secret.

    Raises:
        PostError: it was not taken.
    """
    facts = {
        "incident": told.incident,
        "event": told.event,
        "key": told.key,
        "severity": told.severity,
        "title": told.title,
        "summary": told.summary,
        "advice": told.advice,
        "since": told.first_seen_at.isoformat(),
        "until": told.closed_at.isoformat() if told.closed_at else None,
        "url": settings.PUBLIC_BASE_URL + reverse("admin:health"),
    }
    body = json.dumps(facts, ensure_ascii=False).encode()
    post(url, body, headers=signed(body, secret))


def signed(body: bytes, secret: str) -> Mapping[str, str]:
    """Return the headers of a body."""
    headers = {"Content-Type": "application/json", "User-Agent": "Migochat"}
    if secret:
        headers[SIGNATURE] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return MappingProxyType(headers)


def _check_url(url: str) -> None:
    try:
        checked(url)
    except PostError as error:
        raise ValueError(str(error)) from None


def _whole_number(key: str, default: int, most: int, title: Any, text: Any) -> Declared:
    return Declared(f"alerts.{key}", "whole number", default, title, text, ALERTS, minimum=0, maximum=most)


declare(
    Declared(
        "alerts.mail_to",
        "text",
        "",
        gettext_lazy("Tell these addresses"),
        gettext_lazy(
            "E-mail addresses, separated by commas. Each is told once when something goes wrong and once when it is over."
        ),
        ALERTS,
        check=addresses,
    ),
    Declared(
        "alerts.webhook_url",
        "text",
        "",
        gettext_lazy("Webhook for alerts"),
        gettext_lazy("An https address of the internet that takes a POST of JSON, such as that of a pager or a chat."),
        ALERTS,
        sensitive=True,
        check=_check_url,
    ),
    Declared(
        "alerts.webhook_secret",
        "text",
        "",
        gettext_lazy("Secret of the webhook"),
        gettext_lazy("The body is signed with it by HMAC-SHA256, in the header X-Migochat-Signature-256."),
        ALERTS,
        sensitive=True,
    ),
    _whole_number(
        "open_after_seconds",
        120,
        86_400,
        gettext_lazy("Tell of what is wrong for (seconds)"),
        gettext_lazy("What is well again before is not told of."),
    ),
    _whole_number(
        "close_after_seconds",
        300,
        86_400,
        gettext_lazy("Over is what is well for (seconds)"),
        gettext_lazy("What goes wrong again before is the same incident, and told of no second time."),
    ),
)
