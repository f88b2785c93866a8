"""`manage.py simulate`: its channels, and a check that notices whatever is not as it must be."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from crm.models import Channel, Consent, Identity, IdentityKey
from messaging.keys import event_key
from messaging.models import Attachment, Conversation, Message, MessageEvent, WebhookDelivery
from messaging.simulation.accounts import ACCOUNTS, PLATFORMS, AccountMissing, simulated_accounts
from messaging.simulation.check import Check
from messaging.simulation.client import Client as PostingClient
from messaging.simulation.director import Director, Disorder
from messaging.simulation.draining import StillWaiting, wait_until_drained
from messaging.simulation.facts import Said
from messaging.simulation.ledger import Ledger
from messaging.simulation.world import World
from messaging.tests.installation import Installation, free_port
from messaging.tests.webhooks import drain

pytestmark = pytest.mark.takes(40)


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
    message = a_message(direction="in", type="text", attachments=None)
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


def lose_a_delivery() -> None:
    delivery = WebhookDelivery.objects.order_by("pk").first()
    assert delivery
    WebhookDelivery.objects.filter(pk=delivery.pk).delete()


def forget_a_person() -> None:
    IdentityKey.objects.filter(kind="psid").order_by("pk").first().delete()  # type: ignore[union-attr]


def split_a_person() -> None:
    key = IdentityKey.objects.filter(kind="user_id", identity__keys__kind="phone").order_by("pk").first()
    assert key
    other = Identity.objects.exclude(pk=key.identity_id).filter(channel=key.channel).order_by("pk").first()
    IdentityKey.objects.filter(pk=key.pk).update(identity=other)


def lose_a_happening(kind: str) -> Callable[[], None]:
    def lost() -> None:
        event = MessageEvent.objects.filter(kind=kind).order_by("pk").first()
        assert event
        MessageEvent.objects.filter(kind=kind, target_key=event.target_key).delete()

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
    "delivery lost": (lose_a_delivery, "acknowledged and not stored"),
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
    "status doubled": (double_a_happening, "times instead of"),
    "opt-out forgotten": (alter(Identity, of_opted_out=True, opted_out=False), "choice to be written to is wrong"),
    "consent lost": (
        lambda: Consent.objects.filter(scope="marketing").delete() and None,
        "choice to be written to is wrong",
    ),
}


def test_the_check_notices_every_kind_of_damage(transactional_db: None, tmp_path: Path) -> None:
    """One round of traffic, then each damage in a transaction of its own that is taken back."""
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
