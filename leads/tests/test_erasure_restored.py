"""Who was erased stays so: in a restored backup, where an erasure was cut short, and where a note was damaged."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from crm.backups import places, restoring
from crm.backups.database import live_address
from crm.backups.making import make_backup, stored_files
from crm.backups.restoring import forget_old_databases, restore, swap
from crm.backups.retention import remove_old_backups
from crm.backups.scratch import as_default_database
from crm.erasure import erasing
from crm.erasure.erasing import erase, erased_since
from crm.erasure.notes import Note, names_of_notes, open_note, remove_old_notes, write_note
from crm.erasure.person import family_of
from crm.erasure.refusals import NoteRefused
from crm.erasure.replaying import replay_notes
from crm.merging import merge_customers, undo_merge
from crm.models import Backup, Channel, Customer, Severity, User
from crm.monitoring.findings import look
from crm.tests.backup_world import FOLDER, fill, point_at
from crm.tests.factories import make_channel, make_identity, make_user
from crm.tests.keys import key_of
from leads.tests.erasure_world import holding, make_person, rows_of, webhook_of
from messaging.ingest.database import database, health
from messaging.ingest.known_channels import forget_channels
from messaging.media.removal import remove_files
from messaging.models import Attachment, Message, WebhookDelivery
from messaging.tests.webhooks import drain, post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(15)]

MARK, OTHER = "quillfeather", "moonharbour"
#: Files that `fill` puts there.
OF_OTHERS = {"2026/a.jpg", "2026/11/صورة.png", "b"}


@pytest.fixture(autouse=True)
def _places(settings: Any, tmp_path: Path) -> Iterator[None]:
    point_at(settings, tmp_path)
    settings.SPOOL_DIR = tmp_path / "spool"
    forget_channels()
    health.forget()
    fill()
    yield
    database.close()


@pytest.fixture
def channels() -> tuple[Channel, Channel]:
    return make_channel("messenger"), make_channel("whatsapp")


def findings() -> dict[str, Severity]:
    return {one.key: one.severity for one in look().findings if one.check == "erasures"}


@pytest.fixture
def at_the_swap(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is done in the restored database right before it goes live, each a function; with what came of it afterwards."""
    todo: list[Any] = []

    def watched(server: Any, live: str, restored: str, old: str) -> None:
        with as_default_database(live_address().database(restored)):
            todo[0] = todo[0]()
        todo[1] = todo[1]()
        swap(server, live, restored, old)

    monkeypatch.setattr(restoring, "swap", watched)
    return todo


@pytest.fixture
def _forget_old() -> Iterator[None]:
    yield
    forget_old_databases()


@pytest.mark.usefixtures("_forget_old")
def test_a_restored_backup_is_erased_again(channels: tuple[Channel, Channel], at_the_swap: list[Any]) -> None:
    page, _phone = channels
    person = make_person(MARK, channels)
    late = make_identity(page, name="erased at the last moment").customer_id
    post(page, webhook_of(page, MARK, mid="m_waits", text=f"{MARK} waits"))  # pending when it is saved
    post(page, webhook_of(page, "latecomer"))  # whom the backup does not know
    fetched = default_storage.save("2026/late.jpg", ContentFile(b"of somebody"))
    made = make_backup(trigger=Backup.Trigger.COMMAND)
    drain()
    message = Message.objects.filter(conversation__identity__customer=person.customers[0]).earliest("pk")
    Attachment.objects.create(message=message, position=7, type="image", file=fetched)  # after the backup
    files = set(stored_files(default_storage, "")) - OF_OTHERS
    post(page, webhook_of(page, OTHER, mid="m_other", text="newer than the backup"))
    drain()
    for number in (person.customers[0], Message.objects.get(text="I am latecomer").conversation.identity.customer_id):
        erase(family_of(number))
    at_the_swap += [lambda: holding(MARK), lambda: erase(family_of(late))]
    outcome = restore(made.name)
    assert outcome is not None
    assert at_the_swap[0] == []  # before anybody sees it
    assert (outcome.erased.erased, outcome.erased.problems) == (2, [])
    assert holding(MARK) == holding("at the last moment") == holding("latecomer") == []
    assert all(Customer.objects.filter(pk__in=[*person.customers, late]).values_list("erased_at", flat=True))
    before = Customer.objects.count()
    post(page, webhook_of(page, MARK, mid="m_waits", text=f"{MARK} waits"))
    drain()
    assert not holding(MARK)
    assert Message.objects.filter(text="newer than the backup").count() == 1
    assert Customer.objects.count() == before + 1  # who wrote the newer one
    assert not WebhookDelivery.objects.failed().exists()
    while remove_files():
        pass
    assert len(files) == 4
    assert set(stored_files(default_storage, "")) == OF_OTHERS
    assert findings() == {"erasures": Severity.OK}
    assert replay_notes().erased == 0


