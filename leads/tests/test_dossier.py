"""`manage.py export_customer`: all of one person, nothing of anybody else, and no model forgotten."""

import io
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Model

from crm.dossier import shares
from crm.dossier.archive import write_dossier
from crm.dossier.person import all_of
from crm.exports.snapshot import snapshot
from crm.merging import merge_customers, undo_merge
from crm.models import Channel, Consent, Customer, DuplicateDismissed, Note, Notification, Tag, User
from crm.pictures import keep_picture
from crm.tests.factories import SECRETS, make_channel, make_customer, make_identity, make_user
from crm.tests.meanwhile import meanwhile
from leads.activities import Cause, record
from leads.models import (
    ActivityKind,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
    TriageFailure,
)
from leads.tests.factories import make_lead
from messaging.models import (
    Attachment,
    AwayReply,
    Conversation,
    Handoff,
    LeadFormAnswer,
    Message,
    MessageEvent,
    Outgoing,
    OwnReaction,
)
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(4)]


def make_person(mark: str, channel: Channel, staff: User) -> Customer:
    """Make somebody of whom there is a row of every part, every text of it with their mark."""
    phone = f"+2010{sum(mark.encode()):08}"
    customer = make_customer(name=f"{mark} Mona", phone=phone, email=f"{mark}@mail.example", city=mark)
    earlier = make_customer(name=f"{mark} before")
    merge_customers(kept_id=customer.pk, merged_id=earlier.pk, by=staff, reason=mark)
    customer.tags.add(Tag.objects.create(name=f"{mark} tag"))
    Customer.objects.filter(pk=customer.pk).update(label="hot")
    keep_picture(customer_id=customer.pk, content=f"{mark} picture".encode(), mime_type="image/png")
    identity = make_identity(channel, customer=customer, name=mark, username=mark, key=("psid", f"{mark}-id"))
    consent = {"granted": True, "source": "message", "at": NOON}
    Consent.objects.create(customer=customer, identity=identity, **consent)
    Note.objects.create(customer=customer, author=staff, text=f"{mark} note")
    conversation = make_conversation(identity, session_profile={"said": mark})
    write_messages(mark, conversation)
    sell(mark, customer, conversation, staff)
    return customer


def write_messages(mark: str, conversation: Conversation) -> None:
    conversation.status = "closed"
    conversation.save()
    Handoff.objects.create(conversation=conversation, reason=mark, by="bot", context={"asked": mark})
    theirs = make_message(conversation, text=f"{mark} writes مرحبا", external_id=f"{mark}-1")
    ours = make_message(conversation, text=f"{mark} is answered", direction="out", status=7, external_id=f"{mark}-2")
    AwayReply.objects.create(conversation=conversation, message=ours)
    file = ContentFile(f"{mark} file".encode(), "a")
    Attachment.objects.create(message=theirs, type="document", name=f"../{mark} 1.pdf", file=file)
    asked = {"channel": conversation.channel, "message": theirs}
    OwnReaction.objects.create(emoji=mark, **asked)
    LeadFormAnswer.objects.create(answers=[{"name": "city", "values": [mark]}], **asked)
    Outgoing.objects.create(
        channel=conversation.channel,
        conversation=conversation,
        message=ours,
        content="text",
        details={"buttons": [mark]},
    )
    MessageEvent.objects.create(
        channel=conversation.channel, kind="edit", event_key=mark.encode(), target_key=theirs.external_key, at=NOON,
        received_at=NOON, text=f"{mark} wrote before",
    )  # fmt: skip
    TriageFailure.objects.create(message=theirs, reason=mark)


