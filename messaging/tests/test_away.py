"""Telling who writes while the shop is closed: whom, in which words, and never twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import DAYS
from crm.models import Customer, Identity
from crm.tests.factories import make_channel, make_identity, make_user
from messaging.away import AwayDrain, tell_away
from messaging.ingest.conversations import answered_anew
from messaging.models import AwayReply, Conversation, Message
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Let the shop be open three days from now only."""
    runtime_settings.forget()
    day = DAYS[(timezone.localtime().weekday() + 3) % 7].title()
    put("business.hours", f"{day} 10:00-11:00")
    put("away.on", True)
    yield
    runtime_settings.forget()


def put(key: str, value: object) -> None:
    runtime_settings.change(key=key, value=value, by=make_user())


def written(text: str = "Hello", *, ago: timedelta = timedelta(minutes=1), **fields: Any) -> Conversation:
    at = timezone.now() - ago
    identity = make_identity(make_channel("telegram"), key=("chat", str(Identity.objects.count() + 1)))
    waits = {"waiting_since": at, "last_inbound_at": at, "unread_count": 1, "message_count": 1}
    talk = make_conversation(identity, **waits)
    make_message(talk, text=text, at=at, received_at=at, **fields)
    return talk


def run() -> list[str]:
    """Run a new drain and return what was written, oldest first."""
    AwayDrain().run_batch()
    found = Message.objects.filter(direction="out", automated=True).order_by("pk")
    return list(found.values_list("text", flat=True))


def test_who_writes_is_told_once_and_goes_on_waiting() -> None:
    talk = written()
    for _ in range(2):
        (text,) = run()
    assert text.startswith("Thank you for your message.")
    message = Message.objects.get(direction="out")
    assert (message.author, message.outgoing.content, AwayReply.objects.get().message) == (None, "text", message)
    before = (talk.waiting_since, None, 1, 2)
    talk.refresh_from_db()
    assert (talk.waiting_since, talk.answered_at, talk.unread_count, talk.message_count) == before
    answered_anew([talk.pk])  # as when something fails
    talk.refresh_from_db()
    assert (talk.waiting_since, talk.answered_at) == before[:2]


def test_they_are_told_again_after_some_hours_only() -> None:
    talk = written()
    run()
    AwayReply.objects.update(at=timezone.now() - timedelta(hours=11))
    assert len(run()) == 1
    AwayReply.objects.update(at=timezone.now() - timedelta(hours=13))
    assert len(run()) == 2
    assert talk.away_replies.count() == 2


@pytest.mark.parametrize(
    ("language", "text", "begins"),
    [
        ("", "بكام؟", "شكر"),
        ("", "Quanto?", "Thank"),
        ("pt-br", "?", "Obrigado"),
        ("ar", "Hi", "شكر"),
        ("fr", "Hi", "Thank"),
    ],
)
def test_it_is_said_in_their_language(language: str, text: str, begins: str) -> None:
    written(text)
    Customer.objects.update(language=language)
    assert run()[0].startswith(begins)


def test_another_language_stands_in_for_an_empty_text_and_none_says_nothing() -> None:
    written("بكام؟")
    put("away.text_ar", "")
    put("away.text_en", "Closed.")
    assert run() == ["Closed."]
    for language in ("en", "pt"):
        put(f"away.text_{language}", "")
    written()
    assert len(run()) == 1


def test_nothing_is_said_while_it_is_off_or_the_shop_is_open() -> None:
    written()
    put("away.on", False)
    assert run() == []
    put("away.on", True)
    put("business.hours", "")
    assert run() == []


def test_old_messages_are_left_alone() -> None:
    written(ago=timedelta(minutes=61))
    assert run() == []


@pytest.mark.parametrize("fields", [{"type": "comment", "source": "comment"}, {"type": "comment"}])
def test_comments_are_left_alone(fields: dict[str, Any]) -> None:
    written(**fields)
    assert run() == []


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Customer, {"blocked": True}),
        (Identity, {"opted_out": True}),
        (Conversation, {"bot_owned": True}),
        (Conversation, {"status": "closed"}),
    ],
)
def test_who_may_not_be_written_to_is_left_alone(model: Any, values: dict[str, Any]) -> None:
    talk = written()
    model.objects.update(**values)
    assert run() == []
    if model is Conversation:  # also where it was found just before
        assert not tell_away(conversation_id=talk.pk, now=timezone.now())


def test_who_was_answered_meanwhile_is_left_alone() -> None:
    talk = written()
    queue_message(conversation_id=talk.pk, draft=Draft(text="Hi"), author=make_user())
    assert run() == []
    assert not tell_away(conversation_id=talk.pk, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_tells() -> None:
    talk = written()

    def tell(_: int) -> bool:
        try:
            return tell_away(conversation_id=talk.pk, now=timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(tell, range(4))) == [False, False, False, True]
    assert Message.objects.filter(direction="out").count() == 1
