"""The board on the server: what it counts, shows, pages, refuses, and what it tells of changes."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm import runtime_settings
from crm.models import Team, User
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.activities import Cause
from leads.board import changes, columns
from leads.board.columns import Place
from leads.board.selection import Selection
from leads.models import Lead, LeadActivity, Outcome
from leads.services.owners import assign_lead
from leads.services.stages import move_lead
from leads.tests.factories import make_lead, stage
from messaging.tests.admin_world import SEARCHES, client_of, colleague
from messaging.tests.factories import make_conversation

BOARD, MOVE, POLL = (reverse(f"admin:leads_board{part}") for part in ("", "_move", "_poll"))
MOST_QUERIES = 9
OPEN_STAGES = ("intake", "nurture", "qualified", "hot", "in-progress")


def closed(in_stage: str, outcome: Outcome, **fields: Any) -> Lead:
    return make_lead(
        in_stage=in_stage,
        outcome=outcome,
        closed_at=fields.pop("closed_at", timezone.now()),
        lost_reason="price",
        **fields,
    )


def shown(html: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb'data-lead="(\d+)"', html)]


def column_url(slug: str, query: str = "owned=all") -> str:
    return f"{reverse('admin:leads_board_column', args=[slug])}?{query}"


def walk(client: Client, slug: str, between: Any = lambda: None) -> list[int]:
    """Scroll a column to its end, with something happening after each page."""
    found, after = [], ""
    while True:
        html = client.get(column_url(slug, f"owned=all&after={after}")).content
        found += shown(html)
        more = re.search(rb'data-after="([^"]+)"', html)
        if more is None:
            return found
        after = more[1].decode()
        between()


def move(client: Client, lead: Lead, to: str, expected: str = "intake", **details: str) -> Any:
    return client.post(MOVE, {"lead": lead.pk, "to": to, "expected": expected, **details})


@pytest.mark.django_db
def test_heads_count_and_sum_every_lead_but_merged_ones() -> None:
    plain: Counter[str] = Counter()
    sums: dict[str, Decimal] = {}
    for number in range(30):
        slug, value = OPEN_STAGES[number % 5], Decimal(number) * 100 if number % 3 else None
        make_lead(in_stage=slug, value=value, currency="EGP" if value is not None else "")
        plain[slug] += 1
        sums[slug] = sums.get(slug, Decimal(0)) + (value or 0)
    make_lead(in_stage="hot", value=Decimal("7.50"), currency="USD")
    kept = make_lead(in_stage="hot", value=Decimal(1), currency="EGP")
    closed("lost", Outcome.LOST, value=Decimal(9), currency="EGP")
    make_lead(
        in_stage="hot",
        value=Decimal(9999),
        currency="EGP",
        merged_into=kept,
        outcome="merged",
        closed_at=timezone.now(),
    )
    heads = columns.heads(Selection(colleague("superuser")).leads())
    found = {slug: heads[stage(slug).pk] for slug in (*OPEN_STAGES, "lost")}
    plain["hot"] += 2
    sums["hot"] += 1
    assert {slug: found[slug].count for slug in OPEN_STAGES} == dict(plain)
    assert {slug: found[slug].total for slug in OPEN_STAGES} == sums
    assert found["hot"].others == {"USD": Decimal("7.50")}
    assert (found["lost"].count, found["lost"].total) == (1, Decimal(9))


@pytest.mark.django_db
def test_the_page_shows_grouped_figures_and_other_currencies() -> None:
    make_lead(in_stage="hot", value=Decimal(1_234_567), currency="EGP")
    make_lead(in_stage="hot", value=Decimal(10), currency="USD")
    html = client_of(colleague("manager")).get(BOARD).content.decode()
    assert "1,234,567 EGP" in html
    assert 'title="1,234,567 EGP + 10 USD"' in html
    assert "+ others" in html


@pytest.mark.django_db
def test_scrolling_shows_every_lead_once_best_first() -> None:
    leads = [make_lead(score=number % 4) for number in range(50)]
    found = walk(client_of(colleague("manager")), "intake")
    assert found == [lead.pk for lead in sorted(leads, key=lambda lead: (lead.score, lead.pk), reverse=True)]


@pytest.mark.django_db
def test_scrolling_misses_and_repeats_none_while_others_move() -> None:
    leads = [make_lead(score=number % 7) for number in range(65)]
    in_order = sorted(leads, key=lambda lead: (lead.score, lead.pk), reverse=True)
    leaving = iter(in_order[3:6])  # on the first page, so that an offset would skip as many further down

    def others_move() -> None:
        Lead.objects.filter(pk=next(leaving).pk).update(stage=stage("hot"))

    assert walk(client_of(colleague("manager")), "intake", others_move) == [lead.pk for lead in in_order]


@pytest.mark.django_db
def test_closed_columns_load_when_opened_newest_first() -> None:
    now = timezone.now()
    won = [closed("converted", Outcome.WON, closed_at=now - timedelta(hours=number % 9)) for number in range(30)]
    client = client_of(colleague("manager"))
    assert shown(client.get(BOARD).content) == []
    expected = sorted(won, key=lambda lead: (lead.closed_at or now, lead.pk), reverse=True)
    assert walk(client, "converted") == [lead.pk for lead in expected]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["none", "x" * 60])
def test_a_column_that_is_none_is_not_found(slug: str) -> None:
    assert client_of(colleague("manager")).get(column_url(slug)).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["", "x", "1:", ":", "-1:2", "9" * 30 + ":1", "99999999999999999:1", "٣:٤"])
def test_a_place_that_is_none_does_no_harm(after: str) -> None:
    lead, late = make_lead(), closed("lost", Outcome.LOST)
    client = client_of(colleague("manager"))
    assert shown(client.get(column_url("intake", f"owned=all&after={after}")).content) == [lead.pk]
    assert shown(client.get(column_url("lost", f"owned=all&after={after}")).content) == [late.pk]


def world_of_owners() -> tuple[User, dict[str, Lead]]:
    """Return a seller of a team, and a lead of everybody."""
    dresses, shoes = Team.objects.create(name="Dresses"), Team.objects.create(name="Shoes")
    seller = colleague("seller")
    seller.team = dresses
    seller.save()
    mate, stranger = make_user(team=dresses), make_user(team=shoes)
    return seller, {
        "own": make_lead(owner=seller, team=dresses),
        "of a colleague": make_lead(owner=mate, team=dresses),
        "of another": make_lead(owner=stranger, team=shoes),
        "of nobody": make_lead(),
        "for the team": make_lead(team=dresses),
        "for another team": make_lead(team=shoes),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("owned", "expected"),
    [
        ("", {"own"}),
        ("me", {"own"}),
        ("team", {"own", "of a colleague", "for the team"}),
        ("all", {"own", "of a colleague", "of nobody", "for the team"}),
        ("else", {"own"}),
    ],
)
def test_a_seller_sees_what_they_may_and_asked_for(owned: str, expected: set[str]) -> None:
    seller, leads = world_of_owners()
    client = client_of(seller)
    wanted = {leads[name].pk for name in expected}
    assert set(shown(client.get(f"{BOARD}?owned={owned}").content)) == wanted
    assert set(shown(client.get(column_url("intake", f"owned={owned}")).content)) == wanted
    assert columns.heads(Selection.asked(seller, {"owned": owned}).leads())[stage("intake").pk].count == len(wanted)
    everything = client.get(f"{POLL}?owned={owned}&mark=0.0.0")
    assert everything.status_code == 204  # nothing of these was ever changed


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["superuser", "administrator", "manager", "viewer"])
def test_others_see_all(role: str) -> None:
    _seller, leads = world_of_owners()
    assert set(shown(client_of(colleague(role)).get(BOARD).content)) == {lead.pk for lead in leads.values()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "looks", "moves"),
    [
        ("manager", 200, 200),
        ("seller", 200, 200),
        ("viewer", 200, 403),
        ("nobody", 403, 403),
        ("administrator", 200, 200),
    ],
)
def test_roles(role: str, looks: int, moves: int) -> None:
    lead = make_lead()
    client = client_of(colleague(role))
    for url in (BOARD, column_url("intake"), f"{POLL}?mark="):
        assert client.get(url).status_code == looks, url
        assert client.post(url).status_code in (403, 405), url
    assert move(client, lead, "hot").status_code == moves
    assert client.get(MOVE).status_code in (403, 405)
    lead.refresh_from_db()
    assert lead.stage.slug == ("hot" if moves == 200 else "intake")
    page = client.get(f"{BOARD}?owned=all").content
    assert (b"data-may-move" in page, b"data-board-menu" in page) == (moves == 200, moves == 200)


@pytest.mark.django_db
def test_who_is_not_logged_in_is_led_to_the_login() -> None:
    lead = make_lead()
    for url in (BOARD, column_url("intake"), POLL):
        assert "/login/" in Client().get(url)["Location"]
    assert move(Client(), lead, "hot").status_code == 302
    lead.refresh_from_db()
    assert lead.stage.slug == "intake"


@pytest.mark.django_db
def test_a_move_needs_the_csrf_token() -> None:
    lead = make_lead()
    client = Client(enforce_csrf_checks=True)
    client.force_login(colleague("manager"))
    assert move(client, lead, "hot").status_code == 403


@pytest.mark.django_db
def test_a_move_answers_with_card_counts_and_sums() -> None:
    lead = make_lead(score=40, value=Decimal(300), currency="EGP")
    make_lead(in_stage="hot", value=Decimal(1000), currency="EGP")
    manager = colleague("manager")
    answer = move(client_of(manager), lead, "hot").json()
    assert (answer["card"]["id"], answer["card"]["stage"]) == (lead.pk, "hot")
    assert (answer["heads"]["hot"]["count"], answer["heads"]["hot"]["total"]) == ("2", "1,300 EGP")
    assert (answer["heads"]["intake"]["count"], answer["heads"]["intake"]["total"]) == ("0", "")
    activity = LeadActivity.objects.get(lead=lead)
    assert (activity.old, activity.new, activity.actor, activity.automated) == ("intake", "hot", manager, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("to", "details", "said"),
    [
        ("lost", {}, "Say why the lead is lost."),
        ("lost", {"lost_reason": "weather"}, "weather"),
        ("converted", {}, "Say what it was sold for."),
        ("converted", {"value": "-1"}, "greater than or equal to 0"),
        ("converted", {"value": "much"}, "Enter a number"),
        ("nowhere", {}, "This stage is no more"),
    ],
)
def test_a_refused_move_says_why_and_changes_nothing(to: str, details: dict[str, str], said: str) -> None:
    lead = make_lead()
    answer = move(client_of(colleague("seller")), lead, to, **details)
    assert answer.status_code == 422
    assert said in answer.json()["said"]
    lead.refresh_from_db()
    assert (lead.stage.slug, lead.value, LeadActivity.objects.count()) == ("intake", None, 0)


@pytest.mark.django_db
def test_closing_keeps_the_reason_and_the_value() -> None:
    lost, won = make_lead(), make_lead()
    client = client_of(colleague("manager"))
    assert move(client, lost, "lost", lost_reason="price", lost_note="Half elsewhere").status_code == 200
    assert move(client, won, "converted", value="1250.50").status_code == 200
    lost.refresh_from_db()
    won.refresh_from_db()
    assert (lost.outcome, lost.lost_reason, lost.lost_note) == ("lost", "price", "Half elsewhere")
    assert (won.outcome, won.value, won.currency) == ("won", Decimal("1250.50"), "EGP")


@pytest.mark.django_db
def test_a_lead_comes_back_unless_its_customer_has_another_open_one() -> None:
    customer = make_customer()
    old = closed("lost", Outcome.LOST, customer=customer)
    client = client_of(colleague("manager"))
    new = make_lead(customer)
    answer = move(client, old, "hot", expected="lost")
    assert (answer.status_code, answer.json()["card"]["stage"]) == (422, "lost")
    assert "another open lead" in answer.json()["said"]
    Lead.objects.filter(pk=new.pk).update(outcome="lost", lost_reason="spam", closed_at=timezone.now())
    assert move(client, old, "hot", expected="lost").json()["card"]["stage"] == "hot"


@pytest.mark.django_db
def test_a_lead_out_of_sight_cannot_be_moved() -> None:
    seller, leads = world_of_owners()
    answer = move(client_of(seller), leads["of another"], "hot")
    assert (answer.status_code, answer.json()["card"]) == (404, None)
    merged = leads["own"]
    Lead.objects.filter(pk=merged.pk).update(
        merged_into=leads["of nobody"], outcome="merged", closed_at=timezone.now(), lost_reason="other"
    )
    assert move(client_of(seller), merged, "hot").status_code == 404


@pytest.mark.django_db
def test_a_card_moved_by_another_stays_where_they_put_it() -> None:
    lead = make_lead()
    ana = make_user(full_name="Ana")
    move_lead(lead_id=lead.pk, to=stage("hot"), cause=Cause.person(ana))
    answer = move(client_of(colleague("manager")), lead, "qualified")
    assert answer.status_code == 409
    assert (answer.json()["said"], answer.json()["card"]["stage"]) == ("Ana moved it to Hot a moment ago.", "hot")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_a_card_at_once_one_wins_and_the_other_is_told() -> None:
    for _attempt in range(5):
        lead = make_lead()
        movers = [make_user(full_name=name, is_superuser=True) for name in ("Ana", "Mona")]
        clients, at_once = [client_of(mover) for mover in movers], Barrier(2, timeout=20)

        def try_it(client: Client, to: str, lead: Lead = lead, at_once: Barrier = at_once) -> Any:
            try:
                at_once.wait()
                answer = move(client, lead, to)
                return answer.status_code, answer.json()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(try_it, clients, ("hot", "nurture")))
        lead.refresh_from_db()
        assert sorted(status for status, _answer in answers) == [200, 409]
        winner = next(place for place, (status, _answer) in enumerate(answers) if status == 200)
        assert lead.stage.slug == ("hot", "nurture")[winner]
        told = answers[1 - winner][1]
        assert told["said"] == f"{movers[winner].full_name} moved it to {lead.stage.name} a moment ago."
        assert told["card"]["stage"] == lead.stage.slug
        assert LeadActivity.objects.filter(lead=lead).count() == 1


@pytest.mark.django_db
def test_the_selection_narrows_by_name_source_channel_and_label() -> None:
    wanted = make_lead(make_customer(name="مُنى عادل", label="hot"), first_source="ad")
    channel = make_channel()
    make_identity(channel, customer=wanted.customer)
    make_lead(make_customer(name="Somebody else"), first_source="comment")
    client = client_of(colleague("manager"))
    for query in (
        "q=منى",
        "source=ad",
        f"channel={channel.pk}",
        "label=hot",
        f"q=منى&source=ad&channel={channel.pk}&label=hot",
    ):
        assert shown(client.get(f"{BOARD}?{query}").content) == [wanted.pk], query
    assert len(shown(client.get(f"{BOARD}?source=moon&channel=x&label=y").content)) == 2
    nothing = client.get(f"{BOARD}?owned=me&q=nobody").content
    assert b"Nothing found" in nothing
    assert b'href="?owned=all&amp;q=nobody"' in nothing


@pytest.mark.django_db
@pytest.mark.parametrize("words", SEARCHES)
def test_any_search_is_answered(words: str) -> None:
    make_lead()
    assert client_of(colleague("manager")).get(BOARD, {"q": words}).status_code == 200


@pytest.mark.django_db
def test_a_card_shows_what_matters() -> None:
    now = timezone.now()
    owner = make_user(full_name="Ana Costa")
    customer = make_customer(name="Mona Adel")
    make_conversation(make_identity(make_channel(), customer=customer), waiting_since=now - timedelta(hours=3))
    make_lead(
        customer, score=87, owner=owner, value=Decimal(4500), currency="EGP", first_source="ad", next_step="Call",
        next_follow_up_at=now - timedelta(days=2), stage_changed_at=now - timedelta(days=12),
    )  # fmt: skip
    quiet = make_customer(name="Quiet")
    make_conversation(make_identity(make_channel(), customer=quiet), status="closed", waiting_since=now)
    make_lead(quiet, score=1, next_follow_up_at=now + timedelta(days=2))
    html = client_of(colleague("manager")).get(BOARD).content.decode()
    card, other = (part.split("</li>")[0] for part in html.split('<li class="lb-card"')[1:])
    for part in (
        "Mona Adel",
        ">87<",
        "4,500",
        'title="Ana Costa"',
        ">AC<",
        "Ad",
        "Call",
        "lb-overdue",
        "12 days",
        "3 h",
    ):
        assert part in card, part
    for part in ("lb-overdue", "lb-stale", "lb-waiting"):
        assert part not in other, part
    assert "unassigned" in other


@pytest.mark.django_db
@pytest.mark.parametrize("days", [3, 30])
def test_stale_is_what_the_setting_says(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_lead(stage_changed_at=timezone.now() - timedelta(days=10))
    runtime_settings.change(key="leads.stale_after_days", value=days, by=make_user())
    html = client_of(colleague("manager")).get(BOARD).content
    runtime_settings.forget()
    assert (b"lb-stale" in html) == (days == 3)


def seed_board() -> None:
    channel = make_channel()
    for number in range(60):
        customer = make_customer()
        make_conversation(make_identity(channel, customer=customer), waiting_since=timezone.now())
        make_lead(
            customer, in_stage=OPEN_STAGES[number % 5], owner=make_user(full_name=f"U {number}"), first_source="ad"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["seller", "manager"])
def test_pages_take_few_queries(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    seed_board()
    user = colleague(role)
    user.team = Team.objects.create(name="Dresses")
    user.save()
    make_lead(owner=user)
    client = client_of(user)
    for _again in range(2):  # session, content types and settings are kept after the first time
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{BOARD}?owned=all").status_code == 200
    assert len(captured) <= MOST_QUERIES, "\n".join(query["sql"] for query in captured)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(column_url("intake")).status_code == 200
    assert len(captured) <= 7
    mark = changes.Mark.now()
    with CaptureQueriesContext(connection) as captured:
        Lead.objects.all()  # nothing is asked of the database yet
        assert client.get(f"{POLL}?mark={mark}").status_code in (200, 204)
    assert len(captured) <= MOST_QUERIES


@pytest.mark.django_db
def test_a_poll_tells_what_came_moved_and_left_and_nothing_else() -> None:
    seller, leads = world_of_owners()
    client = client_of(seller)
    mark = changes.Mark.now()
    assert client.get(f"{POLL}?owned=all&mark={mark}").status_code == 204
    move_lead(lead_id=leads["of nobody"].pk, to=stage("hot"), cause=Cause.person(make_user()))
    assign_lead(lead_id=leads["own"].pk, owner=leads["of another"].owner, cause=Cause.person(make_user()))
    move_lead(lead_id=leads["of another"].pk, to=stage("hot"), cause=Cause.person(make_user()))
    news = client.get(f"{POLL}?owned=all&mark={mark}").json()
    assert [(card["id"], card["stage"]) for card in news["cards"]] == [(leads["of nobody"].pk, "hot")]
    assert news["gone"] == sorted([leads["own"].pk, leads["of another"].pk])
    assert news["heads"]["hot"]["number"] == 1
    assert Place.of(leads["of nobody"]) == Place.read(str(Place.of(leads["of nobody"])))


@pytest.mark.django_db(transaction=True)
def test_a_poll_misses_no_change_that_is_committed_late() -> None:
    """Its id is smaller than one that was seen before: who asks only for larger ones never hears of it."""
    slow, quick = make_lead(), make_lead()
    client = client_of(colleague("manager"))
    ready, go_on = Barrier(2, timeout=20), Barrier(2, timeout=20)

    def slowly() -> None:
        try:
            with transaction.atomic():
                move_lead(lead_id=slow.pk, to=stage("hot"), cause=Cause.rule("slow"))
                ready.wait()
                go_on.wait()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slowly)
        ready.wait()
        before = changes.Mark.now()
        move_lead(lead_id=quick.pk, to=stage("hot"), cause=Cause.rule("quick"))
        first = client.get(f"{POLL}?mark={before}").json()
        go_on.wait()
        running.result()
    assert [card["id"] for card in first["cards"]] == [quick.pk]
    second = client.get(f"{POLL}?mark={first['mark']}").json()
    assert slow.pk in [card["id"] for card in second["cards"]]


@pytest.mark.django_db
def test_a_poll_tells_of_customers_who_wrote_a_moment_ago() -> None:
    lead, mark = make_lead(), changes.Mark.now()
    now = timezone.now()
    make_conversation(make_identity(customer=lead.customer), waiting_since=now, last_activity_at=now)
    news = client_of(colleague("manager")).get(f"{POLL}?mark={mark}").json()
    assert "lb-waiting" in news["cards"][0]["html"]


@pytest.mark.django_db
def test_after_too_many_changes_or_an_unknown_mark_all_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    client, mark = client_of(colleague("manager")), changes.Mark.now()
    monkeypatch.setattr(changes, "MOST", 3)
    for _number in range(5):
        move_lead(lead_id=make_lead().pk, to=stage("hot"), cause=Cause.rule("test"))
    for given in (str(mark), "", "x", "1.2", "1.99999999999.3", "1.-2.3"):
        news = client.get(f"{POLL}?mark={given}").json()
        assert news["reload"] is True
        assert "cards" not in news
        assert news["heads"]["hot"]["number"] == 5
