"""What brings sales: ads, posts and other ways, by what became of the people who came by them."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.origins import Grouping, Origin
from crm import runtime_settings
from crm.admin.pages import staff_page
from crm.transfer.exporting import csv_response
from crm.visibility import sees_everyone, user_of
from leads.admin.reports import tables
from leads.admin.reports.asking import Asked, toolbar
from leads.admin.reports.origins import Links, Name, names_of
from leads.admin.reports.tables import Cell, Chart, Column, Row, Series, Table
from leads.reports.attribution import Figures, Question, Report, Touch, attribution
from leads.reports.money import Money

LINES_SHOWN = 100
BARS = 10
Key = Callable[[Figures], Any]


def question_of(asked: Asked, user: Any) -> Question:
    return Question(user, asked.period, asked.touch, asked.grouping, asked.channel_id)


@staff_page("leads/figures/sources/", name="leads_attribution", permission="leads.view_lead")
def page(request: HttpRequest) -> HttpResponse:
    asked, user = Asked.of(request), user_of(request)
    report = attribution(question_of(asked, user))
    names = names_of((origin for origin, _figures in report.lines), report.ads)
    lines = _sorted(report, asked)
    context = {
        **admin.site.each_context(request),
        "title": _("What brings sales"),
        "toolbar": toolbar(asked, channels=True),
        "tabs": [(asked.url(by=by), by.label, by == asked.grouping) for by in Grouping],
        "tabs_title": _("A line for each"),
        "switch": [(asked.url(touch=touch), touch.label, touch == asked.touch) for touch in Touch],
        "switch_title": _("Counted for"),
        "said": _said(report, everyone=sees_everyone(user)),
        "tiles": _tiles(report),
        "chart": _chart(report, names),
        "table": _table(report, lines[:LINES_SHOWN], names, asked),
        "more": max(0, len(lines) - LINES_SHOWN),
        "csv_url": reverse("admin:leads_attribution_csv") + asked.url(),
        "has_rows": bool(report.lines),
        "empty_hint": _("Nobody came in these days. Choose more days or another channel."),
    }
    return TemplateResponse(request, "leads/reports/report.html", context)


@staff_page("leads/figures/sources/csv/", name="leads_attribution_csv", permission="leads.view_lead")
def download(request: HttpRequest) -> HttpResponse:
    """Return all lines of the report for a spreadsheet."""
    asked = Asked.of(request)
    report = attribution(question_of(asked, user_of(request)))
    names = names_of((origin for origin, _figures in report.lines), report.ads)
    return csv_response(f"what-brings-sales-{asked.period.first}-{asked.period.last}", _csv_rows(report, names))


def _sort_keys() -> dict[str, Key]:
    own = runtime_settings.value_of("leads.currency")
    return {
        "messages": lambda figures: figures.messages,
        "leads": lambda figures: figures.leads,
        "qualified": lambda figures: figures.qualified,
        "won": lambda figures: figures.won,
        "conversion": lambda figures: figures.conversion or 0,
        "value": lambda figures: figures.value[own],
        "spend": lambda figures: figures.spend[own],
        "cost": lambda figures: figures.cost_per_lead[own],
        "return": lambda figures: figures.returns.get(own, Decimal(0)),
    }


def _sorted(report: Report, asked: Asked) -> list[tuple[Origin, Figures]]:
    """Return the lines, most first by the column asked for; amounts by the shop's own currency."""
    key = _sort_keys().get(asked.choices.get("sort", ""))
    return sorted(report.lines, key=lambda line: key(line[1]), reverse=True) if key else report.lines


def _said(report: Report, *, everyone: bool) -> list[str]:
    """Return what one must know to read the figures."""
    total, unknown = report.total, report.without_origin
    said = [
        _("%(period)s: leads that were opened in these days, and what became of them since.")
        % {"period": report.question.period}
    ]
    if total.leads:
        part = tables.percent(unknown.leads / total.leads)
        said.append(_("%(share)s of the leads came by neither an ad nor a post that we know of.") % {"share": part})
    if len(total.value.amounts) > 1 or len(total.spend.amounts) > 1:
        said.append(_("Currencies are never added to each other."))
    if not everyone:
        said.append(_("Counted is what you may see: your own, your team's and nobody's."))
    return said


def _tiles(report: Report) -> list[tuple[str, Cell, str]]:
    total, links = report.total, Links(report.question)
    conversion = tables.share(total.conversion).shown
    tiles = [
        (_("Leads"), tables.count(total.leads, links.leads()), ""),
        (_("Qualified"), tables.count(total.qualified, links.qualified), ""),
        (_("Won"), tables.count(total.won, links.won), _("%(share)s of the leads") % {"share": conversion}),
        (_("Value"), tables.sums(total.value, links.won, whole=True), ""),
    ]
    if report.question.sees_spend:
        tiles += [
            (_("Spend"), tables.sums(total.spend, links.spend, whole=True), ""),
            (
                _("Return"),
                tables.times(total.returns),
                _("value of all sales for each unit spent"),
            ),
        ]
    return tiles


