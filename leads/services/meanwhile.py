"""Two colleagues at once: who comes second is told, and overwrites nothing that they did not see."""

from zlib import crc32

from django.utils.translation import gettext as _

from leads.activities import Cause
from leads.models import ActivityKind, Lead, LeadActivity


class ChangedMeanwhile(Exception):
    """Somebody else changed it after the page was opened; the message says who, in words for a colleague."""


def owner_as_seen(lead: Lead) -> str:
    """Return what a page keeps of the owner that it shows."""
    return str(lead.owner_id or "")


def value_as_seen(lead: Lead) -> str:
    """The same of the value."""
    return "" if lead.value is None else f"{lead.value:.2f} {lead.currency}"


def plan_as_seen(lead: Lead) -> str:
    """The same of the next step, its words folded into a number."""
    at = lead.next_follow_up_at.timestamp() if lead.next_follow_up_at else ""
    return f"{at} {crc32(lead.next_step.encode())}"


def check_seen(lead: Lead, kind: ActivityKind, *, seen: str | None, now: str, cause: Cause) -> None:
    """Refuse a change of what looked otherwise to the colleague who asks; `seen` of None: they were not shown it.

    What they changed themselves a moment ago they know, though the page that they go on from may not show it yet.

    Raises:
        ChangedMeanwhile: it is not what they saw, by somebody else.
    """
    if seen is None or seen == now:
        return
    last = LeadActivity.objects.filter(lead=lead, kind=kind).select_related("actor").order_by("-at", "-id").first()
    if last is None or last.actor is None:
        raise ChangedMeanwhile(_("It was changed meanwhile, to what you see now."))
    if cause.actor is None or last.actor.pk != cause.actor.pk:
        raise ChangedMeanwhile(_("%(name)s changed it a moment ago, to what you see now.") % {"name": last.actor})
