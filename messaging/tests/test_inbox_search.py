"""Searching all messages from within the inbox: what is found, by whom, how it shows, and at what cost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm import runtime_settings
from crm.models import User
from crm.tests.factories import make_channel
from messaging import text_search
from messaging.admin.inbox import searching
from messaging.tests.admin_world import HOSTILE, client_of, colleague
from messaging.tests.factories import make_message
from messaging.tests.inbox_asking import asks_of_inbox, listed, queries_of, talk_with, teammate, url_of

pytestmark = pytest.mark.django_db
MOST_QUERIES, MOST_OF_FURTHER = 12, 5


def found(client: Client, **query: Any) -> list[str]:
    """Return the texts of the messages that are shown, in order."""
    response = client.get(url_of(""), query)
    assert response.status_code == 200
    return [hit.message.text for hit in response.context["hits"]]


def at_noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=timezone.get_default_timezone())


def test_messages_of_all_conversations_one_may_see_are_found_newest_first(seller: User, client: Client) -> None:
    now = timezone.now()
    mine = talk_with("Mona", assignee=seller, status="closed")
    make_message(mine, text="Is the RED dress there?", at=now - timedelta(days=2))
    mates = talk_with("Omar", minutes=6, assignee=teammate(seller, "Adel"))
    make_message(mates, text="dress, in red", at=now - timedelta(days=1), direction="out")
    make_message(mates, text="a red hat")
    make_message(
        talk_with("Elsewhere", minutes=7, assignee=colleague("seller", team="Else")), text="red dress of others"
    )
    assert found(client, q="red dress") == ["dress, in red", "Is the RED dress there?"]
    assert listed(client, q="red dress") == []


def test_people_whose_names_fit_stand_above_a_few_of_them_only(seller: User, client: Client) -> None:
    for number in range(5):
        talk_with(f"Mona {number}", minutes=number + 1, assignee=seller)
    response = client.get(url_of(""), {"q": "mona"})
    assert [str(row.conversation.identity.customer) for row in response.context["rows"]] == [
        "Mona 0",
        "Mona 1",
        "Mona 2",
    ]
    assert len(response.context["hits"]) == 5
    assert len(listed(client, q="mona", **{"in": "people"})) == 5
    assert found(client, q="mona", **{"in": "people"}) == []


def test_the_line_marks_what_was_looked_for_and_says_nothing_else(seller: User, client: Client) -> None:
    talk = talk_with("منى", assignee=seller)
    make_message(talk, text="عايزة الفُستان <b>ده</b>")
    page = client.get(url_of(""), {"q": "فستان"}).content.decode()
    assert "عايزة ال<mark>فُستان</mark> &lt;b&gt;ده&lt;/b&gt;" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_text(seller: User, client: Client, text: str) -> None:
    make_message(talk_with(text, assignee=seller), text=f"say {text}")
    page = client.get(url_of(""), {"q": text[:20], "who": text}).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold" not in page


def test_channel_person_and_days_narrow_it(seller: User, client: Client) -> None:
    channel = make_channel("whatsapp")
    mona, omar = talk_with("Mona", assignee=seller), talk_with("Omar", minutes=6, assignee=seller, channel=channel)
    make_message(mona, text="ok, the first", at=at_noon(2026, 1, 1))
    make_message(omar, text="ok, the second", at=at_noon(2026, 1, 2))
    make_message(omar, text="ok, the third", at=at_noon(2026, 1, 3))
    assert found(client, q="ok, the", channel=channel.pk) == ["ok, the third", "ok, the second"]
    assert found(client, q="ok, the", person=mona.identity.customer_id) == ["ok, the first"]
    assert found(client, q="ok, the", who="mon") == ["ok, the first"]
    assert found(client, q="ok, the", who="nobody") == []
    assert found(client, q="ok", **{"from": "2026-01-02", "to": "2026-01-02"}) == ["ok, the second"]
    assert found(client, **{"from": "2026-01-02", "to": "2026-01-03"}) == ["ok, the third", "ok, the second"]
    assert found(client, person=omar.identity.customer_id)[0] == "Omar asks"
    assert listed(client, q="ok", who="mon") == listed(client, person=omar.identity.customer_id) == []


def test_somebody_elses_customer_is_not_named(client: Client) -> None:
    others = colleague("seller", team="Elsewhere")
    hidden = talk_with("Hidden", assignee=others)
    hidden.identity.customer.owner = others
    hidden.identity.customer.save()
    response = client.get(url_of(""), {"person": hidden.identity.customer_id})
    assert (response.context["person"], response.context["hits"]) == (None, [])
    assert "Hidden" not in response.content.decode()


@pytest.mark.parametrize("few", [1, 1000])
def test_paging_by_key_meets_each_once(seller: User, client: Client, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    talk, at = talk_with("Mona", assignee=seller), at_noon(2026, 1, 1)
    for number in range(60):
        make_message(talk, text=f"number {number:02}", at=at + timedelta(minutes=number // 7))
    response = client.get(url_of(""), {"q": "number"})
    shown, after = [hit.message.text for hit in response.context["hits"]], response.context["more_hits"]
    while after:
        response = client.get(url_of("hits"), {"q": "number", "after": after})
        shown += [hit.message.text for hit in response.context["hits"]]
        after = response.json()["more"]
    assert shown == [f"number {number:02}" for number in reversed(range(60))]


def test_few_letters_are_looked_for_among_the_newest_and_it_says_so(
    seller: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = talk_with("Mona", assignee=seller)
    for day in (1, 2, 3):
        make_message(talk, text=f"ok {day}", at=timezone.now() + timedelta(days=day))
    monkeypatch.setattr(text_search, "SEARCHED_SHORT", 2)
    assert found(client, q="ok") == ["ok 3", "ok 2"]
    assert "newest 2 messages only" in client.get(url_of(""), {"q": "ok"}).content.decode()
    assert found(client, q="ok", person=talk.identity.customer_id) == ["ok 3", "ok 2", "ok 1"]


@pytest.mark.parametrize("query", [{"after": ""}, {"q": "x", "after": "x"}, {"after": "0.1.1"}])
def test_what_is_behind_no_place_is_not_there(client: Client, query: dict[str, str]) -> None:
    assert client.get(url_of("hits"), query).status_code == 404


@pytest.mark.parametrize("query", [{"from": "2026-13-40"}, {"to": "9999-12-31"}, {"person": "x"}, {"q": "\u0301 \0"}])
def test_what_cannot_be_read_finds_nothing_and_breaks_nothing(client: Client, query: dict[str, str]) -> None:
    assert found(client, **query) == []


def test_a_hit_opens_its_conversation_around_it(seller: User, client: Client) -> None:
    talk, at = talk_with("Mona", assignee=seller), at_noon(2026, 1, 1)
    messages = [make_message(talk, text=f"number {one:03}", at=at + timedelta(minutes=one)) for one in range(100)]
    page = client.get(url_of("talk", talk.pk), {"around": messages[30].pk}).content.decode()
    assert f'mc-marked" id="m{messages[30].pk}"' in page
    assert "number 050" in page
    assert "number 051" not in page
    assert "mc-marked" not in client.get(url_of("talk", talk.pk)).content.decode()


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_searching_takes_few_queries(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    user = colleague(role)
    talk = talk_with("Mona", assignee=user)
    for number in range(30):
        make_message(talk, text=f"the dress {number}")
    client = client_of(user)
    query = {"q": "dress", "who": "mona", "from": "2020-01-01"}
    queries_of(client, url_of(""), **query)
    statements = queries_of(client, url_of(""), **query)
    assert len(statements) <= MOST_QUERIES, "\n".join(statements)
    further = client.get(url_of(""), query).context["more_hits"]
    again = asks_of_inbox(queries_of(client, url_of("hits"), after=further, **query))
    assert len(again) <= MOST_OF_FURTHER, "\n".join(again)
    assert len(asks_of_inbox(queries_of(client, url_of(""), q="dress"))) <= MOST_QUERIES
