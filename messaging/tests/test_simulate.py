"""The simulator: its traffic, its client, and a check that notices whatever is not as it must be."""

import asyncio
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.utils import timezone

from crm.models import Channel, Consent, Identity, IdentityKey
from messaging.channels import MalformedPayload, Received, adapter_for
from messaging.keys import event_key
from messaging.models import Attachment, Conversation, Message, MessageEvent, WebhookDelivery
from messaging.simulation.accounts import ACCOUNTS, PLATFORMS, AccountMissing, SimulatedAccount, simulated_accounts
from messaging.simulation.check import Check
from messaging.simulation.client import Client as PostingClient
from messaging.simulation.client import Pace
from messaging.simulation.director import Director, Disorder
from messaging.simulation.draining import StillWaiting, wait_until_drained
from messaging.simulation.expectation import Expectation
from messaging.simulation.facts import Became, Chose, Dispatch, Edited, Fact, Known, Said, SeenUpTo, TakenBack
from messaging.simulation.ledger import Ledger
from messaging.simulation.world import World
from messaging.tests.installation import Installation, free_port
from messaging.tests.webhooks import drain


def account(slug: str = "sim-messenger", platform: str = "messenger", external_id: str = "1") -> SimulatedAccount:
    """Return an account for which there need not be a channel."""
    url = f"http://crm.example/webhooks/{slug}/"
    secrets = {name: ["x"] for name in adapter_for(platform).SECRETS}
    return SimulatedAccount(slug, platform, external_id, f"/webhooks/{slug}/", url, 0, secrets)


def posts(seed: int, number: int, disorder: Disorder | None = None, **world: Any) -> list[Dispatch]:
    accounts = [account(*known) for known in ACCOUNTS]
    director = Director(World(seed, **world), accounts, disorder or Disorder())
    return list(islice(iter(director.next, None), number)) + list(director.rest())


# --- traffic ---


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


# --- what is expected ---


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


# --- the check ---


class Played:
    """Traffic posted through the real endpoint and read by the real drain."""

    def __init__(self, folder: Path, number: int = 150, disorder: Disorder | None = None, seed: int = 11) -> None:
        self.since = timezone.now() - timedelta(seconds=5)
        self.accounts = simulated_accounts(PLATFORMS)
        director = Director(World(seed), self.accounts, disorder or Disorder())
        self.ledger = Ledger(folder / "acknowledged.jsonl")
        poster = PostingClient("http://unused", self.accounts, self.ledger)
        with self.ledger:
            for dispatch in [*islice(iter(director.next, None), number), *director.rest()]:
                self.ledger.record(dispatch, _posted(poster.request(dispatch)))
        drain()

    def differences(self) -> Counter[str]:
        return Counter(one.what for one in Check(self.ledger, self.accounts, self.since).differences())


def _posted(request: bytes) -> int:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    del headers["host"]
    path = first.split(" ")[1]
    response = Client().post(path, body, content_type=headers.pop("content-type"), headers=headers)
    return response.status_code


@pytest.fixture
def played(transactional_db: None, tmp_path: Path) -> Played:
    return Played(tmp_path)


def test_traffic_in_disorder_leaves_exactly_what_it_means(transactional_db: None, tmp_path: Path) -> None:
    played = Played(tmp_path, 400, Disorder(duplicates=0.2, corrupt=0.1, shuffle=True))

    assert played.differences() == {}
    assert not played.ledger.unexpected
    assert played.ledger.refused
    assert played.ledger.broken
    lines = [orjson.loads(line) for line in (tmp_path / "acknowledged.jsonl").read_bytes().splitlines()]
    assert {(line["channel"], bytes.fromhex(line["digest"])) for line in lines} == set(played.ledger.acknowledged)
    assert any(line["ids"] for line in lines)


def a_message(**fields: Any) -> Message:
    found = Message.objects.filter(**fields).order_by("pk").first()
    assert found
    return found


