"""The list of the inbox: whose, in which state, in which order, by which filters; page by page."""

from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from crm import runtime_settings
from crm.models import Customer, Tag, User
from crm.tests.factories import make_channel
from crm.visibility import visible
from messaging.admin.inbox import listing
from messaging.admin.inbox.asked import STATES, TABS, Asked
from messaging.models import Conversation, MessageStatus
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_message
from messaging.tests.inbox_asking import asks_of_inbox, listed, queries_of, talk_with, teammate, url_of

pytestmark = pytest.mark.django_db
MOST_QUERIES, MOST_OF_ROWS = 10, 7


def test_tabs_tell_whose_with_their_counts(seller: User, client: Client) -> None:
    talk_with("Mine", assignee=seller)
    talk_with("Nobody's", minutes=6)
    talk_with("A teammate's", minutes=7, assignee=teammate(seller, "Omar"))
    talk_with("Another team's", minutes=8, assignee=colleague("seller", team="Elsewhere"))
    assert listed(client) == ["Mine"]
    assert listed(client, tab="unassigned") == ["Nobody's"]
    assert listed(client, tab="all") == ["Mine", "Nobody's", "A teammate's"]
    tabs = client.get(url_of("")).context["tabs"]
    assert [(name, count) for name, _link, _title, count in tabs] == [("mine", "1"), ("unassigned", "1"), ("all", "3")]


def test_states_part_what_is_to_be_done_from_what_is_not(seller: User, client: Client) -> None:
    later, before = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(hours=1)
    talk_with("Open", assignee=seller)
    talk_with("Back again", minutes=6, assignee=seller, snoozed_until=before)
    talk_with("Put off", minutes=7, assignee=seller, snoozed_until=later)
    talk_with("Done", minutes=8, assignee=seller, status="closed")
    assert listed(client) == ["Open", "Back again"]
    assert listed(client, status="snoozed") == ["Put off"]
    assert listed(client, status="closed") == ["Done"]


def test_filters_find_what_needs_somebody(seller: User, client: Client) -> None:
    channel = make_channel("whatsapp")
    talk_with("Unread", assignee=seller)
    talk_with("Unanswered", minutes=6, assignee=seller, unread_count=0)
    quiet: dict[str, Any] = {"unread_count": 0, "waiting_since": None, "assignee": seller}
    tagged = talk_with("Tagged", minutes=7, channel=channel, **quiet)
    tag = Tag.objects.create(name="wholesale")
    tagged.identity.customer.tags.add(tag)
    for number, (name, status, answered) in enumerate(
        (("Failed", MessageStatus.FAILED, None), ("Unknown", MessageStatus.UNKNOWN, 0), ("Made good", MessageStatus.FAILED, 1))
    ):  # fmt: skip
        talk = talk_with(name, minutes=10 + number, **quiet)
        message = make_message(talk, direction="out", status=status, at=timezone.now())
        if answered is not None:
            talk.answered_at = message.at + timedelta(minutes=answered)
            talk.save()
    assert listed(client, need="unread") == ["Unread"]
    assert listed(client, need="unanswered") == ["Unread", "Unanswered"]
    assert listed(client, need="failed") == ["Failed", "Unknown"]
    assert listed(client, channel=channel.pk) == ["Tagged"]
    assert listed(client, tag=tag.pk) == ["Tagged"]


def test_searching_looks_everywhere_one_may_see(seller: User, client: Client) -> None:
    talk_with("Mona Adel", status="closed", assignee=teammate(seller, "Omar"))
    talk_with("Mona Elsewhere", minutes=6, assignee=colleague("seller", team="Elsewhere"))
    assert listed(client, q="mona") == ["Mona Adel"]


def walk(client: Client, **query: Any) -> list[str]:
    """Return the names of all pages, as the browser asks for them."""
    response = client.get(url_of(""), query)
    names = [str(row.conversation.identity.customer) for row in response.context["rows"]]
    after = response.context["more"]
    while after:
        response = client.get(url_of("rows"), {**query, "after": after})
        names += [str(row.conversation.identity.customer) for row in response.context["rows"]]
        after = response.json()["more"]
    return names


def test_paging_by_key_meets_each_once_in_either_order(seller: User, client: Client) -> None:
    at = timezone.now() - timedelta(hours=2)
    for number in range(60):
        waits = number % 2 == 0
        talk_with(f"{number:02}", minutes=number, assignee=seller, waiting_since=at if waits else None)
    Conversation.objects.filter(waiting_since=None).update(last_activity_at=at)
    assert sorted(walk(client)) == [f"{number:02}" for number in range(60)]
    waiting = walk(client, sort="waiting")
    assert len(waiting) == len(set(waiting)) == 60
    assert [int(name) % 2 for name in waiting] == [0] * 30 + [1] * 30


