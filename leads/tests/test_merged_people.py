"""Messages of people whose customers a colleague merged, or a payload shows to be one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.db.models import Max
from django.utils import timezone

from crm.drains import run_once
from crm.merging import MergeRefused, merge_customers, undo_merge
from crm.models import Customer, CustomerMerge, Note, User
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.models import Lead, Outcome
from leads.tests.factories import make_lead
from leads.tests.test_merging import in_parallel
from messaging.ingest.database import database
from messaging.ingest.drain import DeliveryDrain
from messaging.ingest.known_channels import forget_channels
from messaging.models import Conversation, Message
from messaging.tests.webhooks import START, drain, messenger, post, receive, text_message, whatsapp, whatsapp_text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_intake() -> Iterator[None]:
    """Leave no channel remembered and no connection of the intake behind."""
    forget_channels()
    yield
    database.close()


def test_the_next_message_lands_with_the_one_who_stays_and_after_undoing_with_its_writer() -> None:
    channel, boss = make_channel("messenger", external_id="100"), make_user()
    receive(channel, messenger(channel, text_message("m-1", "Hello", psid="501")))
    merged = Customer.objects.get()
    kept = make_customer(name="Mona")
    record = merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss)
    now = timezone.now().replace(microsecond=0)
    receive(channel, messenger(channel, text_message("m-2", "Still me", psid="501", at=int(now.timestamp()) * 1000)))
    talk = Conversation.objects.get()
    assert (talk.identity.customer, talk.message_count) == (kept, 2)
    undo_merge(merge_id=record.pk, by=boss)
    talk = Conversation.objects.get()
    assert talk.identity.customer == merged
    assert talk.identity.customer.last_message_at == now
    assert Customer.objects.count() == 2


def test_while_messages_come_in_customers_are_merged_and_parted_and_none_lose_any() -> None:
    channel, boss = make_channel("messenger", external_id="100"), make_user()
    people = [str(number) for number in range(501, 517)]
    receive(channel, *(messenger(channel, text_message(f"m-{psid}", "Hello", psid=psid)) for psid in people))
    customers = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    pairs = list(zip(customers[::2], customers[1::2], strict=True))
    now = int(timezone.now().timestamp()) * 1000
    for more in range(4):
        for psid in people:
            post(channel, messenger(channel, text_message(f"m-{psid}-{more}", "Still me", psid=psid, at=now + more)))

    failures = in_parallel(
        lambda: run_once({"deliveries": DeliveryDrain(batch_size=3)}),
        lambda: run_once({"deliveries": DeliveryDrain(batch_size=3)}),
        lambda: merge_all_and_part_half(pairs, boss),
    )
    drain()
    assert not failures
    assert Message.objects.count() == 5 * len(people)
    kept = {merged: kept for place, (kept, merged) in enumerate(pairs) if place % 2}
    for customer in Customer.objects.all():
        written = Message.objects.filter(conversation__identity__customer=customer)
        assert written.count() == (0 if customer.pk in kept else 10 if customer.pk in kept.values() else 5)
        assert customer.merged_into_id == kept.get(customer.pk)
        newest = customer.identities.aggregate(newest=Max("last_inbound_at"))["newest"]
        assert newest is None or customer.last_message_at == newest
    assert {talk.message_count for talk in Conversation.objects.all()} == {5}


def merge_all_and_part_half(pairs: list[tuple[int, int]], boss: User) -> None:
    for place, (kept, merged) in enumerate(pairs):
        record = until_done(lambda k=kept, m=merged: merge_customers(kept_id=k, merged_id=m, by=boss))  # type: ignore[misc]  # of this turn
        if place % 2 == 0:
            until_done(lambda number=record.pk: undo_merge(merge_id=number, by=boss))  # type: ignore[misc]  # as above


def until_done(work: Callable[[], CustomerMerge]) -> CustomerMerge:
    """Try again as a colleague would who is told that somebody is writing at the same moment."""
    while True:
        try:
            return work()
        except MergeRefused as refused:
            assert "Try again" in str(refused)


def test_leads_notes_and_numbers_go_along_where_a_payload_shows_two_to_be_one() -> None:
    number = make_channel("whatsapp", external_id="200")
    soon = START // 1000
    old_phone, user = {"from": "201000000001"}, {"from_user_id": "EG.7"}
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.1", old_phone)]))
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.2", user, at=soon + 1)]))
    older, younger = Customer.objects.order_by("pk")
    opened = datetime.fromtimestamp(soon, UTC)
    leads = [make_lead(customer, opened_at=opened) for customer in (younger, older)]
    Note.objects.create(customer=younger, text="Asked twice")
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.3", old_phone | user, at=soon + 2)]))

    kept = Customer.objects.get(merged_into=None)
    assert (kept, kept.notes.count()) == (older, 1)
    merge = CustomerMerge.objects.get()
    assert (merge.kept, merge.merged, merge.by) == (older, younger, None)
    assert Lead.objects.open().get().customer == kept
    assert set(Lead.objects.values_list("pk", "customer", "outcome")) == {
        (leads[0].pk, kept.pk, ""),
        (leads[1].pk, kept.pk, Outcome.MERGED),
    }


def test_a_customer_known_elsewhere_as_well_is_not_merged_by_a_payload() -> None:
    number = make_channel("whatsapp", external_id="200")
    soon = START // 1000
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.1", {"from": "201000000001"})]))
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.2", {"from_user_id": "EG.7"}, at=soon + 1)]))
    make_identity(customer=Customer.objects.order_by("pk")[1])
    both = {"from": "201000000001", "from_user_id": "EG.7"}
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.3", both, at=soon + 2)]))
    assert Customer.objects.filter(merged_into=None).count() == 2
    assert not CustomerMerge.objects.exists()
