"""Who stands in the line, where, and why; who sees them; what the page asks of the database."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm import runtime_settings
from crm.models import Team, User
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from crm.visibility import visible
from leads import queue, queue_news
from leads.admin.answer_next_rows import why, window_chip
from leads.models import LeadActivity, ScoreEntry, ScoringRule
from leads.queue import After
from leads.tests.factories import make_lead
from messaging.models import Conversation
from messaging.services import assign_conversation
from messaging.tests.admin_world import SEARCHES, client_of, colleague
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db
PAGE, ROWS, POLL = (reverse(f"admin:leads_answer_next{part}") for part in ("", "_rows", "_poll"))
HOUR = timedelta(hours=1)
MOST_QUERIES, MOST_OF_A_PANE, MOST_OF_A_POLL = 8, 10, 5  # of a poll two are its own, three find out who asks


def waits(
    hours: float = 0, *, score: int | None = None, closes_in: float | None = None, now: datetime = NOON, **fields: Any
) -> Conversation:
    """Make somebody who waits; `closes_in`: hours to the end of the reply window, None on a platform without one."""
    last = None if closes_in is None else now + (closes_in - 24) * HOUR
    customer = make_customer(name=fields.pop("name", "Mona Adel"), owner=fields.pop("owner", None))
    channel = fields.pop("channel", None) or make_channel("telegram" if closes_in is None else "messenger")
    identity = make_identity(channel, customer=customer)
    talk = make_conversation(identity, waiting_since=now - hours * HOUR, last_inbound_at=last, **fields)
    if score is not None:
        make_lead(customer, score=score, owner=talk.assignee, team=talk.team)
    return talk


def in_line(user: User, tab: str = "all", now: datetime = NOON, **asked: Any) -> list[int]:
    return [place.conversation_id for place in queue.line(user, tab=tab, now=now, **asked)[0]]


def shown(html: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb'class="an-row[^>]*data-id="(\d+)"', html)]


def news_of(html: bytes) -> str:
    found = re.search(rb'data-news="([^"]+)"', html)
    assert found
    return found[1].decode()


@pytest.mark.parametrize(
    ("hours", "score", "closes_in", "points", "words"),
    [
        (2, 72, 1, (29, 15, 25), "Score 72: +29 · waits 2 h: +15 · closes in 1 h: +25"),
        (0, 0, 24, (0, 0, 0), "Score 0: 0 · waits 0 min: 0 · closes in 24 h: 0"),
        (6, 100, 3, (40, 22, 15), "Score 100: +40 · waits 6 h: +22 · closes in 3 h: +15"),
        (72, 50, -1, (20, 29, -30), "Score 50: +20 · waits 3 d: +29 · window closed: \N{MINUS SIGN}30"),
        (0.5, None, None, (0, 6, 0), "No lead yet: 0 · waits 30 min: +6"),
        (-1, 10, None, (4, 0, 0), "Score 10: +4 · waits 0 min: 0"),
    ],
)
def test_three_things_add_up_to_the_place_and_the_words_say_each(
    hours: float, score: int | None, closes_in: float | None, points: tuple[int, int, int], words: str
) -> None:
    waits(hours, score=score, closes_in=closes_in)
    [place], after = queue.line(make_user(is_superuser=True), tab="all", now=NOON)
    assert (place.for_score, place.for_waiting, place.for_closing) == points
    assert place.rank == sum(points)
    assert (why(place, NOON), after) == (words, None)
    said = [int(found.replace("\N{MINUS SIGN}", "-")) for found in re.findall(r": ([+\N{MINUS SIGN}]?\d+)", words)]
    assert sum(said) == place.rank


def test_the_most_pressing_stand_first_and_of_equals_who_waits_longest() -> None:
    hot = waits(1, score=90, closes_in=20)
    closing = waits(1, score=30, closes_in=0.5)
    closed = waits(200, score=80, closes_in=-10)
    patient, patient_too = (waits(hours, score=10) for hours in (100.5, 100))
    new = waits(0, score=0)
    expected = [closing, hot, patient, patient_too, closed, new]
    assert in_line(make_user(is_superuser=True)) == [talk.pk for talk in expected]


def test_only_who_waits_for_us_and_may_be_written_to_is_in_line() -> None:
    waiting = waits(1)
    waits(1, snoozed_until=NOON + HOUR)
    woken = waits(1, snoozed_until=NOON)
    waits(1, status="closed")
    answered, blocked, opted_out = waits(1), waits(1), waits(1)
    Conversation.objects.filter(pk=answered.pk).update(waiting_since=None)
    blocked.identity.customer.blocked = opted_out.identity.opted_out = True
    blocked.identity.customer.save()
    opted_out.identity.save()
    assert in_line(make_user(is_superuser=True)) == [waiting.pk, woken.pk]


def test_a_closed_lead_gives_no_points() -> None:
    talk = waits(0)
    make_lead(talk.identity.customer, in_stage="lost", score=90, outcome="lost", lost_reason="price", closed_at=NOON)
    [place], _after = queue.line(make_user(is_superuser=True), tab="all", now=NOON)
    assert (place.lead_id, place.rank) == (None, 0)


def test_pages_come_by_key_and_skip_nobody_though_the_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "SAMPLE", 5)  # more wait than are looked at for the bound
    channel = make_channel("messenger")
    every = {waits(n % 7, score=n * 37 % 101, closes_in=n % 25, channel=channel).pk for n in range(60)}
    user, found, after, now = make_user(is_superuser=True), [], None, NOON
    while True:
        places, after = queue.line(user, tab="all", now=after.now if after else now, after=after, most=2)
        found += places
        if after is None:
            break
        after = After.read(str(after))
        assert after
    assert len(found) == len(every) and {place.conversation_id for place in found} == every
    assert found == sorted(found, key=lambda place: (-place.rank, place.waiting_since, place.conversation_id))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,2,3,4",
        "2026-05-04T12:00:00Z,5,2026-05-04T12:00:00,7",
        "2026-05-04T12:00:00Z,5,2026-05-04T12:00:00Z,-1",
        "2026-05-04T12:00:00Z,99999,2026-05-04T12:00:00Z,1",
        "2026-05-04T12:00:00Z,5,2026-05-04T12:00:00Z,1,1",
        "2026-99-04T12:00:00Z,5,2026-05-04T12:00:00Z,7",
    ],
)
def test_a_broken_place_in_the_address_is_not_found(text: str) -> None:
    assert After.read(text) is None
    assert client_of(colleague("seller")).get(ROWS, {"after": text}).status_code == 404


def cast() -> tuple[User, dict[str, Conversation]]:
    """Make a seller of a team, and conversations that are theirs, their team's, others' and nobody's."""
    team, others = Team.objects.create(name="Cairo"), Team.objects.create(name="Alexandria")
    me = colleague("seller")
    me.team = team
    me.save()
    friend, stranger = make_user(team=team), make_user(team=others)
    return me, {
        "mine": waits(9, assignee=me, team=team),
        "customer mine": waits(8, owner=me),
        "a friend's": waits(7, assignee=friend, team=team),
        "the team's": waits(6, team=team),
        "customer a friend's": waits(5, owner=friend),
        "nobody's": waits(4),
        "a stranger's": waits(3, assignee=stranger, team=others),
        "customer a stranger's": waits(2, owner=stranger),
        "another team's": waits(1, team=others),
        "mine of a stranger's customer": waits(0.5, assignee=me, owner=stranger),
    }


