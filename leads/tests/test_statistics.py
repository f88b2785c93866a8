"""Figures of sellers, of losses and of one customer."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.markup import DASH
from crm.models import Customer, Team, User
from crm.periods import Period
from crm.tests.factories import make_customer, make_identity
from leads.admin.reports.asking import Asked
from leads.models import Lead, LostReason, Product, ProductInteraction
from leads.reports.customers import customer_figures
from leads.reports.losses import losses
from leads.reports.sellers import sellers
from leads.tests.factories import make_lead
from leads.tests.random_shop import EDGES, FIRST, LAST, RandomShop
from messaging.models import Conversation, Message, MessageStatus
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
DAYS = Period(FIRST, LAST)
QUERY = {"period": "days", "from": FIRST.isoformat(), "to": LAST.isoformat()}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock_of_cairo(settings: Any) -> Iterator[None]:
    settings.TIME_ZONE = "Africa/Cairo"
    with timezone.override("Africa/Cairo"):
        yield


def inside(at: datetime | None) -> bool:
    return at is not None and EDGES[0] <= at < EDGES[1]


def rows_behind(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.context["cl"]


def plain(money: Any) -> dict[str, Any]:
    return {currency: amount for currency, amount in money if amount}


def slow_first_answers(seller: User) -> tuple[list[float], int]:
    """Return the seconds to each first answer, and how many conversations have none."""
    seconds, unanswered = [], 0
    for talk in Conversation.objects.filter(assignee=seller):
        written = list(Message.objects.filter(conversation=talk).order_by("at", "id"))
        first = next((place for place, message in enumerate(written) if message.direction == "in"), None)
        if first is None or not inside(talk.started_at):
            continue
        answers = [
            message.at
            for message in written[first + 1 :]
            if message.direction == "out" and not message.automated and message.status != MessageStatus.FAILED
        ]
        if answers:
            seconds.append((answers[0] - written[first].at).total_seconds())
        else:
            unanswered += 1
    return seconds, unanswered


def talk_with(shop: RandomShop, talks: int) -> None:
    """Add conversations of sellers, each of a few messages in either direction, some at the same time."""
    chance = shop.chance
    for number in range(talks):
        start, status = shop.moment(), chance.choice(Conversation.Status.values)
        talk = make_conversation(make_identity(), assignee=chance.choice(shop.sellers), started_at=start, status=status)
        for place in range(chance.randrange(5)):
            make_message(
                talk,
                at=start + timedelta(seconds=chance.randrange(1000) * place),
                direction=chance.choice(("in", "out")),
                automated=chance.random() < 0.3,
                status=chance.choice((MessageStatus.SENT, MessageStatus.FAILED)),
                external_id=f"{number}-{place}",
            )


def test_sellers_figures_are_those_that_one_counts_by_hand() -> None:
    shop = RandomShop(seed=2)
    shop.fill(messages=0, leads=180)
    talk_with(shop, 60)
    found = dict(sellers(user=colleague("manager"), period=DAYS))
    assert set(found) == set(shop.sellers)
    for seller, figures in found.items():
        leads = [
            lead for lead in Lead.objects.filter(owner=seller) if inside(lead.opened_at) and lead.outcome != "merged"
        ]
        outcomes = Counter(lead.outcome for lead in leads)
        assert (figures.leads, figures.open, figures.won, figures.lost) == (
            len(leads), outcomes[""], outcomes["won"], outcomes["lost"],
        )  # fmt: skip
        assert figures.conversion == outcomes["won"] / len(leads)
        worth: Counter[str] = Counter()
        for lead in leads:
            if lead.outcome == "won" and lead.value:
                worth[lead.currency or "EGP"] += lead.value  # type: ignore[assignment]  # counts money as well
        assert plain(figures.value) == worth
        due = [lead for lead in Lead.objects.filter(owner=seller, closed_at=None) if lead.next_follow_up_at == EDGES[0]]
        assert figures.overdue == len(due) > 0
        seconds, unanswered = slow_first_answers(seller)
        assert (figures.answered, figures.not_answered) == (len(seconds), unanswered)
        assert figures.first_answer
        assert abs(figures.first_answer.total_seconds() - median(seconds)) < 0.001


def test_each_figure_of_a_seller_leads_to_as_many_rows() -> None:
    shop = RandomShop(seed=4)
    shop.fill(messages=10)
    talk_with(shop, 60)
    manager = colleague("manager")
    Lead.objects.filter(owner=shop.sellers[1]).update(owner=manager)  # whose own leads are "mine"
    Conversation.objects.filter(assignee=shop.sellers[1]).update(assignee=manager)
    User.objects.filter(pk=shop.sellers[0].pk).update(is_active=False)
    client = client_of(manager)
    first = client.get(reverse("admin:leads_sellers"), QUERY).context["table"]
    table = client.get(first.later).context["table"]
    assert [(row.title, row.cells[:6], row.cells[8]) for row in first.rows] == [
        (row.title, row.cells[:6], row.cells[8]) for row in table.rows
    ]
    assert {cell.shown for row in first.rows for cell in row.cells[6:8]} == {"…"}
    numbers = [cell for row in table.rows for cell in row.cells if str(cell.shown).isdigit()]
    assert len(numbers) == 2 * 6  # leads, open, won, lost, not answered and overdue of each
    for cell in numbers:
        assert rows_behind(client, cell.url).result_count == int(cell.shown), cell.url


def test_a_seller_sees_their_own_figures_alone() -> None:
    seller = colleague("seller", team="Cairo")
    other = User.objects.create(email="other@shop.example", full_name="Omar Saleh", team=seller.team)
    for owner in (seller, other, other):
        make_lead(owner=owner, opened_at=EDGES[0])
    assert [(who, figures.leads) for who, figures in sellers(user=seller, period=DAYS)] == [(seller, 1)]
    page = client_of(seller).get(reverse("admin:leads_sellers"), QUERY).content.decode()
    assert "Omar Saleh" not in page
    nobody_yet = Period(FIRST - 900 * DAY, FIRST - 899 * DAY)
    assert [figures.leads for _who, figures in sellers(user=seller, period=nobody_yet)] == [0]


def test_who_has_conversations_but_no_leads_is_told_of_at_once() -> None:
    manager = colleague("manager")
    talk = make_conversation(make_identity(), assignee=manager, started_at=EDGES[0])
    make_message(talk, at=EDGES[0])
    make_message(talk, at=EDGES[0] + timedelta(minutes=7), direction="out")
    table = client_of(manager).get(reverse("admin:leads_sellers"), QUERY).context["table"]
    assert not table.later
    assert [str(cell.shown) for cell in table.rows[0].cells[6:8]] == ["<bdi>7 min</bdi>", str(DASH)]


def test_losses_are_counted_by_reason_and_owner() -> None:
    shop = RandomShop(seed=6)
    shop.fill(messages=0, leads=120)
    manager = colleague("manager")
    for owner in (None, 0, shop.sellers[0].pk):
        lost = [
            lead
            for lead in Lead.objects.filter(outcome="lost")
            if inside(lead.closed_at) and (owner is None or (lead.owner_id or 0) == owner)
        ]
        reasons: defaultdict[str, list[Lead]] = defaultdict(list)
        for lead in lost:
            reasons[lead.lost_reason].append(lead)
        report = losses(user=manager, period=DAYS, owner=owner)
        assert {reason: found.leads for reason, found in report.by_reason} == {
            reason: len(leads) for reason, leads in reasons.items()
        }
        assert [found.leads for _reason, found in report.by_reason] == sorted(map(len, reasons.values()), reverse=True)
        for reason, found in report.by_reason:
            worth: Counter[str] = Counter()
            for lead in reasons[reason]:
                worth[lead.currency or "EGP"] += lead.value or 0  # type: ignore[assignment]  # counts money as well
            assert plain(found.value) == {currency: amount for currency, amount in worth.items() if amount}
        assert report.total.leads == len(lost) > 0
        by_owner = Counter(lead.owner_id for lead in lost)
        assert {seller: found.leads for seller, found, _reason in report.by_owner} == by_owner


@pytest.mark.parametrize("role", ["manager", "seller"])
def test_each_loss_leads_to_as_many_rows(role: str) -> None:
    shop = RandomShop(seed=6)
    shop.fill(messages=0, leads=150)
    user = colleague(role)
    Lead.objects.filter(owner=shop.sellers[1]).update(owner=user)
    client = client_of(user)
    for more in ({}, {"owner": "0"}, {"owner": str(user.pk)}):
        context = client.get(reverse("admin:leads_losses"), {**QUERY, **more}).context
        tables = [table for table in (context["table"], context.get("second_table")) if table]
        counts = [row.cells[0] for table in tables for row in table.rows] + [context["table"].total.cells[0]]
        assert len(counts) > 2
        for cell in counts:
            assert rows_behind(client, cell.url).result_count == int(cell.shown), cell.url


def test_a_reason_that_nobody_gave_is_no_line_and_none_at_all_an_empty_page() -> None:
    manager = colleague("manager")
    page = client_of(manager).get(reverse("admin:leads_losses"), QUERY).content.decode()
    assert "No lead was lost in these days." in page
    make_lead(
        in_stage="lost", outcome="lost", lost_reason=LostReason.PRICE, opened_at=EDGES[0] - DAY, closed_at=EDGES[0]
    )
    report = losses(user=manager, period=DAYS)
    assert [(reason, lost.leads) for reason, lost in report.by_reason] == [(LostReason.PRICE, 1)]


def test_customers_figures_are_those_that_one_counts_by_hand() -> None:
    shop = RandomShop(seed=8)
    shop.fill(messages=60, leads=60)
    customers = list(Customer.objects.filter(identities__isnull=False).distinct()[:6])
    for lead in Lead.objects.filter(merged_into=None).order_by("pk"):
        if not lead.is_open:
            Lead.objects.filter(pk=lead.pk).update(customer=shop.chance.choice(customers))
    merged = make_lead(customers[0], in_stage="converted", value=10**6, currency="EGP")
    into = make_lead(customers[1])
    Lead.objects.filter(pk=merged.pk).update(outcome="merged", closed_at=EDGES[0], merged_into=into)
    for user, sees_all in ((colleague("manager"), True), (colleague("seller"), False)):
        for customer in customers:
            found = customer_figures(user=user, customer=customer)
            leads = [
                lead
                for lead in Lead.objects.filter(customer=customer)
                if lead.outcome != "merged" and (sees_all or lead.owner_id is None)
            ]
            talk = [
                message
                for message in Message.objects.select_related("conversation").filter(
                    conversation__identity__customer=customer
                )
                if sees_all or message.conversation.assignee_id is None
            ]
            sales = sorted(lead.closed_at for lead in leads if lead.outcome == "won" and lead.closed_at)
            worth: Counter[str] = Counter()
            for lead in leads:
                if lead.outcome == "won":
                    worth[lead.currency or "EGP"] += lead.value or 0  # type: ignore[assignment]  # counts money as well
            directions = Counter(message.direction for message in talk)
            assert (found.received, found.sent) == (directions["in"], directions["out"])
            assert found.first_contact == min((message.at for message in talk), default=None)
            assert (found.leads, found.won) == (len(leads), len(sales))
            assert plain(found.value) == {currency: amount for currency, amount in worth.items() if amount}
            apart = [later - sooner for sooner, later in pairwise(sales)]
            assert found.between_purchases == (sum(apart, timedelta()) / len(apart) if apart else None)


def test_a_customers_figures() -> None:
    customer = make_customer()
    talk = make_conversation(make_identity(customer=customer))
    for number, direction in enumerate(("in", "in", "out")):
        make_message(talk, direction=direction, at=EDGES[0] + number * DAY)
    for days, value, currency in ((0, 10, "EGP"), (4, 5, "USD"), (10, None, "")):
        at = EDGES[0] + days * DAY
        fields = {"outcome": "won", "closed_at": at, "value": value, "currency": currency}
        make_lead(customer, in_stage="converted", **fields)
    make_lead(customer)
    for name, kinds in (("Dress", ["view", "view"]), ("Bag", ["like"]), ("Hat", ["like", "dislike"])):
        product = Product.objects.create(name=name)
        for kind in kinds:
            ProductInteraction.objects.create(customer=customer, product=product, kind=kind, at=EDGES[0])
    found = customer_figures(user=colleague("manager"), customer=customer)
    assert (found.received, found.sent, found.first_contact) == (2, 1, EDGES[0])
    assert (found.leads, found.won, plain(found.value)) == (4, 3, {"EGP": 10, "USD": 5})
    assert found.between_purchases == 5 * DAY
    assert [product.name for product in found.favourites] == ["Bag", "Dress"]


def test_the_customers_page_shows_them_to_those_who_see_leads() -> None:
    customer = make_customer()
    make_lead(customer, in_stage="converted", outcome="won", closed_at=EDGES[0], value=10, currency="EGP")
    client = client_of(colleague("manager"))
    url = reverse("admin:leads_customer_figures", args=[customer.pk])
    page = client.get(reverse("admin:crm_customer_change", args=[customer.pk])).content.decode()
    assert f'hx-get="{url}"' in page
    with CaptureQueriesContext(connection) as captured:
        panel = client.get(url).content.decode()
    assert "10 <small>EGP</small>" in panel
    assert "hx-get" not in panel
    assert "Between purchases" not in panel
    assert len(captured) <= 10


def test_figures_of_a_customer_are_for_those_who_see_the_customer() -> None:
    elsewhere = User.objects.create(email="x@shop.example", team=Team.objects.create(name="Alexandria"))
    customer = make_customer(owner=elsewhere)
    url = reverse("admin:leads_customer_figures", args=[customer.pk])
    assert client_of(colleague("seller", team="Cairo")).get(url).status_code == 404
    assert client_of(colleague("nobody")).get(url).status_code == 403


def test_a_seller_is_told_nothing_of_what_others_sold_to_their_customer() -> None:
    seller = colleague("seller", team="Cairo")
    customer = make_customer(owner=seller)
    elsewhere = User.objects.create(email="x@shop.example", team=Team.objects.create(name="Alexandria"))
    make_lead(
        customer, in_stage="converted", owner=elsewhere, outcome="won", closed_at=EDGES[0], value=10, currency="EGP"
    )
    found = customer_figures(user=seller, customer=customer)
    assert (found.leads, found.won, plain(found.value)) == (0, 0, {})


def test_the_presets_end_today_on_the_clock_of_the_shop(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 5, 31, 22, 30, tzinfo=UTC))  # 1 June, 1:30 in Cairo
    presets = {
        name: Asked.of(rf.get("/", {"period": name})).period.parameter for name in ("7", "30", "month", "last-month")
    }
    assert presets == {
        "7": "2026-05-26..2026-06-01",
        "30": "2026-05-03..2026-06-01",
        "month": "2026-06-01..2026-06-01",
        "last-month": "2026-05-01..2026-05-31",
    }
