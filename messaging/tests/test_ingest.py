"""From a signed POST to a message in a conversation."""

import pytest

from crm.models import Customer, Identity
from crm.tests.factories import make_channel
from messaging.models import Conversation, Message, MessageStatus, WebhookDelivery
from messaging.tests.webhooks import drain, messenger, post, text_message

pytestmark = pytest.mark.django_db(transaction=True)




def test_a_message_becomes_a_customer_a_conversation_and_a_message() -> None:
    channel = make_channel("messenger")
    assert post(channel, messenger(channel, text_message("m_1", "مرحبا"))).status_code == 200
    assert drain() == 1

    message = Message.objects.get()
    assert (message.text, message.direction, message.status) == ("مرحبا", "in", MessageStatus.RECEIVED)
    assert message.conversation.identity.customer == Customer.objects.get()
    assert (message.conversation.unread_count, message.conversation.message_count) == (1, 1)
    assert message.conversation.waiting_since == message.at == Identity.objects.get().last_inbound_at
    assert WebhookDelivery.objects.get().status == "processed"