@pytest.mark.parametrize(
    ("tab", "names"),
    [
        ("mine", ["mine", "customer mine", "mine of a stranger's customer"]),
        ("unassigned", ["the team's", "nobody's"]),
        ("all", ["mine", "customer mine", "a friend's", "the team's", "customer a friend's", "nobody's",
                 "mine of a stranger's customer"]),
    ],
)  # fmt: skip
def test_tabs_show_mine_nobodys_or_all_that_one_may_see(tab: str, names: list[str]) -> None:
    me, talks = cast()
    assert in_line(me, tab) == [talks[name].pk for name in names]
    page = client_of(me).get(PAGE, {"tab": tab}).content
    assert set(shown(page)) == {talks[name].pk for name in names}


def test_the_line_follows_the_rule_of_who_sees_what() -> None:
    me, talks = cast()
    assert set(in_line(me)) == set(visible(me, Conversation).values_list("pk", flat=True))
    manager = colleague("manager")
    assert set(in_line(manager)) == {talk.pk for talk in talks.values()}
    assert set(in_line(manager, "unassigned")) == {
        talks[name].pk for name in ("the team's", "nobody's", "another team's")
    }


def test_nobody_opens_or_takes_what_they_may_not_see() -> None:
    me, talks = cast()
    client = client_of(me)
    for name, talk in talks.items():
        expected = 404 if name in ("a stranger's", "customer a stranger's", "another team's") else 200
        assert client.get(reverse("admin:leads_answer_next_pane", args=[talk.pk])).status_code == expected, name
        if expected == 404:
            assert client.post(reverse("admin:leads_answer_next_assign", args=[talk.pk])).status_code == 404, name


