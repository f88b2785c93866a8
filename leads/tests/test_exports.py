"""`manage.py export`: every table that there is, its figures against the rows, what is dangerous or personal, and where it goes."""

import csv
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pgtrigger
import psycopg
import pytest
from django.core.exceptions import FieldDoesNotExist
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import CharField, Model, TextField, Value
from django.db.models.functions import Cast, Concat, Left
from django.utils import timezone

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm.encrypted_fields import MARK
from crm.exports import Column, Table, tables
from crm.models import Customer
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from crm.transfer.cells import outgoing
from leads.models import Lead, LeadActivity, Qualification
from leads.tests.factories import make_lead
from leads.tests.whole_world import make_whole_world
from messaging.models import Conversation, Handoff, Message, MessageStatus
from messaging.tests.factories import NOON, make_conversation, make_message
from messaging.tests.installation import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(4)]
DANGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "x;=", " ＝")
OF_CURRENCIES = 3
SECRET = "مريم;-1+2\n=A1"


class Piped:
    """Standard output that is read by another program."""

    def __init__(self) -> None:
        self.content = io.BytesIO()
        self.stream = io.TextIOWrapper(self.content, write_through=True)


def exported(table: str, *words: str) -> bytes:
    """Return what a program that reads the export gets."""
    piped = Piped()
    call_command("export", table, *words, stdout=piped.stream)
    return piped.content.getvalue()


def objects(table: str, *words: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in exported(table, "--format", "json", *words).splitlines()]


def cells(table: str, *words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(table, *words).decode("utf-8-sig"), newline="")))


def text_of(table: Table, column: Column) -> tuple[type[Model], Any] | None:
    """Return the model and the field that a column is read from, where that holds free text."""
    model: Any = table.rows().model
    *way, last = str(column.source or column.name).split("__")
    try:
        for step in way:
            model = model._meta.get_field(step).related_model
        field = model._meta.get_field(last)
    except FieldDoesNotExist:  # an expression
        return None
    is_text = isinstance(field, CharField | TextField) and not field.choices and field.max_length != OF_CURRENCIES
    return (model, field) if is_text else None


def write_into(columns: Callable[[Column], bool], beginning: str) -> None:
    """Let all texts of these columns begin so, whatever table they stand in."""
    for table in tables().values():
        for column in filter(columns, table.columns):
            if found := text_of(table, column):
                model, field = found
                text = Concat(Value(f"{beginning}cmd"), Cast("pk", TextField()))
                with pgtrigger.ignore("leads.LeadActivity:append_only"):
                    model._default_manager.update(**{field.name: Left(text, field.max_length or 100)})


@pytest.fixture
def world() -> dict[str, Any]:
    """A row of each table at least, with every text column filled."""
    world = make_whole_world()
    customer = world["crm.Customer"]
    customer.set_phone(SECRET)
    customer.set_email(SECRET)
    customer.save()
    customer.tags.add(world["crm.Tag"])
    post, ad, team = world["campaigns.Post"], world["campaigns.AdCampaign"], world["crm.Team"]
    Lead.objects.update(first_post=post, first_ad=ad, last_post=post, last_ad=ad, team=team)
    for model in (Conversation, Handoff, Qualification):
        model.objects.update(team=team)
    AdCampaign.objects.update(post=post)
    PerformanceMetric.objects.create(post=post, day=NOON.date())
    LeadActivity.objects.create(customer=customer, kind="note", by="person", actor=world["crm.User"], old="1", new="2")
    return world


def test_every_row_and_every_value_is_there(world: dict[str, Any]) -> None:
    for name, table in tables().items():
        rows = list(table.rows().order_by("pk"))
        found = objects(name)
        assert [row["id"] for row in found] == [row.pk for row in rows] != []
        for column in table.columns:
            if isinstance(column.source, str) and not column.read:
                way = (column.source or column.name).split("__")
                assert [row[column.name] for row in found] == [plain(value_at(row, way)) for row in rows], column
    talk = {row["id"]: row for row in objects("messages")}
    for message in Message.objects.all():
        assert talk[message.pk]["status"] == MessageStatus(message.status).name.lower()
    [tagged] = [row for row in objects("customers") if row["tags"]]
    assert (tagged["id"], tagged["tags"], tagged["phone"]) == (world["crm.Customer"].pk, world["crm.Tag"].name, SECRET)


def value_at(row: Any, way: list[str]) -> Any:
    for step in way:
        row = getattr(row, step) if row is not None else None
    return row


def plain(value: Any) -> Any:
    """Return a value as JSON tells it."""
    return orjson.loads(orjson.dumps(value, default=str))