def _chart(report: Report, names: dict[Origin, Name]) -> Chart | None:
    """Draw the ads and posts that brought most; people who just write would dwarf them."""
    lines = [(origin, figures) for origin, figures in report.lines if figures.leads and origin.kind != "source"][:BARS]
    if not lines:
        return None
    return Chart(
        title=_("What brought most leads, and how many were won, %(period)s") % {"period": report.question.period},
        of=report.question.grouping.label,
        labels=[names[origin].title for origin, _figures in lines],
        series=(
            Series(_("Leads"), [figures.leads for _origin, figures in lines], "all"),
            Series(_("Won"), [figures.won for _origin, figures in lines], "won"),
        ),
    )


def _columns(asked: Asked, *, spend: bool) -> Iterator[Column]:
    chosen = asked.choices.get("sort", "leads")

    def column(key: str, title: str, hint: str = "", *, phone: bool = True) -> Column:
        return Column(title, asked.url(sort=key), hint, key == chosen, phone)

    yield column("messages", _("Messages"), _("Of customers in these days, that tell what they came by"), phone=False)
    yield column("leads", _("Leads"))
    yield column("qualified", _("Qualified"), _("Whose score was high enough"), phone=False)
    yield column("won", _("Won"))
    yield column("conversion", _("Conversion"), _("Won of all its leads"))
    yield column("value", _("Value"), _("Of those won"))
    if spend:
        yield column("spend", _("Spend"))
        yield column("cost", _("Cost per lead"), phone=False)
        yield column("return", _("Return"), _("Value for each unit spent, where both are in one currency"))


def _cells(figures: Figures, links: Links) -> list[Cell]:
    cells = [
        tables.count(figures.messages, links.messages),
        tables.count(figures.leads, links.leads()),
        tables.count(figures.qualified, links.qualified),
        tables.count(figures.won, links.won),
        tables.share(figures.conversion),
        tables.sums(figures.value, links.won),
    ]
    if links.question.sees_spend:
        cells += [
            tables.sums(figures.spend, links.spend),
            tables.average(figures.cost_per_lead),
            tables.times(figures.returns),
        ]
    return cells


def _table(report: Report, lines: Sequence[tuple[Origin, Figures]], names: dict[Origin, Name], asked: Asked) -> Table:
    question = report.question
    rows = []
    for origin, figures in lines:
        name, links = names[origin], Links(question, origin)
        rows.append(Row(name.title, name.below, _cells(figures, links), _chain_url(origin, asked)))
    return Table(
        of=question.grouping.label,
        columns=list(_columns(asked, spend=question.sees_spend)),
        rows=rows,
        total=Row(_("All together"), "", _cells(report.total, Links(question))),
    )


def _chain_url(origin: Origin, asked: Asked) -> str:
    """Return where an ad's or post's way to its sales is shown; nothing for other origins."""
    if not origin.is_row:
        return ""
    return reverse("admin:leads_attribution_chain", args=[origin.kind, int(origin.key)]) + asked.url()


def _csv_rows(report: Report, names: dict[Origin, Name]) -> Iterator[list[Any]]:
    total, spend = report.total, report.question.sees_spend
    earned = [currency for currency, _amount in total.value]
    spent = [currency for currency, _amount in total.spend] if spend else []
    yield [
        _("Kind"), _("Name"), _("More"), _("Id"), _("Messages"), _("Leads"), _("Qualified"), _("Won"), _("Conversion in %"),
        *(f"{_('Value')} {currency}" for currency in earned),
        *(f"{title} {currency}" for currency in spent for title in (_("Spend"), _("Cost per lead"), _("Return"))),
    ]  # fmt: skip
    for origin, figures in report.lines:
        name = names[origin]
        yield [name.kind, name.title, name.below, name.id, *_csv_figures(figures, earned, spent)]
    yield [_("All together"), "", "", "", *_csv_figures(total, earned, spent)]


def _csv_figures(figures: Figures, earned: list[str], spent: list[str]) -> Iterator[Any]:
    yield from (figures.messages, figures.leads, figures.qualified, figures.won)
    yield "" if figures.conversion is None else round(figures.conversion * 100, 2)
    for currency in earned:
        yield figures.value[currency]
    each, returns = figures.cost_per_lead, figures.returns
    for currency in spent:
        yield from (figures.spend[currency], _rounded(each, currency), _ratio(returns.get(currency)))


def _rounded(each: Money, currency: str) -> Any:
    return round(each.amounts[currency], 2) if currency in each.amounts else ""


def _ratio(returns: Decimal | None) -> Any:
    return "" if returns is None else round(returns, 4)
