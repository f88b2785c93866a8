"""My follow-ups: what is overdue, and what is to do today, this week and later."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.messages import get_messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.admin.pages import staff_page
from crm.visibility import sees_everyone, user_of, visible
from leads.admin.lead_page import number
from leads.models import Lead

SHOWN = 50
JOINED = ("customer", "stage", "owner")
COLUMNS = (
    "next_follow_up_at", "next_step", "customer__name", "stage__name", "stage__colour", "owner__full_name", "owner__email",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """What is due before `until`, and not before the end of the one in front of it."""

    key: str
    title: str
    until: datetime | None


def periods(now: datetime) -> list[Period]:
    """Return the parts of the page: times passed, the rest of today, six days more, and all after that."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), datetime.min.time()))
    return [
        Period("overdue", _("Overdue"), now),
        Period("today", _("Today"), midnight),
        Period("week", _("In the next days"), midnight + timedelta(days=6)),
        Period("later", _("Later"), None),
    ]


@staff_page("leads/follow-ups/", name="leads_follow_ups", permission="leads.view_lead")
def follow_ups(request: HttpRequest) -> HttpResponse:
    """List open leads with a planned step by its time, 50 at a time."""
    user, now = user_of(request), timezone.now()
    may_see_all = sees_everyone(user)
    everyone = may_see_all and request.GET.get("owned") == "all"
    planned = visible(user, Lead).open().filter(next_follow_up_at__isnull=False)  # type: ignore[attr-defined]  # ours
    if not everyone:
        planned = planned.filter(owner=user)
    shown = periods(now)
    rows, more = _part(planned, request)
    context: dict[str, Any] = {
        "parts": list(_in_periods(rows, shown)),
        "more": more,
        "everyone": everyone,
        "may_change": user.has_perm("leads.change_lead"),
    }
    if request.GET.get("after"):
        return TemplateResponse(request, "leads/due_part.html", context)
    if request.headers.get("HX-Request"):  # of the page that an action leads back to, its list alone is shown
        context["answers"] = list(get_messages(request))
    context |= {
        **admin.site.each_context(request),
        "title": _("Follow-ups"),
        "counts": _counts(planned, shown),
        "may_see_all": may_see_all,
    }
    return TemplateResponse(request, "leads/follow_ups.html", context)


def _part(planned: "QuerySet[Lead]", request: HttpRequest) -> tuple[list[Lead], str]:
    """Return the next leads in the order of (time, id), and the key to go on from where there are more."""
    rows = planned.select_related(*JOINED).only(*COLUMNS).order_by("next_follow_up_at", "pk")
    micros, _dash, pk = request.GET.get("after", "").partition("-")
    if pk and len(micros) < 17:
        at = EPOCH + timedelta(microseconds=number(micros))
        rows = rows.filter(Q(next_follow_up_at__gte=at) & (Q(next_follow_up_at__gt=at) | Q(pk__gt=number(pk))))
    found = list(rows[: SHOWN + 1])
    if len(found) <= SHOWN:
        return found, ""
    last = found[SHOWN - 1]
    at = last.next_follow_up_at or EPOCH
    return found[:SHOWN], f"{(at - EPOCH) // timedelta(microseconds=1)}-{last.pk}"


def _in_periods(rows: Iterable[Lead], shown: list[Period]) -> Iterator[tuple[Period, list[Lead]]]:
    left = list(rows)
    for period in shown:
        inside = [
            lead for lead in left if period.until is None or (lead.next_follow_up_at or period.until) < period.until
        ]
        left = left[len(inside) :]
        if inside:
            yield period, inside


def _counts(planned: "QuerySet[Lead]", shown: list[Period]) -> list[tuple[Period, int]]:
    upper = {p.key: Q(next_follow_up_at__lt=p.until) if p.until else Q() for p in shown}
    found = planned.aggregate(**{key: Count("pk", filter=condition or None) for key, condition in upper.items()})
    totals = [found[period.key] for period in shown]
    return [(period, total - before) for period, total, before in zip(shown, totals, [0, *totals[:-1]], strict=True)]