@pytest.mark.parametrize("words", ["mona", "MONA ad", "+20 10 1234 5678"])
def test_search_finds_by_name_or_phone_however_it_is_typed(words: str) -> None:
    waits(1, name="Omar 100%")
    mona = waits(1, name="Mona Adel")
    mona.identity.customer.set_phone("+201012345678")
    mona.identity.customer.save()
    assert in_line(make_user(is_superuser=True), words=words) == [mona.pk]
    assert in_line(make_user(is_superuser=True), words="100%") != [mona.pk]


def test_odd_words_and_addresses_are_answered() -> None:
    client = client_of(colleague("seller"))
    for words in SEARCHES:
        assert client.get(PAGE, {"q": words, "tab": words}).status_code == 200
    for shown_rows in ("", "-1", "x", "9" * 30, "\N{ARABIC-INDIC DIGIT FIVE}"):
        assert client.get(POLL, {"shown": shown_rows}).status_code == 200


@pytest.mark.parametrize(
    ("minutes", "tone", "text"),
    [
        (20 * 60, "neutral", "closes in 20 h"),
        (4 * 60, "neutral", "closes in 4 h"),
        (4 * 60 - 1, "warning", "closes in 3 h"),
        (125, "warning", "closes in 2 h"),
        (60, "warning", "closes in 1 h"),
        (59, "bad", "closes in 59 min"),
        (0, "neutral", "closed"),
        (-500, "neutral", "closed"),
    ],
)
def test_the_badge_says_how_long_there_is_left(minutes: int, tone: str, text: str) -> None:
    chip = window_chip(NOON + timedelta(minutes=minutes), NOON)
    assert f"mc-chip mc-{tone}" in chip
    assert f"<bdi>{text}</bdi>" in chip


def test_without_a_window_there_is_no_badge() -> None:
    assert window_chip(None, NOON) == ""


def crowd(count: int = 40, now: datetime | None = None) -> Conversation:
    """Fill the line beyond a page, each row with relations of its own; return the first of it, with points for its score."""
    now = now or timezone.now()
    for number in range(count):
        owner = make_user(full_name=f"Seller {number}")
        talk = waits(number, score=number, closes_in=number, now=now, assignee=owner)
        make_message(talk, text=f"message {number}")
    talk = waits(5, score=100, closes_in=0.5, now=now, unread_count=120, name="<b>Ana</b>")
    messages = [make_message(talk, text=f"<i>{n}</i>", source="ad", reply_to="x", reply_to_key=b"x") for n in range(60)]
    first = messages[0]
    lead = talk.identity.customer.leads.get()
    lead.first_source, lead.first_message = "ad", first
    lead.save()
    for number in range(5):
        rule = ScoringRule.objects.create(name=f"Rule {number}", looks_for="message", points=number + 1)
        ScoreEntry.objects.create(lead=lead, rule=rule, message=first, points=number + 1, at=now)
    return talk


def queries_of(client: Client, url: str, expected: int = 200, **query: Any) -> int:
    client.get(url, query)  # content types, sessions
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, query).status_code == expected
    return len(captured)


