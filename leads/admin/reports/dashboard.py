"""The first page of who runs the shop: how it does, from figures that were counted by day."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.admin.pages import staff_page
from crm.metrics import Figure, read_figures, rolled_up_until
from crm.models import Channel
from crm.transfer.exporting import csv_response
from leads.admin.reports.asking import Asked, toolbar
from leads.admin.reports.cards import cards_of
from leads.admin.reports.overview_charts import charts_of

PERMISSION = "crm.view_dailymetric"


@staff_page("dashboard/", name="dashboard", permission=PERMISSION)
def page(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request)
    now, before = read_figures(asked.period, asked.channel_id)
    counted = rolled_up_until()
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        "toolbar": toolbar(asked, channels=True),
        "said": [_said(asked)],
        "cards": list(cards_of(now, before, asked)),
        "charts": list(charts_of(now, asked)),
        "counted": counted,
        "csv_url": reverse("admin:dashboard_csv") + asked.url(),
        "json_url": reverse("admin:dashboard_json") + asked.url(),
        "has_rows": bool(now.found or before.found),
    }
    return TemplateResponse(request, "leads/reports/dashboard.html", context)


def _said(asked: Asked) -> str:
    days = (asked.period.last - asked.period.first).days + 1
    compared = ngettext("compared with the day before", "compared with the %(days)d days before", days) % {"days": days}
    return _("%(period)s, %(compared)s.") % {"period": asked.period, "compared": compared}


@staff_page("dashboard/csv/", name="dashboard_csv", permission=PERMISSION)
def download(request: HttpRequest) -> HttpResponse:
    """Return the figures for a spreadsheet: one line for each part of each figure on each channel."""
    asked = Asked.of(request)
    heading = [_("Figure"), _("Part"), _("Channel"), _("Count"), _("Sum"), _("Count before"), _("Sum before")]
    return csv_response(f"dashboard-{asked.period.first}-{asked.period.last}", [heading, *_lines(asked)])


@staff_page("dashboard/json/", name="dashboard_json", permission=PERMISSION)
def as_json(request: HttpRequest) -> HttpResponse:
    """Return the same for a program, with the period it is of."""
    asked = Asked.of(request)
    names = ("name", "part", "channel", "count", "total", "count_before", "total_before")
    figures = [dict(zip(names, line, strict=True)) for line in _lines(asked)]
    counted = rolled_up_until()
    return JsonResponse(
        {
            "from": asked.period.first,
            "to": asked.period.last,
            "counted_at": counted or timezone.now(),
            "figures": figures,
        }
    )


def _lines(asked: Asked) -> Iterator[list[Any]]:
    now, before = read_figures(asked.period, asked.channel_id)
    slugs = dict(Channel.objects.values_list("pk", "slug"))
    for name, part, channel in sorted({*now.found, *before.found}, key=lambda key: (key[0], key[1], key[2] or 0)):
        line: list[Any] = [name, part, slugs.get(channel, "") if channel else ""]
        for figures in (now, before):
            figure = figures.found.get((name, part, channel), Figure())
            line += [figure.count, figure.total]
        yield line
