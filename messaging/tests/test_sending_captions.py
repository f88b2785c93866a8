"""A file with a text: one message where the file can bear it, else two in order, each with its own fate."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.tests.factories import make_channel, make_identity
from crm.tests.staff import member
from messaging.channels.outbound import Content
from messaging.models import Conversation, Message, MessageStatus, Outgoing
from messaging.sending.queueing import Draft, caption_of, queue_message
from messaging.simulation.stand_in.journal import digest_of
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.inbox_asking import send
from messaging.tests.sending_world import SendingWorld

TEXT = "The blue one, 300 pounds"
PICTURE = b"\x89PNG\r\n\x1a\n picture"
APART = [("messenger", "image"), ("instagram", "image"), ("whatsapp", "audio"), ("twilio", "audio")]
TOGETHER = [("whatsapp", "image"), ("telegram", "image"), ("telegram", "audio"), ("twilio", "image")]


def draft(file_type: str = "image", text: str = TEXT, answers: Message | None = None) -> Draft:
    file = ContentFile(b"content", name="dress.bin")
    mime_type = f"{file_type}/mp4"
    return Draft(content=Content.MEDIA, text=text, file=file, file_type=file_type, mime_type=mime_type, answers=answers)


def ours(conversation: Conversation) -> list[tuple[str, str, str]]:
    found = Message.objects.filter(conversation=conversation, direction="out").order_by("pk")
    return [(message.type, message.text, MessageStatus(message.status).name) for message in found]


@pytest.mark.parametrize(("platform", "file_type"), APART)
def test_where_a_file_bears_no_text_it_follows_by_itself(world: SendingWorld, platform: str, file_type: str) -> None:
    conversation = world.conversation(platform)
    world.stand_in.manners(reports="drop")
    theirs = make_message(conversation, at=timezone.now())
    message = queue_message(conversation_id=conversation.pk, draft=draft(file_type, answers=theirs), author=None)
    assert ours(conversation) == [(file_type, "", "QUEUED"), ("text", TEXT, "QUEUED")]
    caption = caption_of(message)
    assert caption
    assert (message.reply_to, caption.reply_to) == (theirs.external_id, "")
    world.send()
    assert ours(conversation) == [(file_type, "", "SENT"), ("text", TEXT, "SENT")]
    assert [send["digest"] for send in world.stand_in.sends()] == [digest_of(""), digest_of(TEXT)]
    conversation.refresh_from_db()
    assert conversation.message_count == 2


@pytest.mark.parametrize(("platform", "file_type"), TOGETHER)
def test_where_it_can_bear_one_they_are_one(world: SendingWorld, platform: str, file_type: str) -> None:
    conversation = world.conversation(platform)
    world.stand_in.manners(reports="drop")
    message = queue_message(conversation_id=conversation.pk, draft=draft(file_type), author=None)
    assert caption_of(message) is None
    world.send()
    assert ours(conversation) == [(file_type, TEXT, "SENT")]
    assert [send["digest"] for send in world.stand_in.sends()] == [digest_of(TEXT)]


def test_asked_for_twice_they_are_queued_once(world: SendingWorld) -> None:
    conversation, token = world.conversation("messenger"), uuid4()
    for _time in range(2):
        message = queue_message(conversation_id=conversation.pk, draft=draft(), author=None, token=token)
        assert (message.type, message.outgoing.token) == ("image", token)
    assert len(ours(conversation)) == 2


def test_neither_is_queued_where_one_may_not_be(world: SendingWorld) -> None:
    conversation = world.conversation("instagram")
    with pytest.raises(Exception, match="too long"):
        queue_message(conversation_id=conversation.pk, draft=draft(text="ش" * 501), author=None)
    assert ours(conversation) == []


@pytest.mark.parametrize("kind", ["die", "fail"])
def test_each_has_its_own_fate(world: SendingWorld, kind: str) -> None:
    """What became of the file says nothing of the text, and neither is sent twice."""
    conversation = world.conversation("instagram")
    world.stand_in.manners(reports="drop")
    world.stand_in.trouble(kind, times=1, code="100/2018047")
    queue_message(conversation_id=conversation.pk, draft=draft(), author=None)
    for _time in range(2):
        world.send()
        world.due()
    file_fate = {"die": "UNKNOWN", "fail": "FAILED"}[kind]
    assert ours(conversation) == [("image", "", file_fate), ("text", TEXT, "SENT")]
    assert len(world.stand_in.sends()) == {"die": 2, "fail": 1}[kind]
    assert Outgoing.objects.filter(finished_at=None).count() == 0


@pytest.mark.django_db
def test_the_inbox_shows_both_at_once() -> None:
    now = timezone.now()
    identity = make_identity(make_channel("messenger"), key=("psid", "1"), last_inbound_at=now)
    talk = make_conversation(identity, last_inbound_at=now)
    client = Client()
    client.force_login(member("manager"))
    file = SimpleUploadedFile("dress.png", PICTURE, "image/png")
    html = send(client, talk, content="media", text=TEXT, file=file)["html"]
    numbers = Message.objects.order_by("pk").values_list("pk", flat=True)
    assert len(numbers) == 2
    assert all(f'id="m{number}"' in html for number in numbers)
    assert html.count(TEXT) == 1