def test_who_waits_longest_stands_first(seller: User, client: Client) -> None:
    for name, minutes in (("Short", 3), ("Long", 90), ("Longer", 200)):
        talk_with(name, minutes=minutes, assignee=seller)
    talk_with("Answered", minutes=1, assignee=seller, waiting_since=None, unread_count=0)
    assert listed(client, sort="waiting") == ["Longer", "Long", "Short", "Answered"]
    ranks = [row.rank for row in client.get(url_of(""), {"sort": "waiting"}).context["rows"]]
    assert ranks == sorted(ranks)
    assert max(ranks) < 2**53  # exact in a browser's numbers


def test_changed_rows_come_where_they_still_belong(seller: User, client: Client) -> None:
    mine, given = talk_with("Mine", assignee=seller), talk_with("Given away", minutes=6)
    response = client.get(url_of("rows"), {"ids": f"{mine.pk},{given.pk},x,999999"})
    assert [row.conversation.pk for row in response.context["rows"]] == [mine.pk]
    assert response.json()["counts"] == {"mine": "1", "unassigned": "1", "all": "2"}
    assert response.json()["unread"] == 2


def test_counting_stops_at_a_bound(seller: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        talk_with(f"{number}", minutes=number + 1, assignee=seller)
    monkeypatch.setattr(listing, "COUNTED", 3)
    assert client.get(url_of("")).context["tabs"][0][3] == "3+"


@pytest.mark.parametrize("query", [{}, {"tab": "nonsense", "status": "x", "sort": "y", "channel": "z", "tag": "-1"}])
def test_what_cannot_be_read_is_as_if_it_were_not_there(seller: User, client: Client, query: dict[str, str]) -> None:
    talk_with("Mine", assignee=seller)
    assert listed(client, **query) == ["Mine"]


@pytest.mark.parametrize("after", ["", "x", "1.2", "0.99999999999999999.1", "0.-1.1"])
def test_a_place_that_cannot_be_read_has_nothing_behind_it(client: Client, after: str) -> None:
    assert client.get(url_of("rows"), {"after": after}).status_code == 404


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_the_list_takes_few_queries(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    user = colleague(role)
    for number in range(30):
        talk_with(f"{number}", minutes=number + 1, assignee=teammate(user, f"Mate {number}"))
    client = client_of(user)
    queries_of(client, url_of(""), tab="all")
    found = queries_of(client, url_of(""), tab="all")
    assert len(found) <= MOST_QUERIES, "\n".join(found)
    further = client.get(url_of(""), {"tab": "all"}).context["more"]
    assert len(queries_of(client, url_of("rows"), tab="all", after=further)) <= MOST_OF_ROWS
    assert len(asks_of_inbox(found)) <= 6


def test_the_tabs_count_what_they_list() -> None:
    """The counting stands in SQL of its own: over all mixtures of whose and in what state, it counts what is listed."""
    us, them = colleague("seller"), colleague("seller", team="Elsewhere")
    people, now = [None, us, teammate(us, "Omar"), them], timezone.now()
    snoozes: list[dict[str, Any]] = [
        {},
        {"snoozed_until": now - timedelta(hours=1), "snoozed_at": now - timedelta(hours=2)},
        {"snoozed_until": now + timedelta(hours=1), "snoozed_at": now},
        {"snoozed_until": now + timedelta(hours=1), "snoozed_at": now - timedelta(days=9)},  # and they wrote since
        {"snoozed_until": now + timedelta(hours=1), "snoozed_at": None},
    ]
    answered: list[dict[str, Any]] = [
        {},
        {"unread_count": 0},
        {"waiting_since": None},
        {"last_inbound_at": None, "waiting_since": None},
    ]
    dice = Random(2)
    for place, (assignee, owner, team) in enumerate(3 * list(product(people, people, [None, us.team, them.team]))):
        status, snooze, answer = dice.choice(("open", "closed")), dice.choice(snoozes), dice.choice(answered)
        talk = talk_with(f"{place}", minutes=place + 1, assignee=assignee, team=team, status=status, **snooze | answer)
        Customer.objects.filter(pk=talk.identity.customer_id).update(owner=owner)
    for user, state in product((us, them, colleague("manager")), STATES):
        seen = visible(user, Conversation)
        counted = listing.counts(user, Asked(state=state), now)
        wanted = {tab: Asked(tab=tab, state=state).narrow(seen, user, now).count() for tab in TABS}
        unread = seen.filter(status="open", unread_count__gt=0, waiting_since__isnull=False)
        wanted["unread"] = unread.filter(Q(assignee=user) | Q(assignee=None)).count()
        assert counted == wanted, state
        assert all(wanted[tab] for tab in TABS if tab != "mine" or user in (us, them))
