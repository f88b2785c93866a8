"""`manage.py seed_demo`: believable rows that mean what the models say, and no trace of them afterwards."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from campaigns.models import AdCampaign, Post
from crm.models import Channel, Customer, Identity, IdentityKey
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from messaging.keys import message_key
from messaging.models import Attachment, Conversation, Message, MessageStatus
from messaging.simulation.check import CONVERSATIONS
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db(transaction=True)


def seed(*words: str) -> str:
    output = io.StringIO()
    call_command("seed_demo", *words, stdout=output)
    return output.getvalue()


def row_counts() -> dict[str, int]:
    """Count the rows of all tables but those that only ever grow, and those that migrations fill."""
    tables = set(connection.introspection.table_names())
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table in tables and not model._meta.model_name.endswith("history")  # type: ignore[union-attr]
    ]
    return {model._meta.db_table: model._default_manager.count() for model in models}


def test_it_adds_exactly_so_many_and_they_fit_together() -> None:
    make_user()
    assert "40 customers with 900 messages" in seed("--customers", "40", "--messages", "900", "--seed", "s")

    assert Customer.objects.count() == 40
    assert Message.objects.count() == 900
    assert set(Channel.objects.values_list("platform", flat=True)) == {
        "messenger", "instagram", "whatsapp", "telegram", "twilio",
    }  # fmt: skip
    assert Post.objects.exists()
    assert AdCampaign.objects.exists()
    assert Attachment.objects.exists()
    assert Customer.objects.filter(owner__isnull=False).exists()
    assert {"direct", "ad", "comment", "referral"} <= set(Message.objects.values_list("source", flat=True))
    assert not Message.objects.filter(direction="in").exclude(status=MessageStatus.RECEIVED).exists()
    assert not Message.objects.filter(direction="out", status=MessageStatus.RECEIVED).exists()
    assert not Message.objects.filter(at__gt=timezone.now()).exists()
    assert not Message.objects.filter(source="comment").exclude(type="comment", post__isnull=False).exists()


def test_counters_mean_what_the_model_says() -> None:
    seed("--customers", "60", "--messages", "1500")
    with connection.cursor() as cursor:
        cursor.execute(
            CONVERSATIONS, [list(Channel.objects.values_list("pk", flat=True)), timezone.now() - timedelta(999)]
        )
        assert cursor.fetchall() == []
    assert Conversation.objects.unread().exists()
    assert Conversation.objects.waiting_longest().exists()
    assert Conversation.objects.filter(status="closed", closed_at__isnull=False).exists()
    for identity in Identity.objects.all():
        private = identity.conversations.model.objects.filter(identity=identity)
        messages = Message.objects.filter(conversation__in=private, direction="in").exclude(type="comment").in_order()
        times = list(messages.values_list("at", flat=True))
        assert identity.first_inbound_at == (times[0] if times else None)
        assert identity.last_inbound_at == (times[-1] if times else None)
    for customer in Customer.objects.all():
        newest = Message.objects.filter(conversation__identity__customer=customer).latest("at")
        assert customer.last_message_at == newest.at


def test_what_is_encrypted_can_be_read_and_found() -> None:
    seed("--customers", "20", "--messages", "40")
    with_phone = [customer for customer in Customer.objects.all() if customer.phone]
    assert with_phone
    for customer in with_phone:
        assert re.fullmatch(r"\+\d{11,14}", customer.phone)
        assert customer in Customer.objects.matching(customer.phone)
    assert all(key.value.isdigit() for key in IdentityKey.objects.all())
    message = Message.objects.first()
    assert message
    assert bytes(message.external_key or b"") == message_key(message.external_id)


def test_the_same_seed_says_the_same_at_the_same_time_before_now() -> None:
    def told() -> list[tuple[str, float]]:
        rows = Message.objects.order_by("id").values_list("text", "at")
        newest = max(at for _, at in rows)
        return [(text, round((newest - at).total_seconds(), 3)) for text, at in rows]

    seed("--customers", "10", "--messages", "120", "--seed", "one")
    first = told()
    seed("--remove")
    seed("--customers", "10", "--messages", "120", "--seed", "one")
    assert told() == first
    seed("--remove")
    seed("--customers", "10", "--messages", "120", "--seed", "two")
    assert told() != first


def test_texts_vary_and_come_in_three_languages() -> None:
    seed("--customers", "80", "--messages", "800")
    assert set(Customer.objects.values_list("language", flat=True)) == {"ar", "en", "pt"}
    texts = Message.objects.filter(direction="in", type="text").values_list("text", flat=True)
    assert len(set(texts)) > len(texts) * 0.6
    assert Message.objects.containing("الفستان").exists()


def test_another_run_adds_more() -> None:
    seed("--customers", "15", "--messages", "60")
    seed("--customers", "15", "--messages", "60")
    assert Customer.objects.count() == 30
    assert Message.objects.count() == 120
    assert Channel.objects.count() == 5


def test_runs_at_the_same_moment_share_no_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    for _ in range(2):
        seed("--customers", "15", "--messages", "60", "--seed", "same")
    assert Customer.objects.count() == 30
    assert Message.objects.values("external_id").distinct().count() == 120
    comments = Message.objects.exclude(comment_id="").values_list("comment_id", flat=True)
    assert len(set(comments)) == len(comments) > 0


def test_another_run_after_some_people_were_erased_shares_no_ids_with_those_who_stayed() -> None:
    seed("--customers", "200", "--messages", "200", "--seed", "same")
    erased = list(IdentityKey.objects.order_by("pk").values_list("pk", flat=True)[:120])
    IdentityKey.objects.filter(pk__in=erased).delete()
    seed("--customers", "200", "--messages", "200", "--seed", "same")
    assert Customer.objects.count() == 400
    assert IdentityKey.objects.count() == Identity.objects.count() - len(erased)


def test_removing_leaves_exactly_what_was_there_before() -> None:
    own = make_channel("messenger", slug="demo-shop")  # somebody's own channel, whatever its slug
    message = make_message(make_conversation(make_identity(own)))
    call_command("rollup_metrics", "--from", message.at.date().isoformat(), stdout=io.StringIO())
    before = row_counts()
    seed("--customers", "25", "--messages", "300")
    assert row_counts() != before

    assert "Removed" in seed("--remove")

    assert row_counts() == before
    assert Message.objects.get() == message
    assert "Removed 0 rows" in seed("--remove")


def test_a_customer_who_also_wrote_elsewhere_stays() -> None:
    seed("--customers", "5", "--messages", "20")
    shared = Customer.objects.order_by("pk").first()
    assert shared
    elsewhere = make_message(make_conversation(make_identity(customer=shared)))
    merged_into = Customer.objects.order_by("pk").last()
    gone = make_customer(name="Ana")
    gone.merged_into = merged_into
    gone.save()

    seed("--remove")

    assert set(Customer.objects.all()) == {shared, merged_into, gone}
    assert Message.objects.get() == elsewhere


def test_every_table_that_points_at_the_demonstration_is_thought_of() -> None:
    """What other apps keep about a customer or message goes too: here notes, consents and tags."""
    seed("--customers", "5", "--messages", "20")
    customer = Customer.objects.first()
    assert customer
    customer.notes.create(text="Call back")
    customer.consents.create(granted=False, source="staff", at=timezone.now())
    customer.tags.create(name="Regular")

    seed("--remove")

    assert not Customer.objects.exists()
    assert Customer.tags.through.objects.count() == 0


@pytest.mark.parametrize(("customers", "messages"), [("0", "5"), ("5", "4"), ("-1", "3")])
def test_senseless_numbers_are_refused(customers: str, messages: str) -> None:
    with pytest.raises(CommandError, match="at least one"):
        seed("--customers", customers, "--messages", messages)


def test_memory_stays_flat(monkeypatch: Any) -> None:
    """Rows are written as they are made: never more than one load of messages is held."""
    monkeypatch.setattr("messaging.demo.writing.MESSAGES_AT_ONCE", 50)
    most = 0
    from messaging.demo.writing import Writer

    flush = Writer.flush

    def watched(self: Writer) -> int:
        nonlocal most
        most = max(most, len(self.rows["messaging_message"]))
        return flush(self)

    monkeypatch.setattr(Writer, "flush", watched)
    seed("--customers", "3", "--messages", "2000")
    assert 0 < most < 50 + 200  # a load, and at most one more conversation
