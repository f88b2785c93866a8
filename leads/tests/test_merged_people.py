"""Messages of people whose customers a colleague merged, or a payload shows to be one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from crm.merging import merge_customers, undo_merge
from crm.models import Customer, CustomerMerge, Note
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.models import Lead, Outcome
from leads.tests.factories import make_lead
from messaging.ingest.database import database
from messaging.ingest.known_channels import forget_channels
from messaging.models import Conversation
from messaging.tests.webhooks import START, messenger, receive, text_message, whatsapp, whatsapp_text

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