@pytest.mark.parametrize("role", ["manager", "seller"])
def test_each_answer_takes_few_queries(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    talk = crowd()
    user = colleague(role)
    user.team = Team.objects.create(name="Cairo")
    user.save()
    client = client_of(user)
    assert queries_of(client, PAGE, tab="all") <= MOST_QUERIES
    page = client.get(PAGE, {"tab": "all"}).content
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    news = str(queue_news.mark(user, tab="all", now=now))
    assert queries_of(client, POLL, 204, tab="all", news=news) <= MOST_OF_A_POLL
    assert queries_of(client, reverse("admin:leads_answer_next_pane", args=[talk.pk])) <= MOST_OF_A_PANE
    assert len(shown(page)) == (queue.PAGE if role == "manager" else 1)


def test_a_row_and_its_pane_show_what_matters_and_run_nothing_people_wrote() -> None:
    talk = crowd()
    client = client_of(colleague("seller"))
    html = client.get(PAGE, {"tab": "all"}).content.decode()
    pane = client.get(reverse("admin:leads_answer_next_pane", args=[talk.pk])).content.decode()
    for text in (
        "&lt;b&gt;Ana&lt;/b&gt;",
        "99+",
        "closes in 29 min",
        "Intake",
        "&lt;i&gt;59&lt;/i&gt;",
        "Ad",
        "nobody",
    ):
        assert text in html, text
    assert "Score 100: +40 · waits 5 h: +21 · closes in 29 min: +28" in unescape(html)
    for text in (
        "&lt;b&gt;Ana",
        "+5",
        "Rule 4",
        "+3",
        "Assign to me",
        "Earlier messages",
        "&lt;i&gt;10&lt;/i&gt;",
        "How it came",
    ):
        assert text in pane, text
    assert "Rule 1" not in pane
    earlier = re.search(r'hx-get="([^"]+)"', pane[pane.index("mc-earlier") :])
    assert earlier
    assert "&lt;i&gt;9&lt;/i&gt;" in client.get(earlier[1], headers={"HX-Request": "true"}).content.decode()


def test_more_of_the_line_is_a_link_away() -> None:
    crowd()
    client = client_of(colleague("manager"))
    first = client.get(PAGE, {"tab": "all"}).content
    address = re.search(rb'href="([^"]+)" data-an-more', first)
    assert address
    second = client.get(unescape(address[1].decode())).content
    assert len(shown(first)) == queue.PAGE and len(shown(second)) == 41 - queue.PAGE
    assert not set(shown(first)) & set(shown(second))
    assert b"data-an-more" not in second


def test_taking_somebody_takes_conversation_and_lead_and_says_so() -> None:
    me = colleague("seller")
    talk, without = waits(1, score=40), waits(1)
    client = client_of(me)
    for conversation in (talk, without):
        response = client.post(reverse("admin:leads_answer_next_assign", args=[conversation.pk]))
        assert (response.status_code, response["HX-Trigger"]) == (200, "answer-next")
        assert "Yours now." in response.content.decode()
        assert "data-an-assign" not in response.content.decode()
        conversation.refresh_from_db()
        assert conversation.assignee == me
    assert talk.identity.customer.leads.get().owner == me
    assert LeadActivity.objects.get(kind="assignment").actor == me


def test_a_lead_of_mine_whose_conversation_went_astray_comes_back_whole() -> None:
    me, other = colleague("seller"), make_user()
    talk = waits(1, score=40, assignee=me)
    assign_conversation(conversation_id=talk.pk, assignee=None)
    client_of(me).post(reverse("admin:leads_answer_next_assign", args=[talk.pk]))
    talk.refresh_from_db()
    assert talk.assignee == me != other


@pytest.mark.parametrize(
    ("role", "page", "take"),
    [
        ("administrator", 200, 200),
        ("manager", 200, 200),
        ("seller", 200, 200),
        ("viewer", 200, 403),
        ("nobody", 403, 403),
    ],
)
def test_who_may_look_and_who_may_take(role: str, page: int, take: int) -> None:
    talk = waits(1)
    client = client_of(colleague(role))
    pane, assign = (reverse(f"admin:leads_answer_next_{part}", args=[talk.pk]) for part in ("pane", "assign"))
    assert [client.get(url).status_code for url in (PAGE, POLL, pane)] == [page] * 3
    assert client.get(assign).status_code == (405 if take == 200 else 403)
    assert client.post(assign).status_code == take
    assert (b"data-assign" in client.get(PAGE).content) is (take == 200)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("?tab=mine", "Show the unassigned"),
        ("?tab=unassigned", "Everybody who waits has somebody"),
        ("?tab=all", "Open the board"),
        ("?tab=mine&q=mona", "Search all"),
    ],
)
def test_an_empty_line_says_what_to_do(query: str, text: str) -> None:
    html = client_of(colleague("seller")).get(PAGE + query).content
    assert text in html.decode()
    assert news_of(html)
