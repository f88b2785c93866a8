"""Erasing a person: all of them goes, nothing of anybody else does, and the past is counted as before."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, transaction

from crm.erasure.erasing import Erased, erase, erased_since
from crm.erasure.notes import names_of_notes
from crm.erasure.person import Person, family_of
from crm.erasure.refusals import ErasureRefused
from crm.erasure.steps import rules
from crm.models import Channel, Customer, Identity, IdentityKey, Note
from crm.tests.backup_world import point_at
from crm.tests.factories import make_channel
from leads.models import Lead
from leads.tests.erasure_world import edit_of, holding, make_person, phone_of, psid_of, rows_of, webhook_of
from leads.tests.test_metrics import AROUND, SPRING, World, count
from messaging.erasure.deliveries import empty_noted, without
from messaging.ingest.database import database, health
from messaging.ingest.known_channels import forget_channels
from messaging.media.removal import remove_files
from messaging.models import Attachment, Conversation, Handoff, Message, Outgoing, WebhookDelivery
from messaging.tests.webhooks import drain, messenger, post, receive, text_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(10)]

MARK, OTHER = "quillfeather", "moonharbour"
#: Models that hold nothing of customers, or are emptied by a step and not by a rule. Whoever adds one decides.
BY_STEPS = {
    "messaging.MessageEvent", "messaging.WebhookDelivery", "messaging.FileToRemove", "crm.Notification",
    "crm.IdempotencyKey", "admin.LogEntry",
}  # fmt: skip
OF_NOBODY = {
    "crm.ImportFile",  # gone within a day: docs/erasure.md
    "crm.SavedView", "crm.Tag", "crm.Team", "crm.User", "crm.User_groups", "crm.User_user_permissions", "crm.UserHistory",
    "crm.ApiToken", "crm.Backup", "crm.Restoration", "crm.Channel", "crm.ChannelHistory", "crm.Setting", "crm.KeyCanary",
    "crm.DailyMetric", "crm.Heartbeat", "crm.Incident", "crm.IncidentNotice", "crm.Tally", "campaigns.Post",
    "campaigns.AdCampaign", "campaigns.PerformanceMetric", "messaging.CannedReply", "messaging.ChannelErrand",
    "messaging.HandoffKeywords", "messaging.MessageTemplate", "leads.Stage", "leads.ClassificationRule", "leads.Product",
    "leads.ScoringRule",
}  # fmt: skip
OURS = ("crm", "campaigns", "messaging", "leads")


@pytest.fixture(autouse=True)
def _places(settings: Any, tmp_path: Path) -> Iterator[None]:
    point_at(settings, tmp_path)
    settings.SPOOL_DIR = tmp_path / "spool"
    forget_channels()
    health.forget()
    yield
    database.close()


@pytest.fixture
def channels() -> tuple[Channel, Channel]:
    return make_channel("messenger"), make_channel("whatsapp")


class TestRules:
    def test_each_model_that_hangs_on_a_customer_has_one(self) -> None:
        named_by_rules = {rule.label for rule in rules()}
        hanging, ahead = set[Any]([Customer]), deque[Any]([Customer])
        while ahead:
            for relation in ahead.popleft()._meta.get_fields(include_hidden=True):
                if relation.auto_created and not relation.concrete and relation.related_model not in hanging:
                    hanging.add(relation.related_model)
                    ahead.append(relation.related_model)
        assert {model._meta.label for model in hanging} == named_by_rules

    def test_of_every_other_model_somebody_said_that_it_holds_nobody(self) -> None:
        ours = {
            model._meta.label
            for model in apps.get_models(include_auto_created=True)
            if model._meta.app_label in OURS and model._meta.managed and not model._meta.proxy
        }
        assert ours - {rule.label for rule in rules()} - BY_STEPS == OF_NOBODY

    def test_each_names_columns_that_there_are_and_can_blank_the_others(self) -> None:
        for rule in rules():
            if rule.keep is not None:
                columns = {column.name for column in rule.model._meta.concrete_fields}
                assert rule.keep | set(rule.instead) <= columns, rule.label
                assert not rule.keep & set(rule.blanks()), rule.label


def test_nothing_leads_to_the_person_and_nobody_else_is_touched(channels: tuple[Channel, Channel]) -> None:
    page, _phone = channels
    person, other = make_person(MARK, channels), make_person(OTHER, channels)
    both = messenger(
        page,
        text_message("m_a", f"{MARK} again", psid=psid_of(MARK)),
        text_message("m_b", f"{OTHER} again", psid=psid_of(OTHER)),
    )
    receive(page, both)
    files = files_of(person)
    kept_files, before = files_of(other), rows_of(other)
    assert len(holding(MARK)) >= 25  # else there is nothing to see
    outcome = erase(person)
    assert {label for label, number in outcome.rows.items() if not number} == set()
    assert holding(MARK) == holding(psid_of(MARK)) == holding(phone_of(MARK)) == []
    assert rows_of(other) == before
    remove_files()
    assert [name for name in files if default_storage.exists(name)] == []
    assert [name for name in kept_files if not default_storage.exists(name)] == []
    assert len(files) == len(kept_files) == 3
    rest = orjson.loads(WebhookDelivery.objects.latest("pk").body)
    assert [item["message"]["mid"] for item in rest["entry"][0]["messaging"]] == ["m_b"]
    customer = Customer.objects.get(pk=person.customers[0])
    assert (str(customer), customer.blocked, customer.is_active) == (f"Erased person {customer.pk}", True, False)
    assert not Conversation.objects.open().filter(identity__in=person.identities).exists()
    assert not Lead.objects.open().filter(customer__in=person.customers).exists()
    assert Handoff.objects.filter(conversation__identity__in=person.identities).get().status == "cancelled"
    theirs = Message.objects.filter(conversation__identity__in=person.identities)
    assert sorted(theirs.values_list("status", flat=True)) == [0, 0, 0, 4, 5]  # what waited to be sent has failed


def files_of(person: Person) -> list[str]:
    attachments = Attachment.objects.filter(message__conversation__identity__in=person.identities)
    names = [name for pair in attachments.values_list("file", "thumbnail") for name in pair if name]
    return names + [
        name for name in Customer.objects.filter(pk__in=person.customers).values_list("picture", flat=True) if name
    ]


def test_what_the_platform_repeats_or_adds_brings_nothing_back(channels: tuple[Channel, Channel]) -> None:
    page, _phone = channels
    person = make_person(MARK, channels)
    erase(person)
    husks = rows_of(person)
    customers = Customer.objects.count()
    post(page, webhook_of(page, MARK))  # the very same
    WebhookDelivery.objects.all().replay()
    drain()
    assert not WebhookDelivery.objects.failed().exists()
    receive(page, messenger(page, edit_of(MARK, {"mid": f"m_{MARK}_1", "text": MARK, "num_edit": 2})))
    post(page, webhook_of(page, OTHER))
    empty_noted([(page.pk, bytes(WebhookDelivery.objects.latest("pk").digest).hex())])
    WebhookDelivery.objects.filter(pk=WebhookDelivery.objects.latest("pk").pk).replay()
    drain()
    assert WebhookDelivery.objects.latest("pk").status == "ignored"
    assert rows_of(person) == husks
    assert not holding(OTHER)
    assert Message.objects.filter(text__contains=MARK).count() == 0
    assert not apps.get_model("messaging", "MessageEvent").objects.filter(text=MARK).exists()
    assert Customer.objects.count() == customers
    receive(page, webhook_of(page, MARK, mid="m_new", text="here again"))
    assert Customer.objects.count() == customers + 1
    assert rows_of(person) == husks


def test_the_past_is_counted_as_before(settings: Any) -> None:
    settings.TIME_ZONE = "Africa/Cairo"
    World(3, SPRING)
    first, last = SPRING - timedelta(days=AROUND), SPRING + timedelta(days=AROUND)
    before = count(first, last)
    erased = [
        family_of(number)
        for number in Customer.objects.filter(identities__isnull=False).distinct().values_list("pk", flat=True)
    ]
    for person in erased[::2]:
        erase(person)
    assert Customer.objects.exclude(erased_at=None).count() == 6
    assert count(first, last) == before


class TestNotNow:
    def test_while_a_message_is_being_sent(self, channels: tuple[Channel, Channel]) -> None:
        person = make_person(MARK, channels)
        Outgoing.objects.update(sender=1)
        before = rows_of(person)
        with pytest.raises(ErasureRefused, match="being sent just now"):
            erase(person)
        assert rows_of(person) == before
        assert names_of_notes() == []

    def test_while_a_delivery_of_theirs_waits(self, channels: tuple[Channel, Channel], settings: Any) -> None:
        page, _phone = channels
        person = make_person(MARK, channels)
        post(page, webhook_of(page, MARK, mid="m_2"))
        post(page, webhook_of(page, OTHER, mid="m_3"))
        settings.WEBHOOK_BACKLOG_BOUND = 0
        time.sleep(2.1)  # until the backlog is looked at again
        post(page, webhook_of(page, MARK, mid="m_4"))
        assert len(list(settings.SPOOL_DIR.glob("*.delivery"))) == 1
        with pytest.raises(ErasureRefused, match="2 deliveries of theirs wait"):
            erase(person)
        assert erased_since(person) is None


def in_thread(work: Any) -> tuple[threading.Thread, list[Any]]:
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(work())
        except Exception as error:
            came.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def wait_until_waiting(number: int) -> None:
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_who_writes_while_they_are_erased_is_somebody_new(channels: tuple[Channel, Channel]) -> None:
    page, _phone = channels
    person = make_person(MARK, channels)
    with transaction.atomic():
        list(Note.objects.filter(customer__in=person.customers).select_for_update())
        erasing, outcome = in_thread(lambda: erase(person))
        wait_until_waiting(1)  # at the notes: all is locked and checked
        post(page, webhook_of(page, MARK, mid="m_late", text=f"{MARK} is late"))
        reading, _ = in_thread(drain)
        wait_until_waiting(2)  # at their identity
    erasing.join()
    reading.join()
    assert isinstance(outcome[0], Erased), outcome
    late = Message.objects.get(text=f"{MARK} is late")
    assert late.conversation.identity_id not in person.identities
    assert not Identity.objects.filter(pk__in=person.identities).exclude(name="", username="").exists()
    assert WebhookDelivery.objects.get(pk=late.delivery_id or 0).status == "processed"
    assert not IdentityKey.objects.filter(identity__in=person.identities).exists()


def test_of_two_at_once_one_erases(channels: tuple[Channel, Channel]) -> None:
    person = make_person(MARK, channels)
    with transaction.atomic():
        list(Customer.objects.filter(pk__in=person.customers).select_for_update())
        both = [in_thread(lambda: erase(person)) for _ in range(2)]
        wait_until_waiting(2)
    for thread, _ in both:
        thread.join()
    outcomes = [came for _, (came,) in both]
    assert sorted(type(one).__name__ for one in outcomes) == ["Erased", "ErasureRefused"], outcomes
    assert len(names_of_notes()) == 1


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        (b'{"a": [{"id": "123456"}, {"id": "7"}]}', b'{"a":[{"id":"7"}]}'),
        (b'{"a": [{"b": [{"c": 123456}], "d": 1}]}', b'{"a":[{"b":[],"d":1}]}'),
        (b'{"from": {"id": 123456}, "others": []}', b""),
        (b"From=whatsapp%3A%2B123456&Body=hello", b""),
        (b"From=whatsapp%3A%2B1234567&Body=123456+times", None),
        (b'{"text": "call 123456"}', None),
        (b"\xff broken 123456", b""),
        (b'["1234567"]', None),
    ],
)
def test_what_stays_of_a_delivery(body: bytes, rest: bytes | None) -> None:
    assert without(body, "", frozenset({"123456"})) == rest
