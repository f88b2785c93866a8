"""Rules of messages and deliveries that hold whatever code or SQL writes the rows."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.models import Channel, Team
from crm.tests.constraints import broken_by, constraints_of
from crm.tests.factories import make_channel, make_identity, make_user
from messaging.keys import delivery_digest, event_key, message_key
from messaging.models import (
    Attachment,
    AwayReply,
    CannedReply,
    ChannelErrand,
    Conversation,
    ConversationViewer,
    Handoff,
    HandoffKeywords,
    Message,
    MessageEvent,
    MessageTemplate,
    Outgoing,
    WebhookDelivery,
)
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db


def make_delivery(channel: Channel, body: bytes = b"{}") -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        channel=channel, body=body, digest=delivery_digest(body, ""), received_at=NOON, next_attempt_at=NOON
    )


def make_event(channel: Channel) -> MessageEvent:
    return MessageEvent.objects.create(
        channel=channel, kind="edit", event_key=event_key("1"), target_key=message_key("m"), at=NOON, received_at=NOON
    )


def two_open_conversations() -> None:
    identity = make_identity()
    for _ in range(2):
        make_conversation(identity)


def unknown_state_of_a_conversation() -> None:
    make_conversation()
    Conversation.objects.update(status="lost")


def body_twice() -> None:
    channel = make_channel()
    for _ in range(2):
        make_delivery(channel)


def unknown_state_of_a_delivery() -> None:
    make_delivery(make_channel())
    WebhookDelivery.objects.update(status="lost")


def message_twice() -> None:
    conversation = make_conversation()
    for _ in range(2):
        make_message(conversation, external_id="m")


def unknown_direction() -> None:
    make_message()
    Message.objects.update(direction="up")


def event_twice() -> None:
    channel = make_channel()
    for _ in range(2):
        make_event(channel)


def attachment_twice() -> None:
    message = make_message()
    Attachment.objects.bulk_create(
        [Attachment(message=message, type="image"), Attachment(message=message, type="image")]
    )


def handoff(**fields: Any) -> Callable[[], None]:
    """Return the attempt to keep two handoffs of one conversation, the second with these values."""

    def attempt() -> None:
        conversation = make_conversation()
        Handoff.objects.create(conversation=conversation, by="bot", status="cancelled", completed_at=NOON)
        Handoff.objects.create(**{"conversation": conversation, "by": "bot", **fields})

    return attempt


def two_open_handoffs() -> None:
    conversation = make_conversation()
    for _ in range(2):
        Handoff.objects.create(conversation=conversation, by="bot")


def errand_twice() -> None:
    channel = make_channel()
    for _ in range(2):
        ChannelErrand.objects.create(channel=channel, kind="token")


def template_twice() -> None:
    channel = make_channel()
    for _ in range(2):
        MessageTemplate.objects.create(channel=channel, name="order", language="en", status="APPROVED", synced_at=NOON)


def make_outgoing(**fields: Any) -> Outgoing:
    message = make_message(direction="out")
    channel, conversation = message.channel, message.conversation
    return Outgoing.objects.create(
        message=message, channel=channel, conversation=conversation, content="text", **fields
    )


def finished_and_claimed() -> None:
    make_outgoing(sender=1, finished_at=NOON)


def token_twice() -> None:
    make_outgoing(token=make_outgoing().token)


def keywords_twice() -> None:
    HandoffKeywords.objects.all().delete()
    HandoffKeywords.objects.bulk_create([HandoffKeywords(language="en"), HandoffKeywords(language="en")])


def away_reply_twice() -> None:
    message = make_message(direction="out")
    for _ in range(2):
        AwayReply.objects.create(conversation=message.conversation, message=message)


def looking_twice() -> None:
    talk, user = make_conversation(), make_user()
    for _ in range(2):
        ConversationViewer.objects.create(conversation=talk, user=user, seen_at=NOON)


def make_canned(**fields: Any) -> None:
    CannedReply.objects.create(title="Hello", shortcut="hi", text="Hello", **fields)


def canned_twice(whose: str = "") -> Callable[[], None]:
    def attempt() -> None:
        rows: dict[str, Any] = {"owner": make_user(), "team": Team.objects.create(name="A")}
        for _ in range(2):
            make_canned(**({whose: rows[whose]} if whose else {}))

    return attempt


#: By the name in the models; some are known by another in the database, see `KNOWN_AS`.
ATTEMPTS: dict[str, Callable[[], Any]] = {
    "conversation_one_open": two_open_conversations,
    "conversation_status_known": unknown_state_of_a_conversation,
    "delivery_once": body_twice,
    "delivery_status_known": unknown_state_of_a_delivery,
    "message_once": message_twice,
    "message_direction_known": unknown_direction,
    "message_event_once": event_twice,
    "attachment_once": attachment_twice,
    "handoff_one_open": two_open_handoffs,
    "handoff_by_known": handoff(by="fate"),
    "handoff_rating_in_range": handoff(rating=6),
    "handoff_taken_by_somebody": handoff(status="assigned", assigned_at=NOON),
    "handoff_ended_at": handoff(status="lost"),
    "messaging_handoffkeywords.language": keywords_twice,
    "canned_reply_once_for_owner": canned_twice("owner"),
    "canned_reply_once_for_team": canned_twice("team"),
    "canned_reply_once_for_all": canned_twice(),
    "canned_reply_for_owner_or_team": lambda: make_canned(owner=make_user(), team=Team.objects.create(name="A")),
    "outgoing_finished_has_no_sender": finished_and_claimed,
    "messaging_outgoing.token": token_twice,
    "conversation_viewer_once": looking_twice,
    "errand_once": errand_twice,
    "template_once": template_twice,
    "messaging_awayreply.message_id": away_reply_twice,
}
KNOWN_AS = {
    "messaging_handoffkeywords.language": "messaging_handoffkeywords_language_key",
    "messaging_outgoing.token": "messaging_outgoing_token_key",
    "messaging_awayreply.message_id": "messaging_awayreply_message_id_key",
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses(name: str) -> None:
    assert broken_by(ATTEMPTS[name]) == KNOWN_AS.get(name, name)


def test_every_constraint_is_tried() -> None:
    assert constraints_of("messaging") == set(ATTEMPTS)


class TestWhatIsAllowed:
    def test_many_closed_conversations_and_an_open_one(self) -> None:
        identity = make_identity()
        for status in ("closed", "closed", "open"):
            make_conversation(identity, status=status)
        assert identity.conversations.count() == 3

    def test_the_same_id_and_body_on_another_channel(self) -> None:
        for _ in range(2):
            make_message(external_id="m")
            make_delivery(make_channel())
            make_event(make_channel())
        assert Message.objects.filter(external_id="m").count() == 2

    def test_messages_without_an_id(self) -> None:
        make_message()
        make_message()
        assert Message.objects.update(external_key=None) == 2
