"""The charts of the dashboard."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.metrics import Figure, Figures
from crm.metrics.reading import read_days
from crm.models import Channel, User
from crm.periods import DAY
from leads.admin.reports.asking import Asked
from leads.admin.reports.tables import Chart, Series
from leads.models import Lead, LostReason, Stage
from messaging.admin.origins import source_name

#: Up to so many days are shown each, up to so many weeks, then months.
DAYS, WEEKS = 62, 371
WEEK = 7
BARS = 12


def charts_of(figures: Figures, asked: Asked) -> Iterator[Chart]:
    """Yield the charts that there is something to see on."""
    over_time = _over_time(asked)
    charts = (
        _messages_by_channel(figures),
        _answers_over_time(over_time),
        _leads_over_time(over_time),
        _leads_by_stage(),
        _leads_by_source(figures),
        _won_by_seller(figures),
        _lost_by_reason(figures),
    )
    return (chart for chart in charts if any(value for series in chart.series for value in series.values))


def _messages_by_channel(figures: Figures) -> Chart:
    received, sent = figures.by_channel("messages_in"), figures.by_channel("messages_out")
    names = dict(Channel.objects.values_list("pk", "name"))
    shown = sorted({*received, *sent}, key=lambda pk: -_count(received, pk) - _count(sent, pk))
    return Chart(
        title=_("Messages by channel"),
        of=_("Channel"),
        labels=[names.get(pk or 0, "–") for pk in shown],
        series=(
            Series(_("In"), [_count(received, pk) for pk in shown], "won"),
            Series(_("Out"), [_count(sent, pk) for pk in shown], "all"),
        ),
    )


def _leads_by_stage() -> Chart:
    stages = dict(Stage.objects.open().values_list("pk", "name"))
    among = Lead.objects.not_merged().filter(
        stage__in=list(stages)
    )  # open by their stage, for which the index alone is read
    counts = dict(among.order_by().values_list("stage").annotate(many=Count("*")))
    return Chart(_("Open leads by stage, now"), _("Stage"), list(stages.values()), (
        Series(_("Leads"), [counts.get(pk, 0) for pk in stages], "won"),
    ))  # fmt: skip


def _leads_by_source(figures: Figures) -> Chart:
    return _by_part(figures, "leads", _("Leads by source"), _("Source"), source_name, "won")


def _lost_by_reason(figures: Figures) -> Chart:
    return _by_part(
        figures, "lost", _("Lost leads by reason"), _("Reason"), lambda key: str(LostReason(key).label), "lost"
    )


def _won_by_seller(figures: Figures) -> Chart:
    ids = [int(part) for part in figures.by_part("won") if part]
    shown = User.objects.filter(pk__in=ids).only("full_name", "email")
    names = {str(user.pk): str(user) for user in shown}
    return _by_part(figures, "won", _("Won by seller"), _("Seller"), lambda key: names.get(key, _("Nobody")), "won")


def _by_part(figures: Figures, name: str, title: str, of: str, label: Callable[[str], str], tone: str) -> Chart:
    parts = sorted(figures.by_part(name).items(), key=lambda item: -item[1].count)[:BARS]
    return Chart(title, of, [label(part) for part, _figure in parts], (
        Series(title, [figure.count for _part, figure in parts], tone),
    ))  # fmt: skip


def _answers_over_time(found: dict[str, dict[str, Figure]]) -> Chart:
    averages = [figures["response"].average if "response" in figures else None for figures in found.values()]
    minutes = [None if average is None else round(average / 60) for average in averages]
    return Chart(_("Minutes to a colleague's answer, in business hours"), _("Day"), list(found), (
        Series(_("Minutes"), minutes, "won"),
    ), over_time=True)  # fmt: skip


def _leads_over_time(found: dict[str, dict[str, Figure]]) -> Chart:
    return Chart(_("Leads and sales"), _("Day"), list(found), (
        Series(_("Leads"), [_count(figures, "leads") for figures in found.values()], "all"),
        Series(_("Won"), [_count(figures, "won") for figures in found.values()], "won"),
    ), over_time=True)  # fmt: skip


def _over_time(asked: Asked) -> dict[str, dict[str, Figure]]:
    """Return figures by name for each day, week or month of the period, as long as it is, by what to call that."""
    length = (asked.period.last - asked.period.first).days + 1
    found: dict[date, dict[str, Figure]] = {}
    day = asked.period.first
    while day <= asked.period.last:
        found.setdefault(_begin(day, length), {})
        day += DAY
    parts = {"leads": (), "won": (), "response": ("person_open",)}
    for day, name, figure in read_days(asked.period, asked.channel_id, parts):
        found[_begin(day, length)].setdefault(name, Figure()).add(figure.count, figure.total)
    shape = "MONTH_DAY_FORMAT" if length <= WEEKS else "YEAR_MONTH_FORMAT"
    return {date_format(begin, shape): figures for begin, figures in found.items()}


def _begin(day: date, length: int) -> date:
    """Return the first day of the bar that a day is part of."""
    if length <= DAYS:
        return day
    return day - timedelta(days=day.weekday() % WEEK) if length <= WEEKS else day.replace(day=1)


def _count(figures: Mapping[Any, Figure], key: Any) -> int:
    return figures[key].count if key in figures else 0