@pytest.mark.usefixtures("_forget_old")
def test_who_was_taken_apart_before_the_erasure_does_not_go_along(channels: tuple[Channel, Channel]) -> None:
    page, boss = channels[0], make_user()
    one, two = (make_identity(page, name=name).customer_id for name in ("goes for good", "was another"))
    three, four = (make_identity(page, name=name).customer_id for name in ("was a third", "goes as well"))
    Customer.objects.filter(pk=two).update(name="was another")
    merges = [merge_customers(kept_id=kept, merged_id=merged, by=boss) for kept, merged in ((one, two), (three, four))]
    made = make_backup(trigger=Backup.Trigger.COMMAND)
    for merge in merges:
        undo_merge(merge_id=merge.pk, by=boss)
    for number in (one, four):
        erase(family_of(number))
    outcome = restore(made.name)
    assert outcome is not None
    assert outcome.erased.problems == []
    assert holding("goes for good") == holding("goes as well") == []
    others = Customer.objects.filter(pk__in=(two, three), erased_at=None, merged_into=None)
    assert {row.pk: row.identities.get().name for row in others} == {two: "was another", three: "was a third"}
    assert Customer.objects.filter(pk__in=(one, four)).exclude(erased_at=None).count() == 2


def test_an_erasure_cut_short_after_its_note_is_carried_out_by_the_next(
    channels: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(MARK, channels)
    before = rows_of(person)

    def killed(note: Note) -> str:
        write_note(note)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(erasing, "write_note", killed)
        erase(person)
    assert rows_of(person) == before
    assert len(names_of_notes()) == 1
    assert findings() == {"erasures:undone": Severity.WARNING}
    out = StringIO()
    call_command("erase_customer", "--replay", stdout=out)
    assert out.getvalue() == "1 notes, 1 erasures carried out.\n"
    assert holding(MARK) == []
    assert findings() == {"erasures": Severity.OK}
    call_command("erase_customer", "--replay", "--json", stdout=(again := StringIO()))
    assert json.loads(again.getvalue()) == {"notes": 1, "erased": 0, "problems": []}


def test_a_damaged_note_is_told_of_and_stops_nothing(channels: tuple[Channel, Channel], settings: Any) -> None:
    person = make_person(MARK, channels)
    note = erase(person).note
    path = places.working_folder() / note
    assert MARK.encode() not in path.read_bytes()
    good = path.read_bytes()
    wrong = [
        b"",
        b"[]",
        good[:-9],
        good.replace(b'"format": 1', b'"format": 2'),
        good.replace(b'"files": [', b'"files": ["x", '),
    ]
    for content in wrong:
        with pytest.raises(NoteRefused):
            open_note(content)
    path.write_bytes(wrong[-1])
    other = write_note(Note(customers={"6f1c7f2e-7a56-4a3c-9a55-000000000000": 1}))
    result = replay_notes()
    assert result.seen == {note, other}
    assert len(result.problems) == 1
    assert note in result.problems[0]
    assert findings() == {"erasures:unreadable": Severity.WARNING}
    with pytest.raises(CommandError, match="could not be carried out"):
        call_command("erase_customer", "--replay", stderr=StringIO(), stdout=StringIO())
    settings.BLIND_INDEX_KEY = key_of("y")
    with pytest.raises(NoteRefused, match="another installation's"):
        open_note(good)


def test_a_number_that_was_given_anew_is_nobody_of_a_note(channels: tuple[Channel, Channel]) -> None:
    person = make_person(MARK, channels)
    write_note(Note(customers={"6f1c7f2e-7a56-4a3c-9a55-000000000000": person.customers[0]}))
    assert replay_notes().problems == []
    assert erased_since(person) is None
    assert len(holding(MARK)) > 20


def test_notes_brought_along_with_a_backup_are_kept_here(tmp_path: Path) -> None:
    name = write_note(Note())
    brought = tmp_path / "brought"
    brought.mkdir()
    (places.working_folder() / name).rename(brought / name)
    (brought / "erased-by-somebody.json").touch()
    assert replay_notes(beside=brought).seen == {name}
    assert names_of_notes() == [name]


def test_where_the_place_of_the_backups_fails_what_was_brought_along_is_carried_out(
    channels: tuple[Channel, Channel], tmp_path: Path, settings: Any
) -> None:
    person = make_person(MARK, channels)
    brought = tmp_path / "brought"
    brought.mkdir()
    with transaction.atomic():
        note = erase(person).note
        transaction.set_rollback(True)
    (places.working_folder() / note).rename(brought / note)
    (tmp_path / "no folder").touch()
    place = {"BACKEND": FOLDER, "OPTIONS": {"location": str(tmp_path / "no folder")}}
    settings.STORAGES = {**settings.STORAGES, "backups": place}
    result = replay_notes(beside=brought)
    assert (result.erased, len(result.problems)) == (1, 1)
    assert "the place of the backups cannot be used" in result.problems[0]
    assert holding(MARK) == []


def test_notes_stay_as_long_as_a_backup_that_needs_them() -> None:
    now = timezone.now()
    ages = (10, 500, 900)
    notes = [write_note(Note(erased_at=(now - timedelta(days=age)).astimezone(UTC).isoformat())) for age in ages]
    assert [
        datetime.fromisoformat(open_note((places.working_folder() / name).read_bytes()).erased_at) for name in notes
    ]
    Backup.objects.create(
        name="migochat-20250101-000000-000001.age", state="verified", trigger="schedule", sha256="0",
        snapshot_at=now - timedelta(days=600),
    )  # fmt: skip
    remove_old_backups()
    assert set(names_of_notes()) == set(notes[:2])
    assert remove_old_notes(None) == [notes[1]]
    assert not User.objects.filter(email="").exists()