def lose_a_message() -> None:
    message = a_message(direction="in", attachments=None)
    message.delete()


def double_a_message() -> None:
    message = a_message(direction="in", type="text")
    message.pk, message.external_key = None, None
    message.save(force_insert=True)


def invent_a_message() -> None:
    message = a_message(direction="in", type="text")
    message.pk, message.external_id, message.external_key = None, "never sent", b"x"
    message.save(force_insert=True)


def alter(model: Any, **change: Any) -> Callable[[], None]:
    def altered() -> None:
        values = {name: value for name, value in change.items() if not name.startswith("of_")}
        chosen = {name.removeprefix("of_"): value for name, value in change.items() if name.startswith("of_")}
        row = model.objects.filter(**chosen).order_by("pk").first()
        assert row, model
        model.objects.filter(pk=row.pk).update(**values)

    return altered


def store_what_was_refused() -> None:
    delivery = WebhookDelivery.objects.order_by("pk").first()
    assert delivery
    WebhookDelivery.objects.filter(pk=delivery.pk).delete()


def forget_a_person() -> None:
    IdentityKey.objects.order_by("pk").first().delete()  # type: ignore[union-attr]


def split_a_person() -> None:
    key = IdentityKey.objects.filter(kind="user_id", identity__keys__kind="phone").order_by("pk").first()
    assert key
    other = Identity.objects.exclude(pk=key.identity_id).filter(channel=key.channel).order_by("pk").first()
    IdentityKey.objects.filter(pk=key.pk).update(identity=other)


def lose_a_happening(kind: str) -> Callable[[], None]:
    def lost() -> None:
        MessageEvent.objects.filter(kind=kind).order_by("pk").first().delete()  # type: ignore[union-attr]

    return lost


def double_a_happening() -> None:
    event = MessageEvent.objects.filter(kind="status").order_by("pk").first()
    assert event
    event.pk, event.event_key = None, event_key("another")
    event.save(force_insert=True)


DAMAGES: dict[str, tuple[Callable[[], None], str]] = {
    "message lost": (lose_a_message, "message is missing"),
    "message doubled": (double_a_message, "message stored 2 times"),
    "message invented": (invent_a_message, "message that nobody sent"),
    "text altered": (alter(Message, of_type="text", of_direction="in", text="x"), "message has another text"),
    "direction turned": (
        alter(Message, of_type="text", of_direction="in", direction="out"),
        "message has another direction",
    ),
    "status lowered": (alter(Message, of_status=7, status=6), "message has another status"),
    "ad forgotten": (alter(Message, of_ad__isnull=False, of_type="text", ad=None), "message has another ad"),
    "post forgotten": (alter(Message, of_post__isnull=False, post=None), "message has another post"),
    "source wrong": (alter(Message, of_source="ad", source="direct"), "message has another source"),
    "unsend undone": (alter(Message, of_deleted_at__isnull=False, deleted_at=None), "message has another taken back"),
    "attachment lost": (
        lambda: Attachment.objects.order_by("pk").first().delete() and None,  # type: ignore[union-attr]
        "message has another number of attachments",
    ),
    "arrival lost": (
        lambda: Message.objects.filter(type="referral").first().delete() and None,  # type: ignore[union-attr]
        "arrivals stored instead of",
    ),
    "delivery lost": (store_what_was_refused, "acknowledged and not stored"),
    "delivery unread": (alter(WebhookDelivery, of_status="processed", status="failed"), "delivery is failed"),
    "count too high": (
        alter(Conversation, message_count=F("message_count") + 1),
        "message_count does not fit the messages",
    ),
    "unread too high": (
        alter(Conversation, unread_count=F("unread_count") + 1),
        "unread_count does not fit the messages",
    ),
    "waiting wrong": (
        alter(Conversation, of_waiting_since__isnull=False, waiting_since=None),
        "waiting_since does not fit the messages",
    ),
    "person forgotten": (forget_a_person, "person is unknown"),
    "person split": (split_a_person, "person is known as several"),
    "status lost": (lose_a_happening("status"), "status is missing"),
    "edit lost": (lose_a_happening("edit"), "edit is missing"),
    "reaction lost": (lose_a_happening("reaction"), "reaction is missing"),
    "status doubled": (double_a_happening, "status stored 2 times"),
    "opt-out forgotten": (alter(Identity, of_opted_out=True, opted_out=False), "choice to be written to is wrong"),
    "consent lost": (
        lambda: Consent.objects.filter(scope="marketing").delete() and None,
        "choice to be written to is wrong",
    ),
}