def sell(mark: str, customer: Customer, conversation: Conversation, staff: User) -> None:
    message = conversation.messages.get(direction="in")
    lead = make_lead(customer, next_step=mark, profile={"wants": mark}, owner=staff)
    record(ActivityKind.NOTE, lead=lead, cause=Cause.rule(mark, message.pk))
    product = Product.objects.create(name=f"{mark} product")
    qualification = Qualification.objects.create(lead=lead, score=60, summary=mark, qualified_at=NOON)
    qualification.products.add(product)
    rule = ScoringRule.objects.create(name=f"{mark} rule", looks_for="message", points=5)
    ScoreEntry.objects.create(lead=lead, rule=rule, message=message, points=5, at=NOON)
    ProductInteraction.objects.create(
        customer=customer, lead=lead, product=product, kind="like", message=message, at=NOON, feedback=mark
    )


def dossier(who: Any, path: Path) -> ZipFile:
    call_command("export_customer", str(who), "--output", str(path), "--force", stdout=io.StringIO())
    archive = ZipFile(path)
    assert archive.testzip() is None
    return archive


def lists(archive: ZipFile) -> dict[str, list[dict[str, Any]]]:
    """Return the rows by file and list, as `messages.json/attachments`."""
    files = [name for name in archive.namelist() if name.endswith(".json")]
    return {f"{file}/{name}": rows for file in files for name, rows in orjson.loads(archive.read(file)).items()}


def everything(archive: ZipFile) -> bytes:
    return b"\n".join(name.encode() + b"\n" + archive.read(name) for name in archive.namelist())


@pytest.fixture
def two() -> tuple[Customer, Customer]:
    """Two people on one channel, looked after by one colleague and taken for one another by mistake."""
    channel, staff = make_channel(), make_user("staff@shop.example", full_name="Colleague")
    mine, theirs = make_person("amber", channel, staff), make_person("basalt", channel, staff)
    DuplicateDismissed.objects.create(first=mine, second=theirs, by=staff)
    Notification.objects.create(user=staff, kind="mention", key="1", text="basalt Mona")
    wrong = merge_customers(kept_id=mine.pk, merged_id=make_customer(name="basalt too").pk, by=staff, reason="basalt")
    undo_merge(merge_id=wrong.pk, by=staff)
    return mine, theirs


