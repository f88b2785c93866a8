"""What the simulator sends, and what it expects to come of it."""

from collections import Counter
from itertools import islice
from typing import Any

import orjson

from messaging.channels import MalformedPayload, Received, adapter_for
from messaging.simulation.accounts import ACCOUNTS, SimulatedAccount
from messaging.simulation.director import Director, Disorder
from messaging.simulation.expectation import Expectation
from messaging.simulation.facts import Became, Chose, Dispatch, Edited, Fact, Known, Said, SeenUpTo, TakenBack
from messaging.simulation.world import World


def account(slug: str = "sim-messenger", platform: str = "messenger", external_id: str = "1") -> SimulatedAccount:
    """Return an account for which there need not be a channel."""
    url = f"http://crm.example/webhooks/{slug}/"
    secrets = {name: ["x"] for name in adapter_for(platform).SECRETS}
    return SimulatedAccount(slug, platform, external_id, f"/webhooks/{slug}/", url, 0, secrets)


def posts(seed: int, number: int, disorder: Disorder | None = None, **world: Any) -> list[Dispatch]:
    accounts = [account(*known) for known in ACCOUNTS]
    director = Director(World(seed, **world), accounts, disorder or Disorder())
    return list(islice(iter(director.next, None), number)) + list(director.rest())


def test_adapters_read_everything_but_what_is_broken_on_purpose() -> None:
    platform_of = {slug: platform for slug, platform, _ in ACCOUNTS}
    kinds: set[tuple[str, str]] = set()
    for dispatch in posts(1, 4000, Disorder(corrupt=0.05)):
        platform = platform_of[dispatch.slug]
        try:
            events = adapter_for(platform).parse(Received(body=dispatch.body))
            assert dispatch.flaw != "broken"
            kinds |= {(platform, event.kind) for event in events}
        except MalformedPayload:
            assert dispatch.flaw == "broken"
    conversations = {"message", "echo", "message_edited", "message_deleted", "reaction", "unreaction"}
    assert {kind for platform, kind in kinds if platform == "messenger"} >= conversations | {
        "delivery", "read", "postback", "referral", "comment", "lead",
    }  # fmt: skip
    assert {kind for platform, kind in kinds if platform == "instagram"} >= conversations | {
        "read",
        "comment",
        "referral",
    }
    assert {kind for platform, kind in kinds if platform == "whatsapp"} >= conversations | {"status", "system", "optin"}
    assert {kind for platform, kind in kinds if platform == "telegram"} >= {
        "message",
        "message_edited",
        "callback",
        "system",
    }
    assert {kind for platform, kind in kinds if platform == "twilio"} == {"message", "status"}


def test_a_seed_repeats_choices_and_another_time_makes_other_ids() -> None:
    def told(dispatches: list[Dispatch]) -> list[str]:
        return [fact.text for dispatch in dispatches for fact in dispatch.facts if isinstance(fact, Said)]

    one = posts(5, 300, now=lambda: 1_800_000_000.0)
    assert [post.body for post in one] == [post.body for post in posts(5, 300, now=lambda: 1_800_000_000.0)]
    later = posts(5, 300, Disorder(corrupt=0.1), now=lambda: 1_800_000_001.0)
    assert not {post.body for post in later} & {post.body for post in posts(5, 300, Disorder(corrupt=0.1))}
    assert told(one) == told(posts(5, 300, now=lambda: 1_800_000_001.0))
    assert told(one) != told(posts(6, 300, now=lambda: 1_800_000_000.0))


def test_statuses_come_before_their_message_at_times_and_after_it_at_others() -> None:
    place: dict[str, int] = {}
    early = late = 0
    for number, dispatch in enumerate(posts(2, 2000)):
        for fact in dispatch.facts:
            if isinstance(fact, Said):
                place[fact.id] = number
            elif isinstance(fact, Became) and fact.account != "sim-twilio":
                early += fact.id not in place
                late += fact.id in place
    assert early > 20
    assert late > 20


def test_disorder_repeats_shuffles_and_spoils() -> None:
    plain = Counter(post.body for post in posts(3, 1000, now=lambda: 1e9))
    assert set(plain.values()) == {1}
    spoiled = posts(3, 1000, Disorder(duplicates=0.3, corrupt=0.2))
    flaws = Counter(post.flaw for post in spoiled)
    assert 100 < flaws["broken"] + flaws["forged"] + flaws["unsigned"] < 300
    twice = sum(1 for times in Counter(post.body for post in spoiled).values() if times == 2)
    assert 100 < twice < 400


def test_shuffled_posts_are_out_of_order() -> None:
    def updates(disorder: Disorder) -> list[int]:
        bodies = [orjson.loads(post.body) for post in posts(3, 1000, disorder) if post.slug == "sim-telegram"]
        return [body["update_id"] for body in bodies]

    assert updates(Disorder()) == sorted(updates(Disorder()))
    shuffled = updates(Disorder(shuffle=True))
    assert shuffled != sorted(shuffled)
    assert len(set(shuffled)) == len(shuffled)


def test_some_posts_hold_several_events_and_several_pages() -> None:
    bodies = [orjson.loads(post.body) for post in posts(4, 1500) if post.slug.startswith("sim-messenger")]
    assert any(len(entry.get("messaging", [])) > 1 for body in bodies for entry in body["entry"])
    assert any(len({entry["id"] for entry in body["entry"]}) == 2 for body in bodies)


def test_the_newest_edit_the_highest_status_and_the_last_choice_stand() -> None:
    said = Said("a", "m", "p", "first", direction="out", at=100)
    facts: list[Fact] = [
        said, Edited("a", "m", 2, "third"), Edited("a", "m", 1, "second"),
        Became("a", "m", "delivered"), Became("a", "m", "sent"),
        Chose("a", "p", True, 5), Chose("a", "p", False, 9), Chose("a", "p", True, 7),
    ]  # fmt: skip
    for order in (facts, facts[::-1]):
        expected = Expectation.of(order)
        assert expected.text_of(("a", "m")) == "third"
        assert expected.status_of(("a", "m")) == 6
        assert expected.choices["a", "p", "everything"].opted_out is False
    assert Expectation.of([*facts, TakenBack("a", "m")]).text_of(("a", "m")) == ""
    assert Expectation.of([*facts, SeenUpTo("a", "p", "read", 100)]).status_of(("a", "m")) == 7
    assert Expectation.of([*facts, SeenUpTo("a", "p", "read", 99)]).status_of(("a", "m")) == 6


def test_ids_that_are_told_to_be_one_persons_join_people() -> None:
    phone, user_id, new_phone = ("phone", "1"), ("user_id", "u"), ("phone", "2")
    facts = [Known("a", "p", (phone,)), Known("a", "q", (user_id,)), Known("a", "r", (("phone", "3"),))]
    assert len(Expectation.of(facts).people()) == 3
    facts += [Known("a", "p", (phone, user_id)), Known("a", "p", (phone, new_phone))]
    assert sorted(len(keys) for _, keys in Expectation.of(facts).people()) == [1, 3]


def test_an_answer_under_a_comment_is_expected_only_with_that_comment() -> None:
    answer = Said("a", "c2", "p", "Yes", direction="out", under="c1")
    assert not Expectation.of([answer]).said
    assert len(Expectation.of([answer, Said("a", "c1", "p", "How much?")]).said) == 2
