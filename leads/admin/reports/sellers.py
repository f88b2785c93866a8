"""How sellers do: what came of their leads, and how soon they answer."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.admin.pages import staff_page
from crm.models import User
from crm.transfer.exporting import csv_response
from crm.visibility import sees_everyone, user_of
from leads.admin.reports import tables
from leads.admin.reports.asking import Asked, list_url, owner_parameter, toolbar
from leads.admin.reports.tables import Cell, Chart, Column, Row, Series, Table
from leads.models import Outcome
from leads.reports.sellers import SellerFigures, sellers

Lines = list[tuple[User, SellerFigures]]
BARS = 15
WITH_ANSWERS = "answers"
COMING = "…"


def rows_url(asked: Asked, user: Any, seller: User, state: str = "any") -> str:
    """Return where a seller's leads of the period are."""
    opened = asked.period.parameter
    return list_url("leads_lead", owned="all", state=state, opened=opened, owner=owner_parameter(user, seller.pk))


def overdue_url(user: Any, seller: User) -> str:
    return list_url("leads_lead", owned="all", next="overdue", owner=owner_parameter(user, seller.pk))


def unanswered_url(asked: Asked, user: Any, seller: User) -> str:
    assignee = owner_parameter(user, seller.pk)
    return list_url("messaging_conversation", status="any", assignee=assignee, unanswered=asked.period.parameter)


@staff_page("leads/figures/sellers/", name="leads_sellers", permission="leads.view_lead")
def page(request: HttpRequest) -> HttpResponse:
    """Show the figures of leads; those of answers, which take longer, come after the page in a table of their own."""
    asked, user = Asked.of(request), user_of(request)
    if WITH_ANSWERS in request.GET:
        lines = sellers(user=user, period=asked.period)
        return TemplateResponse(request, "leads/reports/table.html", {"table": _table(lines, asked, user)})
    lines = sellers(user=user, period=asked.period, answers=False)
    later = bool(lines)
    if not later:  # perhaps somebody has conversations alone
        lines = sellers(user=user, period=asked.period)
    said = [_("%(period)s: leads that were opened in these days, by their owner now.") % {"period": asked.period}]
    if not sees_everyone(user):
        said.append(_("These are your own figures."))
    context = {
        **admin.site.each_context(request),
        "title": _("Sellers"),
        "toolbar": toolbar(asked),
        "said": said,
        "chart": _chart(lines, asked),
        "table": _table(lines, asked, user, later=later),
        "csv_url": reverse("admin:leads_sellers_csv") + asked.url(),
        "has_rows": bool(lines),
        "empty_hint": _("No seller had a lead or a conversation in these days."),
    }
    return TemplateResponse(request, "leads/reports/report.html", context)


@staff_page("leads/figures/sellers/csv/", name="leads_sellers_csv", permission="leads.view_lead")
def download(request: HttpRequest) -> HttpResponse:
    """Return the figures for a spreadsheet; times are in seconds."""
    asked = Asked.of(request)
    lines = sellers(user=user_of(request), period=asked.period)
    currencies = sorted({currency for _seller, figures in lines for currency in figures.value.amounts})
    rows: list[list[Any]] = [
        [
            _("Seller"), _("Leads"), _("Open"), _("Won"), _("Lost"), _("Conversion in %"),
            *(f"{_('Value')} {currency}" for currency in currencies),
            _("First answer in seconds"), _("Answered"), _("Not answered"), _("Overdue"),
        ]
    ]  # fmt: skip
    for seller, found in lines:
        rows.append(
            [
                str(seller), found.leads, found.open, found.won, found.lost,
                "" if found.conversion is None else round(found.conversion * 100, 2),
                *(found.value[currency] for currency in currencies),
                _seconds(found.first_answer), found.answered, found.not_answered, found.overdue,
            ]
        )  # fmt: skip
    return csv_response(f"sellers-{asked.period.first}-{asked.period.last}", rows)


def _seconds(time: timedelta | None) -> Any:
    return "" if time is None else round(time.total_seconds())


def _chart(lines: Lines, asked: Asked) -> Chart | None:
    shown = [(seller, figures) for seller, figures in lines if figures.leads][:BARS]
    if not shown:
        return None
    return Chart(
        title=_("Leads and sales by seller, %(period)s") % {"period": asked.period},
        of=_("Seller"),
        labels=[str(seller) for seller, _figures in shown],
        series=(
            Series(_("Leads"), [figures.leads for _seller, figures in shown], "all"),
            Series(_("Won"), [figures.won for _seller, figures in shown], "won"),
        ),
    )


def _table(lines: Lines, asked: Asked, user: Any, *, later: bool = False) -> Table:
    """Return the figures; `later`: without those of answers."""
    rows = []
    for seller, figures in lines:
        won_url = rows_url(asked, user, seller, Outcome.WON.value)
        cells = [
            tables.count(figures.leads, rows_url(asked, user, seller)),
            tables.count(figures.open, rows_url(asked, user, seller, "open")),
            tables.count(figures.won, won_url),
            tables.count(figures.lost, rows_url(asked, user, seller, Outcome.LOST.value)),
            tables.share(figures.conversion),
            tables.sums(figures.value, won_url),
            Cell(COMING if later else tables.lasting(figures.first_answer)),
            Cell(COMING) if later else tables.count(figures.not_answered, unanswered_url(asked, user, seller)),
            tables.count(figures.overdue, overdue_url(user, seller)),
        ]
        rows.append(Row(seller, seller.team or "", cells))
    columns = [
        Column(_("Leads")),
        Column(_("Open"), phone=False),
        Column(_("Won")),
        Column(_("Lost"), phone=False),
        Column(_("Conversion"), hint=_("Won of all their leads")),
        Column(_("Value"), hint=_("Of those won")),
        Column(_("First answer"), hint=_("Half of the conversations were answered sooner than this")),
        Column(_("Not answered"), hint=_("Conversations of these days that nobody has answered yet"), phone=False),
        Column(_("Overdue"), hint=_("Planned steps whose time has passed, of all their open leads")),
    ]
    address = f"{reverse('admin:leads_sellers')}{asked.url(**{WITH_ANSWERS: 'shown'})}" if later else ""
    return Table(_("Seller"), columns, rows, _total(lines, later=later), later=address)


def _total(lines: Lines, *, later: bool) -> Row | None:
    """Add up what can be added; the middle of several sellers' times is no sum of theirs."""
    if len(lines) < 2:
        return None
    total = SellerFigures()
    for _seller, figures in lines:
        total.add(figures)
    numbers = [tables.count(number) for number in (total.leads, total.open, total.won, total.lost)]
    rest = [Cell(COMING) if later else tables.count(total.not_answered), tables.count(total.overdue)]
    cells = [*numbers, tables.share(total.conversion), tables.sums(total.value), Cell(""), *rest]
    return Row(_("All together"), "", cells)
