"""How those who wait look in the line: what a row shows, and the words for why it stands where it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm import markup, runtime_settings
from crm.models import User
from crm.visibility import visible
from leads.models import Lead
from leads.queue import Place
from leads.templatetags.lead_marks import signed
from messaging.admin import labels
from messaging.models import Conversation, Message

SOON, VERY_SOON = timedelta(hours=4), timedelta(hours=1)
UNREAD_SHOWN = 99
TALK_JOINED = ("identity__customer", "assignee")
TALK_SHOWN = ("unread_count", "identity__customer__name", "assignee__full_name", "assignee__email")
LEAD_JOINED = ("stage", "owner", "first_ad", "first_post")
LEAD_SHOWN = (
    "score", "first_source", "stage__name", "stage__colour", "owner__full_name", "owner__email", "first_ad__title",
    "first_ad__ad_id", "first_post__title", "first_post__external_id",
)  # fmt: skip


@dataclass
class Row:
    """Somebody who waits; `newest` tells of new messages, `why` adds up to `place.rank`."""

    place: Place
    conversation: Conversation
    lead: Lead | None
    newest: int
    snippet: str
    waiting: SafeString
    window: SafeString
    unread: str
    why: str


def rows_of(user: User, places: list[Place], now: datetime) -> list[Row]:
    """Return what the rows show, by three queries; who may not be seen any more is left out."""
    talks = visible(user, Conversation).filter(pk__in=[place.conversation_id for place in places])
    leads = visible(user, Lead).filter(pk__in=[place.lead_id for place in places if place.lead_id])
    found_talks = {talk.pk: talk for talk in talks.select_related(*TALK_JOINED).only(*TALK_SHOWN)}
    found_leads = {lead.pk: lead for lead in leads.select_related(*LEAD_JOINED).only(*LEAD_SHOWN)}
    newest = _newest([*found_talks])
    late = timedelta(minutes=runtime_settings.value_of("conversations.late_after_minutes"))
    rows = []
    for place in places:
        if talk := found_talks.get(place.conversation_id):
            lead, message = found_leads.get(place.lead_id or 0), newest.get(talk.pk)
            rows.append(_row(place, talk, lead, message, now, late))
    return rows


def _newest(conversation_ids: list[int]) -> dict[int, Message]:
    last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    ids = Conversation.objects.filter(pk__in=conversation_ids).values_list(Subquery(last))
    found = Message.objects.filter(pk__in=ids).only("conversation", "direction", "text", "type", "deleted_at")
    return {message.conversation_id: message for message in found}


def _row(
    place: Place, talk: Conversation, lead: Lead | None, message: Message | None, now: datetime, late: timedelta
) -> Row:
    return Row(
        place,
        talk,
        lead,
        newest=message.pk if message else 0,
        snippet=labels.snippet(message) if message else "",
        waiting=markup.ago(place.waiting_since, late=now - place.waiting_since > late),
        window=window_chip(place.closes_at, now),
        unread=str(talk.unread_count) if talk.unread_count <= UNREAD_SHOWN else f"{UNREAD_SHOWN}+",
        why=why(place, now),
    )


def window_chip(closes_at: datetime | None, now: datetime) -> SafeString:
    """Return how long we may still answer as we like; empty where nothing closes."""
    if closes_at is None:
        return SafeString("")
    if closes_at <= now:
        return markup.chip(
            _("closed"), "neutral", _("The platform's reply window closed: %(when)s") % _moment(closes_at)
        )
    left = closes_at - now
    tone: markup.Tone = "bad" if left < VERY_SOON else "warning" if left < SOON else "neutral"
    return markup.chip(_closes(left), tone, _("The platform's reply window closes: %(when)s") % _moment(closes_at))


def why(place: Place, now: datetime) -> str:
    """Say what each of the three adds to the place in the line."""
    said = _("Score %(score)d: %(points)s") if place.lead_id else _("No lead yet: %(points)s")
    parts = [said % {"score": place.score or 0, "points": signed(place.for_score)}]
    waits = {"time": duration(now - place.waiting_since), "points": signed(place.for_waiting)}
    parts.append(_("waits %(time)s: %(points)s") % waits)
    if place.closes_at is not None:
        closed = place.closes_at <= now
        closes = _("window closed") if closed else _closes(place.closes_at - now)
        parts.append(f"{closes}: {signed(place.for_closing)}")
    return " · ".join(parts)


def duration(span: timedelta) -> str:
    """Say how long something takes in one short word, rounded down."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return _("%(count)d min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)d h") % {"count": minutes // 60}
    return _("%(count)d d") % {"count": minutes // (24 * 60)}


def _closes(left: timedelta) -> str:
    return _("closes in %(time)s") % {"time": duration(left)}


def _moment(when: datetime) -> dict[str, Any]:
    return {"when": markup.moment(when)}
