"""A bot's session: turns that follow each other, and what comes late or twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from crm.tests.api_client import Program, assert_problem
from crm.tests.staff import member
from messaging.models import Conversation
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot() -> Program:
    return Program(member("seller"))


@pytest.fixture
def url() -> str:
    return f"/api/v1/conversations/{make_conversation().pk}/session/"


def said(turn: int, **more: Any) -> dict[str, Any]:
    return {"turn": turn, "state": "choosing", "profile": {"name": "منى"}, "key_entities": {"size": [40, 41.5]}, **more}


def test_turns_follow_each_other(bot: Program, url: str) -> None:
    assert bot.get(url).json() == {
        "turn": 0, "state": "", "profile": {}, "key_entities": {}, "current_recommendations": [], "expires_at": None,
        "expired": False,
    }  # fmt: skip
    first = bot.put(url, said(0)).json()
    assert (first["turn"], first["state"], first["profile"]) == (1, "choosing", {"name": "منى"})
    second = bot.put(url, {"turn": 1, "current_recommendations": [{"sku": 1}]}).json()
    assert (second["turn"], second["state"], second["profile"]) == (2, "", {})
    assert bot.get(url).json() == second


def test_the_very_same_again_is_answered_as_it_stands(bot: Program, url: str) -> None:
    first = bot.put(url, said(0))
    again = bot.put(url, said(0))
    assert (again.status_code, again.json()) == (200, first.json())
    for other in (said(0, state="paying"), said(0, key_entities={"size": [40, True]}), said(0, profile={})):
        told = assert_problem(bot.put(url, other), 409, "turn_passed")
        assert told["session"] == first.json()
    second = bot.put(url, said(1)).json()
    late = assert_problem(bot.put(url, said(0)), 409, "turn_passed")
    assert late["session"] == second
    ahead = assert_problem(bot.put(url, said(7)), 409, "turn_passed")
    assert "only" in ahead["detail"]


def test_one_and_true_are_not_the_same(bot: Program, url: str) -> None:
    assert bot.put(url, said(0, profile={"vip": True})).status_code == 200
    assert_problem(bot.put(url, said(0, profile={"vip": 1})), 409)
    assert bot.put(url, said(0, profile={"vip": True})).status_code == 200


def test_it_is_forgotten_a_day_after_the_last_word(bot: Program, url: str) -> None:
    first = bot.put(url, said(0)).json()
    conversation = Conversation.objects.get()
    assert conversation.session_expires_at is not None
    assert timedelta(hours=23.9) < conversation.session_expires_at - timezone.now() <= timedelta(hours=24)
    Conversation.objects.update(session_expires_at=timezone.now())
    gone = bot.get(url).json()
    assert (gone["turn"], gone["state"], gone["profile"], gone["expired"]) == (first["turn"], "", {}, True)
    assert_problem(bot.put(url, said(0)), 409, "turn_passed")  # of the session that is gone
    anew = bot.put(url, said(1, state="greeting")).json()
    assert (anew["turn"], anew["state"], anew["expired"]) == (2, "greeting", False)


def test_a_session_has_bounds(bot: Program, url: str) -> None:
    for wrong in (
        {"state": "x"},
        said(-1),
        said(2**31),
        said(0, state="x" * 51),
        said(0, profile={"x": "y" * 70_000}),
        said(0, profile=[]),
        said(0, current_recommendations={}),
        said(0, more=1),
    ):
        assert_problem(bot.put(url, wrong), 422, "invalid")
    for nul in (b'{"turn": 0, "profile": {"a": ["\\u0000"]}}', b'{"turn": 0, "profile": {"a": {"\\u0000": 1}}}'):
        assert "NUL" in assert_problem(bot.put(url, nul), 422, "invalid")["detail"]
    assert bot.get(url).json()["turn"] == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_who_follow_the_same_turn_one_wins() -> None:
    bot, url = Program(member("seller")), f"/api/v1/conversations/{make_conversation().pk}/session/"

    def write(number: int) -> int:
        try:
            return int(bot.put(url, said(0, state=f"state {number}")).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(write, range(10))) == [200] + [409] * 9
    assert bot.get(url).json()["turn"] == 1
