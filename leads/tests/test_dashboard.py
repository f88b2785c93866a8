"""The dashboard: each figure equals its rows, is compared with the days before, and leads to the rows."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.metrics import EVERYWHERE, roll_up
from crm.models import Consent, User
from crm.periods import DAY
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.admin.reports import tables
from leads.admin.reports.cards import change
from leads.models import Qualification
from leads.reports.money import Money
from leads.tests.factories import make_lead
from leads.tests.plain_metrics import plain_metrics
from leads.tests.test_metrics import World
from messaging.models import Handoff, MessageStatus
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
PAGE = "/admin/dashboard/"
MOST_QUERIES = 12


@pytest.fixture
def manager() -> User:
    return colleague("manager")


@pytest.fixture
def shop(manager: User) -> Any:
    """Somebody who wrote today, was answered ten minutes later and bought; and who wrote the week before."""
    now = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    channel = make_channel("messenger", name="Dress shop")
    identity = make_identity(channel, first_inbound_at=now)
    talk = make_conversation(identity, started_at=now)
    asked = make_message(talk, at=now, intent="price")
    make_message(talk, at=now + timedelta(minutes=10), direction="out", status=MessageStatus.READ)
    make_message(talk, at=now + timedelta(minutes=11), direction="out", status=MessageStatus.FAILED)
    Handoff.objects.create(conversation=talk, by="bot", requested_at=now)
    Consent.objects.create(customer=identity.customer, identity=identity, granted=False, source="message", at=now)
    lead = make_lead(
        identity.customer, in_stage="converted", outcome="won", owner=manager, value=1200, currency="EGP", first_message=asked,
        first_source="ad", opened_at=now, closed_at=now,
    )  # fmt: skip
    Qualification.objects.create(lead=lead, score=70, qualified_at=now)
    make_lead(make_customer(), in_stage="lost", outcome="lost", lost_reason="price", opened_at=now, closed_at=now)
    for _message in range(2):
        make_message(make_conversation(make_identity(channel), started_at=now - 7 * DAY), at=now - 7 * DAY)
    list(roll_up(now.date() - 7 * DAY, now.date()))
    return channel


def cards(client: Client, query: str = "?period=7") -> dict[str, Any]:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return {str(card.title): card for card in response.context["cards"]}


def rows_behind(client: Client, url: str) -> int:
    response = client.get(url)
    assert response.status_code == 200
    number: int = response.context["cl"].result_count
    return number


def test_each_count_leads_to_as_many_rows(manager: User, shop: Any) -> None:
    client = client_of(manager)
    found = cards(client)
    counts = {title: int(str(card.cell.shown)) for title, card in found.items() if str(card.cell.shown).isdigit()}
    assert counts == {
        "Messages in": 1, "Messages out": 1, "Failed to send": 1, "Conversations": 1, "Handoffs": 1, "New customers": 1,
        "Opt-outs": 1, "Leads": 2, "Qualified": 1, "Won": 1,
    }  # fmt: skip
    assert {title: rows_behind(client, found[title].cell.url) for title in counts} == counts


def test_times_shares_and_sums(manager: User, shop: Any) -> None:
    found = cards(client_of(manager))
    assert "10 min" in str(found["First answer"].cell.shown)
    assert "10 min" in str(found["Answer"].cell.shown)
    assert found["Conversion"].cell.shown == "50%"
    assert found["Recognised"].cell.shown == "100%"
    assert "1,200" in str(found["Value won"].cell.shown)


def test_what_it_was_before_stands_beside_it(manager: User, shop: Any) -> None:
    messages = cards(client_of(manager))["Messages in"]
    assert (messages.before, messages.change) == ("2", "−50%")
    assert (change(3, 2), change(2, 2), change(1, 0), change(None, 2)) == ("+50%", "as before", "", "")


def test_on_a_random_day_each_figure_is_what_a_plain_count_says(manager: User, seed: int) -> None:
    day = date(2026, 1, 10) + timedelta(days=random.Random(seed).randrange(350))
    World(seed, day)
    list(roll_up(day - 3 * DAY, day))
    found = cards(client_of(manager), f"?period=days&from={day}&to={day}")
    now, before = PlainDay(day), PlainDay(day - DAY)
    counted = {
        "Messages in": "messages_in", "Messages out": "messages_out", "Failed to send": "messages_failed",
        "Conversations": "conversations", "Handoffs": "handoffs", "New customers": "new_customers", "Opt-outs": "opt_outs",
        "Leads": "leads", "Qualified": "qualified", "Won": "won",
    }  # fmt: skip
    figures = {title: (now.shown(name), str(before.count(name))) for title, name in counted.items()}
    figures |= {
        "Customers a day": (
            now.shown("active_customers", EVERYWHERE),
            str(before.count("active_customers", EVERYWHERE)),
        ),
        "First answer": (now.lasting("first_response"), before.lasting("first_response")),
        "Answer": (now.lasting("response"), before.lasting("response")),
        "Recognised": (now.share("classified", "messages_in"), before.share("classified", "messages_in")),
        "Conversion": (now.share("won", "leads"), before.share("won", "leads")),
        "Value won": (now.value(), before.value()),
    }
    assert {title: (str(card.cell.shown), str(card.before)) for title, card in found.items()} == figures
    assert now.count("messages_in") > 1 and now.count("leads")


class PlainDay:
    """The figures of one day, counted slowly and written as the dashboard writes figures."""

    def __init__(self, day: date) -> None:
        self.counted = plain_metrics(day, day)

    def parts(self, name: str) -> dict[str, tuple[int, Decimal]]:
        found: dict[str, tuple[int, Decimal]] = {}
        for (_day, _channel, called, part), (count, total) in self.counted.items():
            if called == name:
                known = found.get(part, (0, Decimal(0)))
                found[part] = (known[0] + count, known[1] + total)
        return found

    def count(self, name: str, part: str | None = None) -> int:
        return sum(count for of, (count, _total) in self.parts(name).items() if part in (None, of))

    def shown(self, name: str, part: str | None = None) -> str:
        return str(tables.count(self.count(name, part)).shown)

    def lasting(self, name: str) -> str:
        count, total = self.parts(name).get("person_open", (0, Decimal(0)))
        return str(tables.lasting(timedelta(seconds=float(total) / count) if count else None))

    def share(self, name: str, of: str) -> str:
        return str(tables.share(self.count(name) / self.count(of) if self.count(of) else None).shown)

    def value(self) -> str:
        worth = Money()
        for currency, (_count, total) in self.parts("won_value").items():
            worth.add(total, currency)
        return str(tables.sums(worth, whole=True).shown)


def test_one_channel_alone(manager: User, shop: Any) -> None:
    other = make_channel("telegram")
    assert str(cards(client_of(manager), f"?period=7&channel={shop.pk}")["Messages in"].cell.shown) == "1"
    assert "–" in str(cards(client_of(manager), f"?period=7&channel={other.pk}").get("Messages in", "–"))


def test_charts_show_what_there_is_to_see(manager: User, shop: Any) -> None:
    charts = {str(chart.title): chart for chart in client_of(manager).get(PAGE).context["charts"]}
    by_channel = charts["Messages by channel"]
    assert (by_channel.labels, [series.values for series in by_channel.series]) == (["Dress shop"], [[3], [1]])
    assert charts["Leads and sales"].over_time
    assert len(charts["Leads and sales"].labels) == 30
    assert charts["Lost leads by reason"].labels == ["Too expensive"]
    assert charts["Won by seller"].labels == [str(manager)]
    assert "Open leads by stage, now" not in charts
    year = "?period=days&from=2026-01-01&to=2026-12-31"
    by_week = {str(chart.title): chart for chart in client_of(manager).get(PAGE + year).context["charts"]}
    assert 50 < len(by_week["Leads and sales"].labels) < 55


def test_open_leads_stand_by_their_stage(manager: User, shop: Any) -> None:
    kept, second = make_lead(), make_lead(in_stage="qualified")
    make_lead(outcome="merged", merged_into=kept, closed_at=timezone.now())
    charts = {str(chart.title): chart for chart in client_of(manager).get(PAGE).context["charts"]}
    by_stage = charts["Open leads by stage, now"]
    counted = dict(zip(by_stage.labels, by_stage.series[0].values, strict=True))
    assert {name: count for name, count in counted.items() if count} == {kept.stage.name: 1, second.stage.name: 1}


def test_the_same_for_a_spreadsheet_and_for_a_program(manager: User, shop: Any) -> None:
    client = client_of(manager)
    found = client.get(f"{PAGE}json/?period=7").json()
    assert found["to"] == timezone.localdate().isoformat()
    [received] = [one for one in found["figures"] if one["name"] == "messages_in"]
    assert (received["channel"], received["count"], received["count_before"]) == (shop.slug, 1, 2)
    lines = client.get(f"{PAGE}csv/?period=7").content.decode().splitlines()
    assert f"messages_in,,{shop.slug},1,0.000,2,0.000" in lines


def test_before_anything_was_counted_it_says_so(manager: User) -> None:
    assert "Nothing to count yet" in client_of(manager).get(PAGE).content.decode()


def test_it_takes_few_queries(manager: User, shop: Any) -> None:
    client = client_of(manager)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    assert len(captured) <= MOST_QUERIES, [query["sql"][:100] for query in captured]


def test_it_is_the_first_page_of_a_manager(manager: User) -> None:
    assert client_of(manager).get("/", follow=True).redirect_chain[-1][0] == reverse("admin:dashboard")
    assert client_of(colleague("seller")).get(PAGE).status_code == 403
