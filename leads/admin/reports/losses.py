"""Why we lose: the reasons that were given when leads were lost."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.admin.pages import staff_page
from crm.transfer.exporting import csv_response
from crm.visibility import sees_everyone, user_of
from leads.admin.reports import tables
from leads.admin.reports.asking import NOBODY, Asked, list_url, owner_parameter, toolbar
from leads.admin.reports.tables import Cell, Chart, Column, Row, Series, Table
from leads.models import LostReason, Outcome
from leads.reports.losses import Losses, losses


def rows_url(asked: Asked, user: Any, reason: LostReason | None = None, owner: int | None = None) -> str:
    """Return where the lost leads of a reason, of an owner, or all of them are."""
    owner = asked.owner if owner is None else owner
    return list_url(
        "leads_lead",
        owned="all",
        state=Outcome.LOST.value,
        closed=asked.period.parameter,
        lost_reason=reason.value if reason else None,
        owner=owner_parameter(user, owner),
    )


@staff_page("leads/figures/losses/", name="leads_losses", permission="leads.view_lead")
def page(request: HttpRequest) -> HttpResponse:
    asked, user = Asked.of(request), user_of(request)
    everyone = sees_everyone(user)
    report = losses(user=user, period=asked.period, owner=asked.owner)
    said = [_("%(period)s: leads that were lost in these days.") % {"period": asked.period}]
    if not everyone:
        said.append(_("Counted is what you may see: your own, your team's and nobody's."))
    context = {
        **admin.site.each_context(request),
        "title": _("Why we lose"),
        "toolbar": toolbar(asked, owners_for=user if everyone else None),
        "said": said,
        "tiles": _tiles(report, asked, user),
        "chart": _chart(report, asked),
        "table": _by_reason(report, asked, user),
        "second_table": _by_owner(report, asked, user) if asked.owner is None else None,
        "csv_url": reverse("admin:leads_losses_csv") + asked.url(),
        "has_rows": bool(report.total.leads),
        "empty_hint": _("No lead was lost in these days."),
    }
    return TemplateResponse(request, "leads/reports/report.html", context)


@staff_page("leads/figures/losses/csv/", name="leads_losses_csv", permission="leads.view_lead")
def download(request: HttpRequest) -> HttpResponse:
    """Return the reasons for a spreadsheet."""
    asked = Asked.of(request)
    report = losses(user=user_of(request), period=asked.period, owner=asked.owner)
    currencies = [currency for currency, _amount in report.total.value]
    rows: list[list[Any]] = [[_("Reason"), _("Leads"), *(f"{_('Value')} {currency}" for currency in currencies)]]
    for reason, lost in report.by_reason:
        rows.append([str(reason.label), lost.leads, *(lost.value[currency] for currency in currencies)])
    rows.append([_("All together"), report.total.leads, *(report.total.value[currency] for currency in currencies)])
    return csv_response(f"why-we-lose-{asked.period.first}-{asked.period.last}", rows)


def _tiles(report: Losses, asked: Asked, user: Any) -> list[tuple[str, Cell, str]]:
    tiles = [
        (_("Lost"), tables.count(report.total.leads, rows_url(asked, user)), ""),
        (_("Value"), tables.sums(report.total.value, rows_url(asked, user), whole=True), _("as far as somebody said")),
    ]
    if report.by_reason:
        reason, lost = report.by_reason[0]
        part = tables.percent(lost.leads / report.total.leads)
        tiles.append((_("Most often"), Cell(reason.label, rows_url(asked, user, reason)), part))
    return tiles


def _chart(report: Losses, asked: Asked) -> Chart | None:
    if not report.by_reason:
        return None
    return Chart(
        title=_("Lost leads by reason, %(period)s") % {"period": asked.period},
        of=_("Reason"),
        labels=[str(reason.label) for reason, _lost in report.by_reason],
        series=(Series(_("Lost leads"), [lost.leads for _reason, lost in report.by_reason], "lost"),),
    )


def _by_reason(report: Losses, asked: Asked, user: Any) -> Table:
    total = report.total
    rows = [
        Row(
            reason.label,
            "",
            [
                tables.count(lost.leads, rows_url(asked, user, reason)),
                tables.share(lost.leads / total.leads),
                tables.sums(lost.value, rows_url(asked, user, reason)),
            ],
        )
        for reason, lost in report.by_reason
    ]
    cells = [
        tables.count(total.leads, rows_url(asked, user)),
        Cell(""),
        tables.sums(total.value, rows_url(asked, user)),
    ]
    columns = [Column(_("Leads")), Column(_("Share")), Column(_("Value"), hint=_("What they would have been worth"))]
    return Table(_("Reason"), columns, rows, Row(_("All together"), "", cells))


def _by_owner(report: Losses, asked: Asked, user: Any) -> Table:
    rows = [
        Row(
            report.owners[owner] if owner else _("Nobody"),
            "",
            [
                tables.count(lost.leads, rows_url(asked, user, owner=owner or NOBODY)),
                tables.sums(lost.value, rows_url(asked, user, owner=owner or NOBODY)),
                Cell(reason.label, rows_url(asked, user, reason, owner or NOBODY)),
            ],
        )
        for owner, lost, reason in report.by_owner
    ]
    columns = [Column(_("Leads")), Column(_("Value")), Column(_("Most often"), text=True)]
    return Table(_("Owner"), columns, rows, caption=_("By owner"))