def test_the_check_notices_every_kind_of_damage(transactional_db: None, tmp_path: Path) -> None:
    """One round of traffic, then each damage in a transaction of its own that is taken back."""
    from django.db import transaction

    played = Played(tmp_path, 700)
    assert played.differences() == {}
    for name, (damage, expected) in DAMAGES.items():
        with transaction.atomic():
            damage()
            found = played.differences()
            transaction.set_rollback(True)
        assert any(expected in what for what in found), f"{name}: {dict(found)}"
    assert played.differences() == {}


def test_what_was_refused_and_yet_stored_is_noticed(played: Played) -> None:
    key, facts = next(iter(played.ledger.acknowledged.items()))
    played.ledger.refused[key] = facts
    assert played.differences()["refused and yet stored"] == 1


def test_what_was_never_answered_may_be_there_or_not(played: Played) -> None:
    ledger = played.ledger
    with_message = [key for key, facts in ledger.acknowledged.items() if len(facts) == 2 and isinstance(facts[0], Said)]
    for key in with_message[:5]:
        ledger.uncertain[key] = ledger.acknowledged.pop(key)
    assert played.differences() == {}


def test_other_senders_messages_are_left_alone(played: Played) -> None:
    twin = [*played.ledger.acknowledged.items()]
    for key, _ in twin[: len(twin) // 2]:
        del played.ledger.acknowledged[key]
    found = played.differences()
    assert "message that nobody sent" not in found


# --- channels ---


@pytest.mark.django_db
def test_it_makes_its_channels_once_and_keeps_their_secrets() -> None:
    first = simulated_accounts(PLATFORMS)
    assert simulated_accounts(PLATFORMS) == first
    assert Channel.objects.count() == len(ACCOUNTS)
    secrets = {one.slug: one.credentials["app_secret"] for one in first if one.platform == "messenger"}
    assert secrets["sim-messenger"] == secrets["sim-messenger-2"]
    whatsapp = next(one for one in first if one.platform == "whatsapp")
    assert whatsapp.credentials["app_secret"] != secrets["sim-messenger"]


@pytest.mark.django_db
def test_a_channel_that_is_switched_off_is_not_posted_to() -> None:
    simulated_accounts(("telegram",))
    Channel.objects.update(is_active=False)
    with pytest.raises(AccountMissing, match="sim-telegram"):
        simulated_accounts(("telegram",))


@pytest.mark.django_db
def test_waiting_ends_with_what_is_stuck(settings: Any, tmp_path: Path) -> None:
    settings.SPOOL_DIR = tmp_path
    (tmp_path / "1.delivery").touch()
    with pytest.raises(StillWaiting, match="1 in"):
        wait_until_drained([], patience=0.3)
    (tmp_path / "1.delivery").unlink()
    wait_until_drained([], patience=0.3)


# --- the client, against a small server that misbehaves ---


class Server:
    """Answers each request as the next of its answers says: a status, or None to hang up."""

    def __init__(self, answers: list[int | None]) -> None:
        self.answers, self.requests, self.port = answers, list[bytes](), free_port()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        ready.wait(5)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(server.wait_closed())
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if self.answers else 200
                if answer is None:
                    break
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: int | None) -> Server:
        servers.append(Server(list(answers)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def run_client(server: Server, dispatches: list[Dispatch], folder: Path, pace: Pace) -> tuple[Ledger, PostingClient]:
    with Ledger(folder / "log.jsonl") as ledger:
        client = PostingClient(f"http://127.0.0.1:{server.port}", [account()], ledger)
        asyncio.run(client.run(iter(dispatches), lambda: iter([]), pace))
    return ledger, client


def some(number: int) -> list[Dispatch]:
    return [
        Dispatch("sim-messenger", b"%d" % place, (Said("sim-messenger", str(place), "p"),)) for place in range(number)
    ]


def test_it_tries_again_until_it_is_answered(serve: Any, tmp_path: Path) -> None:
    server = serve(503, None, 500, 200, None)
    ledger, client = run_client(server, some(2), tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert ledger.answers == {200: 2}
    assert client.performance.retries == 4
    assert len(server.requests) == 6
    assert not ledger.uncertain


def test_it_gives_up_in_the_end(tmp_path: Path) -> None:
    class Nobody:
        port = free_port()

    ledger, _ = run_client(Nobody(), some(1), tmp_path, Pace(rate=0, seconds=1, connections=1, patience=0.3))  # type: ignore[arg-type]
    assert not ledger.acknowledged
    assert len(ledger.uncertain) == 1
    assert "given up without an answer" in ledger.unexpected


def test_a_repeated_post_that_was_acknowledged_once_is_certain(serve: Any, tmp_path: Path) -> None:
    (one,) = some(1)
    ledger, _ = run_client(serve(200, 404), [one, one], tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert len(ledger.acknowledged) == 1
    assert not ledger.uncertain
    assert ledger.unexpected == {"answered 404": 1}


def test_what_is_forged_must_be_refused(serve: Any, tmp_path: Path) -> None:
    forged = Dispatch("sim-messenger", b"x", (), "forged")
    unsigned = Dispatch("sim-messenger", b"y", (), "unsigned")
    server = serve(403, 200)
    ledger, _ = run_client(server, [forged, unsigned], tmp_path, Pace(rate=0, seconds=1, connections=1))
    assert ledger.unexpected == {"unsigned answered 200": 1}
    assert b"x-hub-signature-256" in server.requests[0]
    assert b"x-hub-signature-256" not in server.requests[1]


def test_it_keeps_its_connections_and_its_rate(serve: Any, tmp_path: Path) -> None:
    ledger, client = run_client(serve(), some(40), tmp_path, Pace(rate=100, seconds=1, connections=4))
    assert len(ledger.acknowledged) == 40
    assert 0.35 < client.performance.seconds < 2
    assert client.performance.percentile(0.5) <= client.performance.percentile(0.99)
    assert client.performance.retries == 0


# --- the whole command ---


def test_a_run_against_nobody_fails(transactional_db: None, tmp_path: Path) -> None:
    output = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            "simulate", "--url", f"http://127.0.0.1:{free_port()}", "--seconds", "0.2", "--rate", "5", "--patience", "0.2",
            "--log", str(tmp_path / "log"), "--json", stdout=output,
        )  # fmt: skip
    assert end.value.code == 1
    assert orjson.loads(output.getvalue())["ok"] is False


def test_against_a_running_installation_everything_is_proven() -> None:
    installation = Installation()
    try:
        installation.start("web")
        installation.start("ingest")
        printed = installation.manage(
            "simulate", "--url", f"http://127.0.0.1:{installation.port}", "--seconds", "4", "--rate", "50",
            "--duplicates", "0.2", "--corrupt", "0.1", "--shuffle", "--check", "--json",
        )  # fmt: skip
        figures = orjson.loads(printed.splitlines()[-1])
        assert figures["checked"]
        assert figures["messages"] > 100
        assert figures["refused"] > 0
    finally:
        installation.close()