def test_a_message_and_a_lead_say_whose_they_are_and_what_brought_them() -> None:
    channel = make_channel("instagram", slug="shop")
    post = Post.objects.create(channel=channel, external_id="p1", title="Lamps", first_seen_at=NOON)
    others = {"channel": channel, "first_seen_at": NOON}
    ad = AdCampaign.objects.create(ad_id="a1", title="Sale", campaign_id="c1", campaign_name="Spring", **others)
    later = AdCampaign.objects.create(ad_id="a2", campaign_name="Summer", **others)
    mona = make_customer(name="Mona")
    talk = make_conversation(make_identity(channel, customer=mona))
    staff = make_user("staff@shop.example")
    message = make_message(
        talk, direction="out", type="text", text="بكام؟", status=5, source="ad", ad=ad, post=post, author=staff
    )
    lead = make_lead(
        mona, first_ad=ad, first_post=post, first_source="ad", last_ad=later, last_source="ad", owner=staff
    )
    [said] = objects("messages")
    assert said == {
        "id": message.pk, "at": "2026-05-04T12:00:00+00:00", "conversation_id": talk.pk, "customer_id": mona.pk, "customer": "Mona",
        "channel": "shop", "platform": "instagram", "direction": "out", "kind": "text", "text": "بكام؟", "status": "failed",
        "automated": False, "author_id": staff.pk, "author": "staff@shop.example", "source": "ad", "post_id": "p1",
        "post": "Lamps", "ad_id": "a1", "ad": "Sale", "campaign": "Spring", "intent": "", "sentiment": "", "edited_at": None,
        "unsent_at": None,
    }  # fmt: skip
    [found] = objects("leads")
    brought = {name: found[name] for name in found if name.startswith(("first_", "last_")) and not name.endswith("_at")}
    assert brought == {
        "first_source": "ad", "first_post_id": "p1", "first_ad_id": "a1", "first_campaign": "Spring",
        "last_source": "ad", "last_post_id": None, "last_ad_id": "a2", "last_campaign": "Summer",
    }  # fmt: skip
    assert (found["id"], found["customer"], found["stage"], found["owner"]) == (lead.pk, "Mona", "intake", staff.email)


def test_what_cannot_be_written_or_read_as_text_does_not_stop_it() -> None:
    make_customer(name="Mona", email="a\ud800@mail.example", phone="+201012345678")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_customer SET phone = 'sealed by somebody else'")
    [row], [line] = objects("customers"), cells("customers")
    assert (row["email"], line["email"]) == ("a\ufffd\ufffd\ufffd@mail.example", "a@mail.example")
    assert row["phone"] == line["phone"] == MARK


def test_no_cell_begins_what_a_spreadsheet_would_run(world: dict[str, Any]) -> None:
    seen = set()
    for danger in DANGERS:
        write_into(lambda column: True, danger)
        for name in tables():
            for row, values in zip(cells(name), objects(name), strict=True):
                for column, cell in row.items():
                    assert cell == outgoing(as_text(values[column])), (name, column)
                    if isinstance(values[column], str) and values[column].startswith(f"{danger}cmd"):
                        assert not cell.lstrip(" ").startswith(tuple("=+-@\t\r\n＝"))
                        assert ";=" not in cell
                        seen.add((name, column))
    assert seen == {
        (name, column.name) for name, table in tables().items() for column in table.columns if text_of(table, column)
    }


def as_text(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


#: Free texts that are told also without what is personal: they are ours or the platforms', and of nobody.
OF_NOBODY = {
    "customers": {"language", "tags"},
    "consents": {"channel"},
    "messages": {"channel", "kind", "post_id", "post", "ad_id", "ad", "campaign", "intent", "sentiment"},
    "conversations": {"channel", "team"},
    "handoffs": {"team"},
    "leads": {"stage", "team", "first_post_id", "first_ad_id", "first_campaign", "last_post_id", "last_ad_id", "last_campaign"},
    "activities": {"old", "new"},
    "qualifications": {"team"},
    "interests": {"product", "sku"},
    "posts": {"channel", "post_id", "title", "url", "media_type"},
    "ads": {
        "channel", "ad_id", "title", "body", "url", "post_id", "ad_set_id", "ad_set", "campaign_id", "campaign",
    },
    "spend": {"ad_id", "ad", "campaign", "post_id", "post"},
}  # fmt: skip


def test_nothing_personal_where_that_is_asked(world: dict[str, Any]) -> None:
    for name, table in tables().items():
        told = table.columns_for(personal=False)
        assert {column.name for column in told if text_of(table, column)} - OF_NOBODY[name] == set()
    write_into(lambda column: column.personal, "private")
    for name, table in tables().items():
        if any(column.personal for column in table.columns):
            assert b"private" in exported(name)
        for ending in ("csv", "json"):
            content = exported(name, "--no-personal", "--format", ending)
            assert content.count(b"\n") >= 1
            for word in (b"private", b"@shop.example", b"\xd9\x85\xd8\xb1\xd9\x8a\xd9\x85"):
                assert word not in content, (name, word)


def test_days_are_those_of_the_business_from_midnight_to_midnight() -> None:
    midnight = datetime(2026, 5, 4, tzinfo=timezone.get_default_timezone())  # 21:00 UTC of the day before
    moments = [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=1, microseconds=-1)]
    before, first, last, after = [make_message(at=at).pk for at in (*moments, midnight + timedelta(days=1))]
    for words, expected in (
        (["--from", "2026-05-04", "--to", "2026-05-04"], [first, last]),
        (["--from", "2026-05-04"], [first, last, after]),
        (["--to", "2026-05-04"], [before, first, last]),
        ([], [before, first, last, after]),
    ):
        assert [row["id"] for row in objects("messages", *words)] == expected
    ad = AdCampaign.objects.create(channel=make_channel(), ad_id="1", first_seen_at=NOON)
    for day in ("2026-05-03", "2026-05-04", "2026-05-05"):
        PerformanceMetric.objects.create(ad=ad, day=day, spend="1234567890.10", currency="EGP")
    [spent] = objects("spend", "--from", "2026-05-04", "--to", "2026-05-04")
    assert (spent["day"], spent["spend"]) == ("2026-05-04", "1234567890.10")


