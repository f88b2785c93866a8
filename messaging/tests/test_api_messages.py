"""Reading and sending messages by the API."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from crm.models import Customer
from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_channel, make_identity
from crm.tests.staff import member
from messaging.models import Attachment, Conversation, Message, Outgoing
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot() -> Program:
    return Program(member("seller"))


@pytest.fixture
def talk() -> Conversation:
    return make_conversation(make_identity(make_channel("telegram"), key=("chat", "1")))


def address(talk: Conversation) -> str:
    return f"/api/v1/conversations/{talk.pk}/messages/"


@pytest.mark.parametrize(
    ("body", "content", "details"),
    [
        ({"text": "  مرحبا "}, "text", {}),
        ({"text": "Which?", "buttons": [{"title": "Red"}, {"title": "Blue", "payload": "b"}]}, "buttons",
         {"buttons": [{"title": "Red", "payload": "Red"}, {"title": "Blue", "payload": "b"}]}),
        ({"location": {"latitude": 30.04, "longitude": 31.24, "name": "Shop"}}, "location",
         {"location": {"latitude": 30.04, "longitude": 31.24, "name": "Shop"}}),
    ],
)  # fmt: skip
def test_what_is_sent_is_queued(
    bot: Program, talk: Conversation, body: Any, content: str, details: dict[str, Any]
) -> None:
    answer = bot.post(address(talk), body)
    assert answer.status_code == 202, answer.content
    told, message, outgoing = answer.json(), Message.objects.get(), Outgoing.objects.get()
    assert (told["id"], told["status"], told["failure"], told["author"]) == (message.pk, "queued", "", bot.user.pk)
    assert (message.text, message.automated) == (body.get("text", "").strip(), True)
    assert (outgoing.content, outgoing.details) == (content, details)
    assert bot.get(f"/api/v1/messages/{message.pk}/").json() == told


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 8001}, "text"),
        ({"text": "x", "buttons": []}, "buttons"),
        ({"text": "x", "buttons": [{"title": "x"}] * 14}, "buttons"),
        ({"buttons": [{"title": "x"}]}, "text"),
        ({"text": "x", "location": {"latitude": 1, "longitude": 1}}, "text"),
        ({"location": {"latitude": 91, "longitude": 1}}, "location"),
        ({"text": "x", "answers": 999}, "answers"),
        ({"text": "x", "comment": "public"}, "answers"),
        ({"text": "x", "buttons": [{"title": "x"}], "template": {"name": "x", "language": "en"}}, "template"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(bot: Program, talk: Conversation, body: Any, field: str) -> None:
    told = assert_problem(bot.post(address(talk), body), 422, "invalid")
    assert field in told["errors"]
    assert not Message.objects.exists()


def test_rules_of_the_platform_and_the_customers_wish(bot: Program) -> None:
    closed = make_conversation(make_identity(make_channel("messenger")), last_inbound_at=NOON)
    told = assert_problem(bot.post(address(closed), {"text": "x"}), 409, "not_allowed")
    assert "reply window" in told["detail"]
    Customer.objects.update(blocked=True)
    assert "blocked" in assert_problem(bot.post(address(closed), {"text": "x"}), 409, "not_allowed")["detail"]
    closed.refresh_from_db()
    assert not closed.bot_owned  # what was refused made it nobody's
    assert not Message.objects.exists()


def test_a_colleague_was_faster(talk: Conversation) -> None:
    program = Program(member("seller"), is_bot=False)
    asked = make_message(talk)
    theirs = make_message(talk, direction="out", author=member("seller"))
    body = {"text": "x", "seen_up_to": asked.pk}
    told = assert_problem(program.post(address(talk), body), 409, "answered_meanwhile")
    assert told["message"] == theirs.pk
    assert program.post(address(talk), body | {"seen_up_to": theirs.pk}).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_send_one() -> None:
    bot = Program(member("seller"))
    talk = make_conversation(make_identity(make_channel("telegram"), key=("chat", "1")))

    def send(_number: int) -> tuple[int, bytes]:
        try:
            answer = bot.post(address(talk), {"text": "Hello"}, key="one")
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(send, range(20)))
    assert len(answers) == 1
    assert (Message.objects.count(), Outgoing.objects.count()) == (1, 1)
    talk.refresh_from_db()
    assert talk.message_count == 1


def test_the_messages_of_a_conversation_page_by_page(bot: Program, talk: Conversation) -> None:
    numbers = [make_message(talk, text=str(number)).pk for number in range(5)]
    make_message()
    Attachment.objects.create(message_id=numbers[0], type="image", name="shoe.jpg", url="https://example.com/shoe.jpg")
    page = bot.get(f"{address(talk)}?order=oldest&limit=2").json()
    assert [one["id"] for one in page["results"]] == numbers[:2]
    assert page["results"][0]["attachments"][0]["name"] == "shoe.jpg"
    late = make_message(talk)
    seen: list[int] = []
    while page["next"]:
        page = bot.get(page["next"].removeprefix("http://localhost:8000")).json()
        seen += [one["id"] for one in page["results"]]
    assert seen == [*numbers[2:], late.pk]
    assert bot.get(f"{address(talk)}?direction=out").json()["results"] == []


def test_lists_of_conversations_are_narrowed_down(bot: Program, talk: Conversation) -> None:
    mine = make_conversation(assignee=bot.user, waiting_since=NOON, status="closed", closed_at=NOON)
    for query, found in (
        ("", {talk.pk, mine.pk}),
        ("assignee=me", {mine.pk}),
        (f"assignee={bot.user.pk}", {mine.pk}),
        ("assignee=none", {talk.pk}),
        ("waiting=true", {mine.pk}),
        ("waiting=false", {talk.pk}),
        ("status=open", {talk.pk}),
        (f"channel={talk.channel.slug}", {talk.pk}),
        (f"customer={mine.identity.customer_id}", {mine.pk}),
        ("bot_owned=true", set()),
        ("active_since=2026-05-04T11:59:59Z", {talk.pk, mine.pk}),
        ("active_since=2026-05-04T12:00:00Z", set()),
    ):
        rows = bot.get(f"/api/v1/conversations/?{query}").json()["results"]
        assert {row["id"] for row in rows} == found, query


def test_a_list_costs_the_same_however_long(bot: Program, django_assert_max_num_queries: Any) -> None:
    for _number in range(20):
        make_message(make_conversation(assignee=bot.user))
    with django_assert_max_num_queries(7):
        assert len(bot.get("/api/v1/conversations/").json()["results"]) == 20
    talk = make_conversation(assignee=bot.user)
    for _number in range(20):
        make_message(talk)
    with django_assert_max_num_queries(8):
        assert len(bot.get(address(talk)).json()["results"]) == 20


def test_a_conversation_is_closed_given_and_opened_again(bot: Program, talk: Conversation) -> None:
    url, mate = f"/api/v1/conversations/{talk.pk}/", member("seller")
    assert bot.post(f"{url}close/").json()["status"] == "closed"
    assert bot.post(f"{url}reopen/").json()["status"] == "open"
    bot.post(f"{url}close/")
    newer = make_conversation(talk.identity)
    told = assert_problem(bot.post(f"{url}reopen/"), 409, "another_is_open")
    assert told["conversation"] == newer.pk
    assert bot.post(f"{url}assign/", {"assignee": mate.pk}).json()["assignee"] == mate.pk
    assert_problem(bot.get(url), 404)  # it is theirs now
