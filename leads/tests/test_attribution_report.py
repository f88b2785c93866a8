"""What brings sales: the figures, the rows behind them, the days that they are of, and who sees what."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AdCampaign, PerformanceMetric
from campaigns.origins import Grouping, Origin
from crm.models import Team
from crm.periods import Period
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.admin.reports.origins import Links
from leads.models import Lead
from leads.reports.attribution import Figures, Question, Report, Touch, attribution
from leads.reports.money import Money
from leads.tests.factories import make_lead
from leads.tests.random_shop import EDGES, FIRST, LAST, RandomShop, add_up
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message

pytestmark = [pytest.mark.takes(30), pytest.mark.django_db]
DAYS = Period(FIRST, LAST)
PAGE = "admin:leads_attribution"
PAGE_QUERIES = 10
QUERY = {"period": "days", "from": FIRST.isoformat(), "to": LAST.isoformat()}


@pytest.fixture(autouse=True)
def _clock_of_cairo(settings: Any) -> Iterator[None]:
    settings.TIME_ZONE = "Africa/Cairo"
    with timezone.override("Africa/Cairo"):
        yield


def plain(money: Money) -> dict[str, Any]:
    return {currency: amount for currency, amount in money if amount}


def figures_of(report: Report) -> dict[Any, Any]:
    return {
        (origin.kind, int(origin.key) if origin.kind in ("ad", "lone-ad", "post", "any-post") else origin.key): (
            figures.messages,
            figures.leads,
            figures.qualified,
            figures.won,
            plain(figures.value),
            plain(figures.spend),
        )
        for origin, figures in report.lines
    }


@pytest.mark.parametrize("touch", list(Touch))
@pytest.mark.parametrize("grouping", list(Grouping))
def test_the_figures_are_those_that_one_counts_by_hand(grouping: Grouping, touch: Touch) -> None:
    shop = RandomShop(seed=len(grouping) + len(touch))
    shop.fill()
    manager = colleague("manager")
    for channel in (None, shop.channels[0]):
        report = attribution(Question(manager, DAYS, touch, grouping, channel.pk if channel else None))
        slowly = add_up(grouping, touch, channel)
        expected = {
            line: (
                *(slowly.counts[line][name] for name in ("messages", "leads", "qualified", "won")),
                {currency: amount for currency, amount in slowly.value[line].items() if amount},
                {currency: amount for currency, amount in slowly.spend[line].items() if amount},
            )
            for line in {*slowly.counts, *slowly.value, *slowly.spend}
        }
        assert figures_of(report) == expected
        assert report.total.leads == sum(counts["leads"] for counts in slowly.counts.values()) > 0
        unknown = sum(counts["leads"] for (kind, _key), counts in slowly.counts.items() if kind == "source")
        assert report.without_origin.leads == unknown


def rows_behind(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.context["cl"]


def check_links(client: Client, links: Links, figures: Figures) -> None:
    for url, number in (
        (links.messages, figures.messages),
        (links.leads(), figures.leads),
        (links.qualified, figures.qualified),
        (links.won, figures.won),
    ):
        assert not number or rows_behind(client, url).result_count == number, url  # none is no link
    worth: Counter[str] = Counter()
    for value, currency in rows_behind(client, links.won).queryset.values_list("value", "currency"):
        worth[currency or "EGP"] += value or 0
    assert {currency: amount for currency, amount in worth.items() if amount} == plain(figures.value)
    if figures.spend:
        cost: Counter[str] = Counter()
        for spend, currency in rows_behind(client, links.spend).queryset.values_list("spend", "currency"):
            cost[currency or "EGP"] += spend
        assert {currency: amount for currency, amount in cost.items() if amount} == plain(figures.spend)


@pytest.mark.usefixtures("bare_frame")
@pytest.mark.parametrize("role", ["manager", "seller"])
@pytest.mark.parametrize(
    ("grouping", "touch", "of_channel"),
    [
        (Grouping.AD, Touch.FIRST, False),
        (Grouping.AD_SET, Touch.LAST, False),
        (Grouping.CAMPAIGN, Touch.FIRST, False),
        (Grouping.POST, Touch.LAST, True),
    ],
)
def test_each_figure_leads_to_as_many_rows(role: str, grouping: Grouping, touch: Touch, of_channel: bool) -> None:
    shop = RandomShop(seed=5)
    shop.fill(leads=60)
    user = colleague(role)
    client = client_of(user)
    report = attribution(Question(user, DAYS, touch, grouping, shop.channels[1].pk if of_channel else None))
    assert len(report.lines) > 5
    check_links(client, Links(report.question), report.total)
    for origin, figures in report.lines:
        check_links(client, Links(report.question, origin), figures)


def test_the_page_links_what_it_shows() -> None:
    ad, _lead = sold_by_ad(value=100)
    page = client_of(colleague("manager")).get(reverse(PAGE), QUERY)
    html = page.content.decode()
    query = urlencode({"first": f"ad:{ad.pk}", "opened": DAYS.parameter}).replace("&", "&amp;")
    assert f"/admin/leads/lead/?owned=all&amp;state=won&amp;{query}" in html
    assert reverse("admin:leads_attribution_chain", args=["ad", ad.pk]) in html


def sold_by_ad(**fields: Any) -> tuple[AdCampaign, Lead]:
    title = fields.pop("title", "Blue dress")
    ad = AdCampaign.objects.create(channel=make_channel(), ad_id=title[:9], title=title, first_seen_at=EDGES[0])
    fields = {"opened_at": EDGES[0], "closed_at": EDGES[1], "outcome": "won", "currency": "EGP", **fields}
    return ad, make_lead(in_stage="converted", first_ad=ad, first_source="ad", **fields)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 4, 23, 21, 59, 59, tzinfo=UTC), date(2026, 4, 23)),
        (datetime(2026, 4, 23, 22, 0, tzinfo=UTC), date(2026, 4, 24)),  # the clock leaps from 0:00 to 1:00
        (datetime(2026, 4, 24, 20, 59, 59, tzinfo=UTC), date(2026, 4, 24)),
        (datetime(2026, 4, 24, 21, 0, tzinfo=UTC), date(2026, 4, 25)),
        (datetime(2026, 10, 28, 21, 0, tzinfo=UTC), date(2026, 10, 29)),  # a day of 25 hours
        (datetime(2026, 10, 29, 21, 30, tzinfo=UTC), date(2026, 10, 29)),
        (datetime(2026, 10, 29, 22, 0, tzinfo=UTC), date(2026, 10, 30)),
    ],
)
def test_a_lead_counts_for_the_day_on_the_clock_of_the_shop(at: datetime, day: date) -> None:
    make_lead(opened_at=at)
    manager = colleague("manager")
    counted = [
        attribution(Question(manager, Period(one, one))).total.leads
        for one in (date.fromordinal(day.toordinal() + offset) for offset in (-1, 0, 1))
    ]
    assert counted == [0, 1, 0]


def test_a_lead_counts_for_when_it_was_opened_however_late_it_was_won() -> None:
    sold_by_ad(value=5, closed_at=datetime(2027, 1, 1, tzinfo=UTC))
    total = attribution(Question(colleague("manager"), DAYS)).total
    assert (total.leads, total.won, plain(total.value)) == (1, 1, {"EGP": 5})


def test_currencies_stay_apart_in_costs_and_returns() -> None:
    ad, _lead = sold_by_ad(value=300)
    make_lead(first_ad=ad, first_source="ad", opened_at=EDGES[0])
    make_lead(
        in_stage="converted", first_ad=ad, first_source="ad", opened_at=EDGES[0], closed_at=EDGES[0], outcome="won",
        value=7, currency="USD",
    )  # fmt: skip
    PerformanceMetric.objects.create(ad=ad, day=FIRST, spend=60, currency="EGP")
    PerformanceMetric.objects.create(ad=ad, day=LAST, spend=30, currency="BRL")
    total = attribution(Question(colleague("manager"), DAYS)).total
    assert plain(total.value) == {"EGP": 300, "USD": 7}
    assert plain(total.cost_per_lead) == {"BRL": 10, "EGP": 20}
    assert total.returns == {"BRL": 0, "EGP": 5}


def test_what_cost_and_brought_nobody_is_a_line_too() -> None:
    ad, _lead = sold_by_ad()
    idle = AdCampaign.objects.create(channel=ad.channel, ad_id="idle", first_seen_at=EDGES[0])
    PerformanceMetric.objects.create(ad=idle, day=FIRST, spend=60, currency="EGP")
    lines = dict(attribution(Question(colleague("manager"), DAYS)).lines)
    idle_line = lines[Origin("ad", str(idle.pk))]
    assert (idle_line.leads, idle_line.conversion, plain(idle_line.cost_per_lead)) == (0, None, {})
    assert idle_line.returns == {"EGP": 0}


def test_a_seller_counts_what_they_may_see_and_no_spend() -> None:
    ad, lead = sold_by_ad(value=5)
    seller = colleague("seller", team="Cairo")
    elsewhere = Team.objects.create(name="Alexandria")
    Lead.objects.filter(pk=lead.pk).update(team=elsewhere)
    make_lead(owner=seller, first_ad=ad, first_source="ad", opened_at=EDGES[0])
    PerformanceMetric.objects.create(ad=ad, day=FIRST, spend=60, currency="EGP")
    talk = make_conversation(make_identity(customer=make_customer()), team=elsewhere)
    make_message(talk, at=EDGES[0], source="ad", ad=ad)
    total = attribution(Question(seller, DAYS)).total
    assert (total.messages, total.leads, total.won, plain(total.spend)) == (0, 1, 0, {})
    page = client_of(seller).get(reverse(PAGE), QUERY).content.decode()
    assert "Counted is what you may see" in page
    assert "Cost per lead" not in page
    assert "60 <small>EGP" not in page


@pytest.mark.parametrize(
    ("role", "status"), [("superuser", 200), ("manager", 200), ("seller", 200), ("viewer", 200), ("nobody", 403)]
)
def test_who_may_open_the_pages(role: str, status: int) -> None:
    ad, _lead = sold_by_ad()
    client = client_of(colleague(role))
    names = (PAGE, "admin:leads_attribution_csv", "admin:leads_losses", "admin:leads_losses_csv", "admin:leads_sellers")
    for url in (
        *map(reverse, names),
        reverse("admin:leads_sellers_csv"),
        reverse("admin:leads_attribution_chain", args=["ad", ad.pk]),
    ):
        assert client.get(url, follow=True).status_code == status, url


@pytest.mark.parametrize(
    "query",
    ["period=x", "period=days", "period=days&from=2026-05-02&to=2026-05-01", "period=days&from=2026-02-31&to=x",
     "period=days&from=0001-01-01&to=9999-12-31", "by=x&touch=x&channel=x&owner=x&sort=x", "channel=99999999999999999999",
     "owner=%00&sort=%00&by=%00", "period=days&from=%D9%A1&to=%D9%A2"],
)  # fmt: skip
def test_nonsense_in_the_address_does_no_harm(query: str) -> None:
    client = client_of(colleague("manager"))
    for name in (PAGE, "admin:leads_losses", "admin:leads_sellers"):
        assert client.get(f"{reverse(name)}?{query}").status_code == 200
    for kind in ("ad", "post", "x", "source", "told", "comments"):
        url = reverse("admin:leads_attribution_chain", args=[kind, 10**17])
        assert client.get(f"{url}?{query}").status_code == 404


def test_days_in_the_wrong_order_are_said_to_be() -> None:
    page = client_of(colleague("manager")).get(
        reverse(PAGE), {**QUERY, "from": LAST.isoformat(), "to": FIRST.isoformat()}
    )
    assert "Give a first day, and a last one that is not before it." in page.content.decode()


def test_it_takes_few_queries_however_many_lines() -> None:
    RandomShop(seed=3).fill(messages=40, leads=30)
    client = client_of(colleague("manager"))
    for grouping in Grouping:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(reverse(PAGE), {**QUERY, "by": grouping.value})
        assert len(captured) <= PAGE_QUERIES, "\n".join(query["sql"] for query in captured)


def read_csv(response: Any) -> list[list[str]]:
    text = response.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_says_the_same_and_runs_no_formula() -> None:
    evil = '=HYPERLINK("https://evil.example", "prize")'
    ad, _lead = sold_by_ad(value=300, title=evil)
    AdCampaign.objects.filter(pk=ad.pk).update(campaign_name="@SUM(A1)")
    PerformanceMetric.objects.create(ad=ad, day=FIRST, spend=60, currency="EGP")
    response = client_of(colleague("manager")).get(reverse("admin:leads_attribution_csv"), QUERY)
    assert response["Content-Disposition"] == 'attachment; filename="what-brings-sales-2026-04-20-2026-04-26.csv"'
    head, line, total = read_csv(response)
    assert head[-4:] == ["Value EGP", "Spend EGP", "Cost per lead EGP", "Return EGP"]
    assert line[0] == "Ad"
    assert line[1] == "'" + evil
    assert line[2].startswith("'@SUM")
    assert line[4:] == ["0", "1", "0", "1", "100.0", "300.00", "60.00", "60.00", "5.0000"]
    assert total[4:] == line[4:]


def test_one_line_leads_from_the_ad_to_the_sale() -> None:
    shop = RandomShop(seed=11)
    shop.fill()
    client = client_of(colleague("manager"))
    ad = shop.ads[1]
    lines = dict(attribution(Question(colleague("superuser"), DAYS)).lines)
    figures = lines[Origin("ad", str(ad.pk))]
    response = client.get(reverse("admin:leads_attribution_chain", args=["ad", ad.pk]), QUERY)
    steps = {step.title: step for step in response.context["steps"]}
    shown = [str(steps[name].shown) for name in ("Messages", "Leads", "Qualified", "Sales")]
    counts = (figures.messages, figures.leads, figures.qualified, figures.won)
    assert shown == [str(count) if count else '<span class="mc-none">–</span>' for count in counts]
    assert figures.leads
    comments = rows_behind(client, steps["Comments"].url)
    assert comments.result_count == int(steps["Comments"].shown) > 0
    for name in ("Messages", "Leads"):
        assert rows_behind(client, steps[name].url).result_count == int(steps[name].shown)


@pytest.mark.parametrize(("grouping", "touch"), [(Grouping.AD, Touch.FIRST), (Grouping.POST, Touch.LAST)])
def test_the_page_of_an_ad_or_post_says_what_the_line_says_that_it_is_opened_from(
    grouping: Grouping, touch: Touch
) -> None:
    shop = RandomShop(seed=12)
    shop.fill()
    client = client_of(colleague("manager"))
    choices = {**QUERY, "touch": touch.value, "by": grouping.value, "channel": str(shop.channels[0].pk)}
    rows = [row for row in client.get(reverse(PAGE), choices).context["table"].rows if row.url]
    assert len(rows) > 2
    for row in rows:
        context = client.get(row.url).context
        line = [str(cell.shown) for cell in row.cells]
        steps = {step.title: str(step.shown) for step in context["steps"]}
        assert [steps[name] for name in ("Messages", "Leads", "Qualified", "Sales")] == line[:4], row.title
        facts = [cell for _title, cell in context["facts"]]
        assert [str(cell.shown) for cell in facts] == [line[4], *line[6:]], row.title
        assert facts[1].url == row.cells[6].url
        assert context["back_url"] == f"{reverse(PAGE)}?{urlencode(choices)}"
