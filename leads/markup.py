"""Small pieces of HTML about leads, for lists, pages and cards alike."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.markup import DASH, Tone, chip, moment
from crm.markup import amount as amount  # with the others, for those who write of leads
from crm.markup import money as money
from leads.models import Lead, Priority, Qualification, Stage
from messaging.models import Message

STAGE_TONES: MappingProxyType[str, Tone] = MappingProxyType(
    {
        Stage.Colour.NEUTRAL: "neutral",
        Stage.Colour.INFO: "info",
        Stage.Colour.PRIMARY: "accent",
        Stage.Colour.WARNING: "warning",
        Stage.Colour.GOOD: "good",
        Stage.Colour.BAD: "bad",
    }
)
#: Put together once: each look at the choices of an enumeration makes them anew.
SOURCES: MappingProxyType[str, Any] = MappingProxyType(dict(Message.Source.choices))
PRIORITY_TONES: MappingProxyType[int, Tone] = MappingProxyType({Priority.HIGH: "warning", Priority.URGENT: "bad"})


NEAR_DAYS: MappingProxyType[int, Any] = MappingProxyType(
    {
        -1: gettext_lazy("Yesterday %(clock)s"),
        0: gettext_lazy("Today %(clock)s"),
        1: gettext_lazy("Tomorrow %(clock)s"),
    }
)


def stage_chip(stage: Stage) -> SafeString:
    return chip(stage.name, STAGE_TONES.get(stage.colour, "neutral"))


def priority_chip(lead: Lead | Qualification) -> SafeString:
    """Return a chip for what is more urgent than usual, empty for all else."""
    tone = PRIORITY_TONES.get(lead.priority)
    return chip(lead.get_priority_display(), tone) if tone else SafeString("")


def origin_name(source: str, ad: Any, post: Any) -> str:
    """Say how somebody came in a few words: by which ad or post, or at least by what."""
    kind = str(SOURCES.get(source, ""))
    origin = ad or post
    return f"{kind} · {origin}" if kind and origin else kind or str(origin or "")


def source_chip(lead: Lead) -> SafeString:
    """Return a chip that tells how a lead first came."""
    name = origin_name(lead.first_source, lead.first_ad, lead.first_post)
    if not name:
        return DASH
    return chip(name, "neutral" if lead.first_source == Message.Source.DIRECT else "accent", title=name)


def planned(when: datetime | None) -> SafeString:
    """Return the time of a planned step, as near as a colleague needs it; red once it has passed."""
    if when is None:
        return DASH
    late = when < timezone.now()
    return format_html(
        '<time class="mc-time{}" dir="auto" datetime="{}" title="{}">{}</time>',
        " mc-late" if late else "",
        when.isoformat(),
        moment(when),
        day_and_time(when),
    )


def day_and_time(when: datetime) -> str:
    """Say a time of the nearest days by name and clock, one further off by its date."""
    local, today = timezone.localtime(when), timezone.localdate()
    clock = time_format(local, "TIME_FORMAT")
    days = (local.date() - today).days
    if days in NEAR_DAYS:
        return str(NEAR_DAYS[days]) % {"clock": clock}
    if 1 < days < 7:
        return f"{date_format(local, 'l')} {clock}"
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == today.year else "SHORT_DATE_FORMAT")


def score_ring(score: int) -> SafeString:
    """Return a ring that is filled as far as the score, with its figure."""
    return format_html(
        '<span class="mc-ring" role="img" aria-label="{label}"><svg viewBox="0 0 36 36" aria-hidden="true">'
        '<circle class="mc-ring-track" cx="18" cy="18" r="15.5"/>'
        '<circle class="mc-ring-fill" cx="18" cy="18" r="15.5" pathLength="100" stroke-dasharray="{score} 100"/>'
        "</svg><b>{score}</b></span>",
        label=_("Score %(score)d of 100") % {"score": score},
        score=score,
    )


def message_url(conversation_id: int, message_id: int) -> str:
    """Return where a message is marked in its conversation."""
    thread = reverse("admin:messaging_conversation_change", args=[conversation_id])
    return f"{thread}?around={message_id}#m{message_id}"
