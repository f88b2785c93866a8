"""The figures at the head of the dashboard, each with what it was before and where its rows are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from crm.markup import grouped
from crm.metrics import EVERYWHERE, Figure, Figures
from leads.admin.reports import tables
from leads.admin.reports.asking import Asked, list_url
from leads.admin.reports.tables import Cell
from leads.models import Outcome
from leads.reports.money import Money

SAME = 0.005


@dataclass(frozen=True, slots=True)
class Card:
    """`change` is by how much it is more (or less) than before, in words; `before` what it was; `hint` how it is counted."""

    title: Any
    cell: Cell
    change: str = ""
    before: Any = ""
    hint: Any = ""


def cards_of(now: Figures, before: Figures, asked: Asked) -> Iterator[Card]:
    yield from _of_messages(now, before, asked)
    yield from _of_people(now, before, asked)
    yield from _of_leads(now, before, asked)


def _of_messages(now: Figures, before: Figures, asked: Asked) -> Iterator[Card]:
    days, channel = asked.period.parameter, asked.channel_id
    for title, name, parameters in (
        (_("Messages in"), "messages_in", {"direction": "in"}),
        (_("Messages out"), "messages_out", {"fate": "fine"}),
        (_("Failed to send"), "messages_failed", {"fate": "failed"}),
    ):
        url = list_url("messaging_message", days=days, channel=channel, **parameters)
        yield _counted(title, now.of(name), before.of(name), url)
    talks = list_url("messaging_conversation", status="any", days=days, channel=channel)
    yield _counted(_("Conversations"), now.of("conversations"), before.of("conversations"), talks, _("That began"))
    answers = list_url("messaging_message", days=days, channel=channel, direction="out")
    first = _("From the first message of a conversation to a colleague's first answer, in business hours, on average")
    yield _timed(_("First answer"), "first_response", now, before, answers, first)
    every = _("From the first message not yet answered to a colleague's answer, in business hours, on average")
    yield _timed(_("Answer"), "response", now, before, answers, every)
    handoffs = list_url("messaging_handoff", status="any", days=days)
    yield _counted(_("Handoffs"), now.of("handoffs"), before.of("handoffs"), handoffs)


def _of_people(now: Figures, before: Figures, asked: Asked) -> Iterator[Card]:
    days = asked.period.parameter
    new = list_url("crm_customer", first_wrote=days)
    yield _counted(
        _("New customers"), now.of("new_customers"), before.of("new_customers"), new, _("Who wrote for the first time")
    )
    part = "" if asked.channel_id else EVERYWHERE
    length = (asked.period.last - asked.period.first).days + 1
    active = [round(figures.of("active_customers", part).count / length) for figures in (now, before)]
    wrote = list_url("messaging_message", days=days, channel=asked.channel_id, direction="in")
    hint = _("How many wrote to us on a day, on average")
    yield Card(_("Customers a day"), tables.count(active[0], wrote), change(*active), grouped(active[1]), hint)
    refused = list_url("crm_consent", granted="False", days=days)
    yield _counted(_("Opt-outs"), now.of("opt_outs"), before.of("opt_outs"), refused)
    known = _("Messages whose intent the rules recognised")
    yield _share(_("Recognised"), ("classified", "messages_in"), now, before, wrote, known)


def _of_leads(now: Figures, before: Figures, asked: Asked) -> Iterator[Card]:
    days, channel = asked.period.parameter, {"first-channel": asked.channel_id}
    opened = list_url("leads_lead", owned="all", state="any", opened=days, **channel)
    won = list_url("leads_lead", owned="all", state=Outcome.WON.value, closed=days, **channel)
    yield _counted(_("Leads"), now.of("leads"), before.of("leads"), opened)
    qualified = list_url("leads_qualification", days=days)
    score = now.of("qualified").average
    hint = "" if score is None else _("%(score)d points on average") % {"score": round(score)}
    yield _counted(_("Qualified"), now.of("qualified"), before.of("qualified"), qualified, hint)
    yield _counted(_("Won"), now.of("won"), before.of("won"), won)
    yield _share(_("Conversion"), ("won", "leads"), now, before, won, _("Won of as many leads as were opened"))
    value, earlier = worth(now), worth(before)
    yield Card(_("Value won"), tables.sums(value, won, whole=True), "", tables.sums(earlier, whole=True).shown)


def worth(figures: Figures) -> Money:
    value = Money()
    for currency, figure in figures.by_part("won_value").items():
        value.add(figure.total, currency)
    return value


def _counted(title: Any, now: Figure, before: Figure, url: str, hint: Any = "") -> Card:
    return Card(title, tables.count(now.count, url), change(now.count, before.count), grouped(before.count), hint)


def _timed(title: Any, name: str, now: Figures, before: Figures, url: str, hint: Any) -> Card:
    seconds = [figures.of(name, "person_open").average for figures in (now, before)]
    times = [None if one is None else timedelta(seconds=one) for one in seconds]
    return Card(title, Cell(tables.lasting(times[0]), url), change(*seconds), tables.lasting(times[1]), hint)


def _share(title: Any, names: tuple[str, str], now: Figures, before: Figures, url: str, hint: Any) -> Card:
    shares = [figures.ratio(*names) for figures in (now, before)]
    shown = tables.share(shares[0])
    return Card(title, Cell(shown.shown, url), change(*shares), tables.share(shares[1]).shown, hint)


def change(now: float | None, before: float | None) -> str:
    """Say by how much a figure is more or less than before; nothing, where there is nothing to compare."""
    if not before or now is None:
        return ""
    by = now / before - 1
    if abs(by) < SAME:
        return _("as before")
    return ("+" if by > 0 else "−") + tables.percent(abs(by))
