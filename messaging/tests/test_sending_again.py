"""Sending again: under the rules of a first sending, and also what the platform took and could not deliver."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Customer, Identity
from crm.tests.api_client import Program
from crm.tests.staff import member
from messaging.bots import BotHasIt
from messaging.channels import ADAPTERS
from messaging.channels.outbound import Content, Reason
from messaging.models import Conversation, Message, MessageStatus, Outgoing
from messaging.models.outgoing import REASONS
from messaging.sending.deciding import send_again
from messaging.sending.queueing import queue_message
from messaging.sending.refusals import Refused
from messaging.simulation.stand_in.whatsapp import status
from messaging.tests.inbox_asking import url_of
from messaging.tests.sending_world import SendingWorld, drafts, players
from messaging.tests.webhooks import post

OUTDATED = timedelta(hours=25)


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def refused_once(world: SendingWorld, conversation: Conversation) -> Message:
    world.stand_in.manners(reports="drop")
    message = world.queue(conversation, "300 pounds")
    Outgoing.objects.filter(pk=message.pk).update(finished_at=timezone.now(), reason=Reason.REFUSED.value)
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.FAILED)
    return message


def undelivered(world: SendingWorld, conversation: Conversation, code: str, draft: Any = None) -> Message:
    """Return a message that the platform took and then reported as failed with a code."""
    world.stand_in.manners(reports="drop")
    if draft is None:
        message = world.queue(conversation, "300 pounds")
    else:
        message = queue_message(conversation_id=conversation.pk, draft=draft, author=None)
    world.send()
    report(world, fresh(message), code)
    assert fresh(message).status == MessageStatus.FAILED
    return fresh(message)


def report(world: SendingWorld, message: Message, code: str) -> None:
    account = next(one for one in players() if one.platform == "whatsapp")
    item = {"id": message.external_id, "status": "failed", "timestamp": "1790000000",
            "recipient_id": message.conversation.identity.keys.get().value,
            "biz_opaque_callback_data": message.outgoing.token.hex,
            "errors": [{"code": int(code), "title": "Failed"}]}  # fmt: skip
    assert post(message.channel, orjson.loads(status(account, item).body)).status_code == 200
    world.ingest()


def ours(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation=conversation, direction="out").order_by("pk"))


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(member("manager"))
    return found


def offers(client: Client, conversation: Conversation) -> set[str]:
    page = client.get(url_of("talk", conversation.pk)).content.decode()
    buttons = {"again": 'data-talk-decide="again"', "anew": "data-talk-anew"}
    return {name for name, mark in buttons.items() if mark in page}


def test_a_bot_that_has_the_conversation_keeps_people_from_sending_again(world: SendingWorld) -> None:
    conversation = world.conversation("telegram")
    message = refused_once(world, conversation)
    Conversation.objects.update(bot_owned=True)
    with pytest.raises(BotHasIt):
        send_again(message_id=message.pk)
    assert fresh(message).status == MessageStatus.FAILED


@pytest.mark.parametrize("change", ["window", "blocked", "closed for a newer one"])
def test_what_forbids_a_first_sending_forbids_the_second(world: SendingWorld, change: str) -> None:
    conversation = world.conversation("whatsapp")
    message = refused_once(world, conversation)
    if change == "window":
        Identity.objects.update(last_inbound_at=timezone.now() - OUTDATED)
    elif change == "blocked":
        Customer.objects.update(blocked=True)
    else:
        Conversation.objects.filter(pk=conversation.pk).update(status="closed", closed_at=timezone.now())
        now = timezone.now()
        Conversation.objects.create(
            identity=conversation.identity, channel=conversation.channel, started_at=now, last_activity_at=now
        )
    with pytest.raises(Refused):
        send_again(message_id=message.pk)
    assert fresh(message).status == MessageStatus.FAILED


def test_a_closed_conversation_is_open_again(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    message = refused_once(world, conversation)
    Conversation.objects.filter(pk=conversation.pk).update(status="closed", closed_at=timezone.now())
    assert send_again(message_id=message.pk)
    conversation.refresh_from_db()
    assert conversation.status == "open"


def test_a_private_answer_to_a_comment_is_over_after_its_days(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    draft = drafts(conversation)[Content.PRIVATE_REPLY]()
    world.stand_in.trouble("hang_up", times=1)
    message = queue_message(conversation_id=conversation.pk, draft=draft, author=None)
    world.send()
    assert fresh(message).status == MessageStatus.UNKNOWN
    comment = Message.objects.filter(conversation=conversation).exclude(comment_id="").exclude(direction="out")
    comment.update(at=timezone.now() - timedelta(days=8))
    with pytest.raises(Refused, match="seven days"):
        send_again(message_id=message.pk)
    comment.update(at=timezone.now())
    assert send_again(message_id=message.pk)


def test_what_was_not_delivered_is_said_anew_once_and_the_first_stays(world: SendingWorld, client: Client) -> None:
    conversation = world.conversation("whatsapp")
    first = undelivered(world, conversation, "131026")
    page = client.get(url_of("talk", conversation.pk)).content.decode()
    assert "The platform cannot reach them" in page
    for _time in range(2):
        assert client.post(url_of("decide", first.pk, "again")).status_code == 200
    assert "It was sent again." in client.get(url_of("talk", conversation.pk)).content.decode()
    assert offers(client, conversation) == set()
    world.send()
    kept, second = ours(conversation)
    assert (kept.status, kept.external_id) == (MessageStatus.FAILED, first.external_id)
    assert (second.text, second.status) == (first.text, MessageStatus.SENT)
    report(world, kept, "131026")  # told twice, which is nothing to the second
    assert fresh(second).status == MessageStatus.SENT
    assert [send["id"] for send in world.stand_in.sends()] == [first.external_id, second.external_id]


def test_a_file_and_what_it_answers_go_along(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    known = drafts(conversation)
    file = undelivered(world, conversation, "131000", known[Content.MEDIA]())
    answer = undelivered(world, conversation, "131000", known[Content.TEXT]())
    for message in (file, answer):
        assert send_again(message_id=message.pk)
    world.send()
    *_, second_file, second_answer = ours(conversation)
    assert [one.status for one in (second_file, second_answer)] == [MessageStatus.SENT] * 2
    assert second_file.attachments.get().file.read() == b"picture"
    assert second_file.attachments.get().file.name != file.attachments.get().file.name
    assert second_answer.reply_to == answer.reply_to != ""


def test_a_file_that_is_gone_is_not_sent_again(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    file = undelivered(world, conversation, "131000", drafts(conversation)[Content.MEDIA]())
    kept = file.attachments.get().file
    kept.storage.delete(str(kept.name))
    with pytest.raises(Refused, match="no longer here"):
        send_again(message_id=file.pk)
    assert len(ours(conversation)) == 1


@pytest.mark.parametrize(
    ("code", "words", "buttons"),
    [
        ("131026", "The platform cannot reach them", {"again"}),
        ("131000", "The platform could not deliver it. Send it again.", {"again"}),
        ("131047", "reply window has closed", {"anew"}),
        ("131049", "The platform held it back", set()),
        ("131050", "They do not want messages from us.", set()),
        ("131053", "The platform does not take this content.", {"anew"}),
        ("199999", "The platform did not deliver it (199999).", {"again"}),
    ],
)
def test_a_failure_that_comes_later_says_what_to_do(
    world: SendingWorld, client: Client, code: str, words: str, buttons: set[str]
) -> None:
    conversation = world.conversation("whatsapp")
    message = undelivered(world, conversation, code)
    assert words in client.get(url_of("talk", conversation.pk)).content.decode()
    assert offers(client, conversation) == buttons
    assert words in Program(member("seller")).get(f"/api/v1/messages/{message.pk}/").json()["failure"]


def test_what_was_held_back_or_late_can_be_sent_again_when_it_may_pass(world: SendingWorld, client: Client) -> None:
    held, late = world.conversation("whatsapp"), world.conversation("whatsapp")
    undelivered(world, held, "131049")
    undelivered(world, late, "131047")
    Message.objects.update(at=timezone.now() - OUTDATED)
    Identity.objects.update(last_inbound_at=timezone.now())
    assert offers(client, held) == offers(client, late) == {"again"}


def test_every_code_of_a_failure_has_words() -> None:
    told = {reason for adapter in ADAPTERS.values() for reason in adapter.ABILITIES.failures.values()}
    assert told <= set(REASONS)
    assert set(Reason) == set(REASONS)
