"""Finding and making the people of a batch, where their keys come together within it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from crm.models import Channel, Customer, Identity
from crm.tests.factories import make_channel, make_customer, make_identity
from messaging.ingest import people
from messaging.ingest.drafts import Person
from messaging.models import Message, WebhookDelivery
from messaging.tests.webhooks import START, drain, post, receive, whatsapp, whatsapp_text

pytestmark = pytest.mark.django_db(transaction=True)

SOON = START // 1000


@pytest.fixture
def number() -> Channel:
    return make_channel("whatsapp", external_id="200")


def statements_for(channel: Channel, phones: list[str]) -> int:
    """Return how many statements it takes to store a message from each phone, all in one delivery."""
    texts = [whatsapp_text(f"wamid.{phone}", {"from": phone}) for phone in phones]
    assert post(channel, whatsapp(channel, messages=texts)).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        drain()
    return len(captured)


def test_many_new_people_cost_as_many_statements_as_one(number: Channel) -> None:
    one = statements_for(number, ["201000000001"])
    assert statements_for(number, [f"20100000001{digit}" for digit in range(9)]) == one
    assert sorted(customer.phone for customer in Customer.objects.all())[0] == "+201000000001"
    assert not Customer.objects.filter(phone_key=None).exists()


@pytest.mark.parametrize("joining_first", [True, False])
def test_whoever_was_one_of_the_joined_follows_within_the_batch(
    number: Channel, caplog: pytest.LogCaptureFixture, joining_first: bool
) -> None:
    old_phone, new_phone, user = {"from": "201000000001"}, {"from": "201000000002"}, {"from_user_id": "EG.7"}
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.1", old_phone)]))
    receive(number, whatsapp(number, messages=[whatsapp_text("wamid.2", new_phone | user, at=SOON + 1)]))
    assert Identity.objects.count() == 2

    # The first by a key of the identity that goes, the second by its other key and one of the identity that stays.
    batch = [
        whatsapp_text("wamid.3", new_phone, at=SOON + 2),
        whatsapp_text("wamid.4", old_phone | user, at=SOON + 3),
    ]
    for text in reversed(batch) if joining_first else batch:
        assert post(number, whatsapp(number, messages=[text])).status_code == 200
    drain()

    assert "taken one by one" not in caplog.text
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"processed"}
    identity = Identity.objects.get()
    assert Message.objects.filter(conversation__identity=identity).count() == 4
    assert Customer.objects.get(merged_into=None) == identity.customer


def test_a_merge_that_was_waited_for_is_noticed() -> None:
    identity, kept = make_identity(), make_customer()
    person = Person(identity.channel_id, identity_id=identity.pk, customer_id=identity.customer_id)
    Identity.objects.update(customer=kept)
    with transaction.atomic():
        people.lock([person])
    assert person.customer_id == kept.pk