def test_it_says_what_it_cannot_do(tmp_path: Path) -> None:
    make_customer()
    for words, why in (
        (["orders"], "invalid choice: 'orders'"),
        (["customers", "--format", "xml"], "invalid choice: 'xml'"),
        (["customers", "--from", "2026-02-30"], "2026-02-30 is not a day, such as 2026-05-31"),
        (["customers", "--from", "2026-05-02", "--to", "2026-05-01"], "From 2026-05-02 to 2026-05-01 there is no day."),
        (["customers", "--output", str(tmp_path)], "is a folder"),
        (["customers", "--output", str(tmp_path / "no" / "file")], "No such file or directory"),
    ):
        with pytest.raises(CommandError, match=why):
            exported(*words)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_for_its_owner_and_is_not_written_over_unasked(tmp_path: Path) -> None:
    make_customer(name="Mona")
    path = tmp_path / "customers.csv"
    words = ["--output", str(path)]
    assert exported("customers", *words) == f"1 customers in {path}.\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfid,name,")
    make_customer(name="Ana")
    with pytest.raises(CommandError, match="is there already"):
        exported("customers", *words)
    assert path.read_bytes() == written
    exported("customers", *words, "--force")
    assert b"Ana" in path.read_bytes()
    (tmp_path / "customers.csv.partial").write_bytes(b"another's")
    with pytest.raises(CommandError, match="another export writes it"):
        exported("customers", *words, "--force")
    assert (tmp_path / "customers.csv.partial").read_bytes() == b"another's"


@contextmanager
def table_locked(name: str) -> Iterator[psycopg.Connection[Any]]:
    """Keep everybody from reading a table; yield a connection that can look who waits."""
    parameters: Any = connection.get_connection_params()
    plain = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    with psycopg.connect(**plain) as holder, psycopg.connect(**plain, autocommit=True) as other:
        holder.execute(f"LOCK TABLE {name}")
        yield other
        holder.rollback()


WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("end", ["SIGTERM", "The database"])
def test_an_export_that_is_interrupted_leaves_no_file(end: str, tmp_path: Path) -> None:
    make_message()
    partial = tmp_path / "messages.json.partial"
    with table_locked("messaging_message") as other:

        def interrupt() -> None:
            [pid] = wait_until(lambda: other.execute(WAITING).fetchone(), "the export to wait")
            seen.append(partial.exists())
            if end == "SIGTERM":
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                other.execute("SELECT pg_cancel_backend(%s)", [pid])

        seen: list[bool] = []
        interrupter = threading.Thread(target=interrupt)
        interrupter.start()
        with pytest.raises(CommandError, match=end) as raised:
            exported("messages", "--format", "json", "--output", str(tmp_path / "messages.json"))
        interrupter.join()
    assert seen == [True]
    assert list(tmp_path.iterdir()) == []
    assert raised.value.returncode == (143 if end == "SIGTERM" else 1)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_reader_who_has_seen_enough_ends_it_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    make_message()
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stream:
        call_command("export", "messages", stdout=stream)
    assert capfd.readouterr() == ("", "")


def test_of_somebody_erased_no_row_is_exported() -> None:
    erased, other = make_customer(name="Gone"), make_customer(name="Here")
    Customer.objects.filter(pk=erased.pk).update(erased_at=timezone.now(), name="")
    assert [row["id"] for row in objects("customers")] == [other.pk]
