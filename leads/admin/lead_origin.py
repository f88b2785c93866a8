"""The one line from an ad to a sale."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import JSONField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leads.markup import message_url, money, origin_name
from leads.models import Lead, Outcome
from messaging.admin import labels
from messaging.models import Message

JSON = JSONField()
LENGTH = 60


@dataclass(frozen=True)
class Step:
    """One link of the line. `what` is of the house, `name` what people call it; a step without a time is a place, not a moment."""

    icon: str
    what: str
    name: SafeString | str = ""
    at: datetime | None = None
    url: str = ""
    tone: str = ""


def origin_of(request: HttpRequest, lead: Any) -> list[Step]:
    """Return ad, post, comment, message, lead and sale, as far as there is each."""
    steps = _touched(request, lead.first_ad, lead.first_post)
    first = lead.first_message
    if first is None and not steps:
        steps.append(Step("edit", _("Added by hand")))
    if first is not None:
        steps.append(_message(first))
    if lead.first_direct:
        direct = lead.first_direct
        at, url = parse_datetime(direct["at"]), message_url(direct["conversation"], direct["id"])
        steps.append(Step("chat_bubble", _("Message"), at=at, url=url))
    steps.append(Step("person_search", _("Lead"), at=lead.opened_at))
    steps.append(_end(lead))
    return steps


def last_touch_of(request: HttpRequest, lead: Any) -> list[Step]:
    """Return the last touch where it is not the first, else nothing."""
    if lead.last_message is None or lead.last_message_id == lead.first_message_id:
        return []
    return [*_touched(request, lead.last_ad, lead.last_post), _message(lead.last_message)]


def _touched(request: HttpRequest, ad: Any, post: Any) -> list[Step]:
    steps = []
    if ad:
        may = request.user.has_perm("campaigns.view_adcampaign")
        url = reverse("admin:campaigns_adcampaign_change", args=[ad.pk]) if may else ""
        steps.append(Step("campaign", _("Ad"), str(ad), url=url))
    if post:
        may = request.user.has_perm("campaigns.view_post")
        url = reverse("admin:campaigns_post_change", args=[post.pk]) if may else ""
        steps.append(Step("image", _("Post"), str(post), url=url))
    return steps


def _message(message: Message) -> Step:
    comment = message.source == Message.Source.COMMENT
    plain = message.source in (Message.Source.DIRECT, Message.Source.AD)
    what = _("Comment") if comment else _("Message") if plain else origin_name(message.source, None, None)
    icon = "chat_bubble" if plain else labels.SOURCE_ICONS[Message.Source(message.source)]
    url = message_url(message.conversation_id, message.pk)
    return Step(icon, what, labels.snippet(message, LENGTH), message.at, url)


def _end(lead: Lead) -> Step:
    if lead.outcome == Outcome.WON:
        return Step(
            "paid", _("Sale"), money(lead.value, lead.currency) if lead.value else "", lead.closed_at, tone="good"
        )
    if lead.outcome == Outcome.LOST:
        return Step("block", _("Lost"), lead.get_lost_reason_display(), lead.closed_at, tone="bad")
    return Step("paid", _("No sale yet"), tone="ahead")
