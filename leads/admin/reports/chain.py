"""One line from an ad or a post to its sales, and the rows on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from crm.admin.pages import staff_page
from crm.markup import ago
from crm.visibility import user_of
from leads.admin.reports import tables
from leads.admin.reports.asking import Asked, list_url, toolbar
from leads.admin.reports.attribution import question_of
from leads.admin.reports.origins import Links
from leads.admin.reports.tables import Cell, Column, Row, Table
from leads.markup import money, stage_chip
from leads.models import Lead
from leads.reports.attribution import Figures, Question, Touch
from leads.reports.chain import Chain, ad_of, chain, post_of
from messaging.models import Message


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line: what it is, how much of it, and where its rows are."""

    title: str
    shown: Any
    url: str = ""
    below: Any = ""


@staff_page("leads/figures/sources/<slug:kind>/<int:pk>/", name="leads_attribution_chain", permission="leads.view_lead")
def page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    asked = Asked.of(request)
    origin = Origin.read(f"{kind}:{pk}")
    ad, post = (ad_of(origin), post_of(origin)) if origin else (None, None)
    if origin is None or not (ad or post):
        raise Http404
    question = question_of(asked, user_of(request))
    found = chain(question, origin, ad, post)
    links = Links(question, origin)
    context = {
        **admin.site.each_context(request),
        "title": ad or post,
        "subtitle": _("From the ad to the sale") if ad else _("From the post to the sale"),
        "back_url": reverse("admin:leads_attribution") + asked.url(),
        "toolbar": toolbar(asked, channels=True),
        "switch": [(asked.url(touch=touch), touch.label, touch == asked.touch) for touch in Touch],
        "switch_title": _("Counted for"),
        "said": [str(asked.period)],
        "steps": list(_steps(found, links, ad)),
        "facts": list(_facts(found.figures, links)),
        "posts": _posts(found, question),
        "newest": _newest(found.newest),
        "leads_url": links.leads(),
        "more": found.figures.leads > len(found.newest),
    }
    return TemplateResponse(request, "leads/reports/chain.html", context)


def _page_url(row: AdCampaign | Post) -> str:
    return reverse(f"admin:campaigns_{row._meta.model_name}_change", args=[row.pk])


def _steps(found: Chain, links: Links, ad: AdCampaign | None) -> Iterator[Step]:
    figures = found.figures
    if ad:
        yield Step(_("Ad"), str(ad), _page_url(ad), ad.campaign_name)
    elif len(found.ads) == 1:
        yield Step(_("Ad"), str(found.ads[0]), _page_url(found.ads[0]), found.ads[0].campaign_name)
    else:
        yield Step(_("Ads"), tables.count(len(found.ads)).shown)
    if len(found.posts) == 1:
        post, _count = found.posts[0]
        yield Step(_("Post"), str(post), _page_url(post))
    else:
        yield Step(_("Posts"), tables.count(len(found.posts)).shown)
    ids = "+".join(str(post.pk) for post, _count in found.posts)
    comments = _comments_url(links.question, ids) if ids else ""
    for title, number, url in (
        (_("Comments"), found.comments, comments),
        (_("Messages"), figures.messages, links.messages),
        (_("Leads"), figures.leads, links.leads()),
        (_("Qualified"), figures.qualified, links.qualified),
    ):
        cell = tables.count(number, url)
        yield Step(title, cell.shown, cell.url)
    won = tables.count(figures.won, links.won)
    yield Step(_("Sales"), won.shown, won.url, tables.sums(figures.value).shown if figures.won else "")


def _comments_url(question: Question, ids: str) -> str:
    days, channel = question.period.parameter, question.channel_id
    by, direction = f"comments:{ids}", Message.Direction.IN.value
    return list_url("messaging_message", direction=direction, by=by, days=days, channel=channel)


def _facts(figures: Figures, links: Links) -> Iterator[tuple[str, Cell]]:
    yield _("Conversion"), tables.share(figures.conversion)
    if links.question.sees_spend:
        yield _("Spend"), tables.sums(figures.spend, links.spend)
        yield _("Cost per lead"), tables.average(figures.cost_per_lead)
        yield _("Return"), tables.times(figures.returns)


def _posts(found: Chain, question: Question) -> Table:
    rows = [
        Row(post, post.external_id, [tables.count(count, _comments_url(question, str(post.pk)))], _page_url(post))
        for post, count in found.posts
    ]
    return Table(of=_("Post"), columns=[Column(_("Comments"))], rows=rows, caption=_("Posts on the way"))


def _newest(leads: list[Lead]) -> Table:
    rows = [
        Row(
            lead.customer,
            lead.owner or _("nobody's"),
            [Cell(stage_chip(lead.stage)), Cell(money(lead.value, lead.currency)), Cell(ago(lead.opened_at))],
            reverse("admin:leads_lead_change", args=[lead.pk]),
        )
        for lead in leads
    ]
    columns = [Column(_("Stage"), text=True), Column(_("Value")), Column(_("Opened"))]
    return Table(of=_("Customer"), columns=columns, rows=rows, caption=_("Newest leads"))