def test_all_of_one_person_is_there_and_nothing_of_another(two: tuple[Customer, Customer], tmp_path: Path) -> None:
    mine, _theirs = two
    path = tmp_path / "mine.zip"
    archive = dossier(mine.pk, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content, found = everything(archive), lists(archive)
    assert b"basalt" not in content
    for secret in (*SECRETS["messenger"]["app_secret"], "staff@shop.example", "Colleague"):
        assert secret.encode() not in content
    ids = all_of(mine.pk)
    assert len(ids) == 2
    others = {row.pk for row in Customer.objects.exclude(pk__in=ids)}
    for part in (part for share in shares() for part in share.parts):
        rows = found[f"{part.file}/{part.name}"]
        key = part.model._meta.pk.name
        assert [row[key] for row in rows] == [row.pk for row in part.of(ids).order_by("pk")] != [], part.name
        assert part.of(others).exists(), "and there are others"
        assert f"{part.name} ({len(rows)}): ".encode() in archive.read("README.txt")
    assert found["customer.json/customers"][0]["phone"] == mine.phone
    assert found["customer.json/customers"][0]["tags"] == ["amber tag"]
    assert found["customer.json/ids"][0]["value"] == "amber-id"
    assert found["messages.json/lead_forms"][0]["answers"] == [{"name": "city", "values": ["amber"]}]
    assert found["messages.json/messages"][0]["text"] == "amber writes مرحبا"
    assert found["messages.json/messages"][1]["status"] == "Read"
    assert found["leads.json/qualifications"][0]["products"] == ["amber product"]
    [attachment] = found["messages.json/attachments"]
    assert attachment["files"] == [f"files/{attachment['id']}-amber-1.pdf"]
    assert archive.read(attachment["files"][0]) == b"amber file"
    assert archive.read(found["customer.json/customers"][0]["files"][0]) == b"amber picture"


def related(model: type[Model]) -> Iterator[type[Model]]:
    """Yield the models with a key to a model."""
    for other in apps.get_models(include_auto_created=True):
        if any(field.is_relation and field.related_model is model for field in other._meta.concrete_fields):
            yield other


def test_no_model_with_a_way_to_a_customer_is_forgotten() -> None:
    """A new one has to become part of a dossier, or to be left out with a reason, in the `dossier.py` of its app."""
    found: list[type[Model]] = [Customer]
    for model in found:  # grows meanwhile
        found += [other for other in related(model) if other not in found]
    parts = [part for share in shares() for part in share.parts]
    left_out = {label: why for share in shares() for label, why in share.left_out.items()}
    told = {part.model for part in parts} | {
        field.remote_field.through
        for part in parts
        for field in part.model._meta.many_to_many
        if field.name not in part.left_out
    }
    assert {model._meta.label for model in found if model not in told} - set(left_out) == set()
    assert len(found) > 25
    for label, why in left_out.items():
        assert apps.get_model(label) not in told
        assert len(str(why)) > 20


def test_who_was_merged_is_found_as_who_remains(two: tuple[Customer, Customer], tmp_path: Path) -> None:
    mine, _theirs = two
    merged = Customer.objects.get(merged_into=mine)
    oldest = make_customer(name="amber at first", email="first@mail.example")
    Customer.objects.filter(pk=oldest.pk).update(merged_into=merged)
    for number, who in enumerate((mine.pk, f"id:{oldest.pk}", "first@mail.example", mine.phone, mine.email.upper())):
        archive = dossier(who, tmp_path / f"{number}.zip")
        assert [row["id"] for row in lists(archive)["customer.json/customers"]] == sorted(
            [mine.pk, merged.pk, oldest.pk]
        )


def test_it_names_those_who_may_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "person.zip"
    first, second = make_customer(phone="010 1234 5678"), make_customer(id=1012345678)
    third = make_identity(make_channel("whatsapp"), key=("phone", "201012345678")).customer
    with pytest.raises(CommandError, match=f"any of these: id:{first.pk}, id:{third.pk}, id:{second.pk}. Say which."):
        dossier("01012345678", path)
    with pytest.raises(CommandError, match=f"any of these: id:{first.pk}, id:{third.pk}. Say which."):
        dossier("+201012345678", path)
    for who in ("+201099999999", "nobody@mail.example", "99999999", "id:99999999", "Mona", "", "-1", "9" * 30):
        with pytest.raises(CommandError, match=re.escape(f"There is no customer {who}.")):
            dossier(who, path)
    assert list(tmp_path.iterdir()) == []
    assert len(lists(dossier(f"id:{third.pk}", path))["customer.json/customers"]) == 1
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_customer", str(first.pk), "--output", str(path))


def test_it_is_of_one_moment_and_says_which_files_are_gone(two: tuple[Customer, Customer], tmp_path: Path) -> None:
    mine, _theirs = two
    attachment = Attachment.objects.get(message__conversation__identity__customer=mine)
    default_storage.delete(str(attachment.file.name))
    talk = Conversation.objects.get(identity__customer=mine)
    counted: list[int] = []

    def count() -> None:
        if not counted:  # customers are written, messages are not
            meanwhile(lambda: make_message(talk, text="too late"))
        counted.append(1)

    file = io.BytesIO()
    with snapshot():
        told = write_dossier(file, all_of(mine.pk), count)
    archive = ZipFile(file)
    assert Message.objects.filter(text="too late").exists()
    assert b"too late" not in everything(archive)
    assert len(counted) == sum(told.rows.values()) + 2
    assert told.missing == [f"files/{attachment.pk}-amber-1.pdf"]
    assert told.missing[0] not in archive.namelist()
    assert f"gone from where files are kept:\n    {told.missing[0]}" in archive.read("README.txt").decode()
