"""What a lead's page loads after its first look: the score over time, the qualification, products, other leads."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crm.visibility import user_of, visible
from leads.models import ActivityKind, Lead, LeadActivity, Product, ProductInteraction, Qualification

OTHERS_SHOWN = 10
INTERESTS_SHOWN = 20
POINTS_SHOWN = 200
PRODUCTS_OFFERED = 500
WIDTH, HEIGHT = 300.0, 80.0


@dataclass(frozen=True)
class Point:
    at: datetime
    score: int
    x: float
    y: float


def part(request: HttpRequest, lead: Lead) -> HttpResponse:
    user = user_of(request)
    may_add = user.has_perm("leads.add_productinteraction") and user.has_perm("leads.change_lead")
    others = visible(user, Lead).filter(customer=lead.customer_id, merged_into=None).exclude(pk=lead.pk)
    interests = ProductInteraction.objects.filter(customer=lead.customer_id).select_related("product", "message")
    points = score_points(lead)
    context = {
        "lead": lead,
        "points": points,
        "line": _stairs(points),
        "width": WIDTH,
        "height": HEIGHT,
        "qualification": _qualification(lead),
        "interests": interests.only("kind", "feedback", "at", "product__name", "message__conversation")
        .order_by("-at", "-pk")[:INTERESTS_SHOWN],
        "others": others.select_related("stage").order_by("-opened_at", "-pk")[:OTHERS_SHOWN],
        "products": Product.objects.active().only("name")[:PRODUCTS_OFFERED] if may_add else (),
        "kinds": ProductInteraction.Kind.choices,
    }  # fmt: skip
    return TemplateResponse(request, "leads/side.html", context)


def score_points(lead: Lead) -> list[Point]:
    """Return the newest changes of the score, oldest first, placed on a chart; nothing where it never changed."""
    changes = LeadActivity.objects.filter(lead=lead, kind=ActivityKind.SCORE_UPDATE).order_by("-at", "-id")
    found = [(at, int(new)) for at, new in changes.values_list("at", "new")[:POINTS_SHOWN] if new.isdigit()][::-1]
    if not found:
        return []
    begun, ended = min(lead.opened_at, found[0][0]), found[-1][0]
    seconds = (ended - begun).total_seconds() or 1.0
    return [
        Point(
            at, score, round((at - begun).total_seconds() / seconds * WIDTH, 1), round(HEIGHT - score * HEIGHT / 100, 1)
        )
        for at, score in [(begun, 0), *found]
    ]


def _stairs(points: list[Point]) -> str:
    """Return the line through the points: a score stays until it changes."""
    corners = [f"{points[0].x},{points[0].y}"] if points else []
    for before, point in pairwise(points):
        corners += [f"{point.x},{before.y}", f"{point.x},{point.y}"]
    return " ".join(corners)


def _qualification(lead: Lead) -> Any:
    through = Qualification.products.through.objects.filter(qualification=OuterRef("pk"))
    names = ArraySubquery(through.values("product__name")[:INTERESTS_SHOWN])
    return Qualification.objects.filter(lead=lead).select_related("owner").annotate(product_names=names).first()
