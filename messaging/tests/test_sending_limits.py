"""How long a text may be: as each platform counts, before it is queued, and where texts are written that are sent later."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.forms import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.runtime_settings import declared
from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_channel, make_identity
from crm.tests.staff import member
from messaging.channels import ADAPTERS
from messaging.channels.limits import Limit, Unit
from messaging.channels.outbound import Content
from messaging.models import CannedReply, Message, MessageStatus
from messaging.sending.limits import TooLong, limit_for, limits_of
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation
from messaging.tests.inbox_asking import send
from messaging.tests.sending_world import SendingWorld, drafts

#: A letter that counts as one, two and two.
LETTER = {Unit.LETTERS: "ش", Unit.BYTES: "ش", Unit.UTF16: "😀"}


def text_of(limit: Limit, more: int = 0) -> str:
    """Return a text that is just as long as is taken, or longer by so many letters."""
    letter = LETTER[limit.unit]
    return letter * (limit.most // limit.length(letter) + more)


def draft_of(world_drafts: Any, content: Content, text: str) -> Draft:
    made = world_drafts[content]()
    return Draft(
        content=content, text=text, details=made.details, answers=made.answers, file=made.file,
        file_type=made.file_type, mime_type=made.mime_type,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "content"),
    [(name, content) for name, adapter in ADAPTERS.items() for content in adapter.ABILITIES.limits],
)
def test_just_as_much_as_is_taken_is_sent_and_not_a_letter_more(
    world: SendingWorld, platform: str, content: Content
) -> None:
    conversation = world.conversation(platform)
    limit = ADAPTERS[platform].ABILITIES.limits[content]
    known = drafts(conversation)
    queue_message(conversation_id=conversation.pk, draft=draft_of(known, content, text_of(limit)), author=None)
    world.settle()
    assert Message.objects.get(direction="out").status >= MessageStatus.SENT
    with pytest.raises(TooLong, match="Send it in parts"):
        queue_message(conversation_id=conversation.pk, draft=draft_of(known, content, text_of(limit, 1)), author=None)
    assert Message.objects.filter(direction="out").count() == 1


def test_the_limits_are_those_of_the_platforms() -> None:
    assert {name: (adapter.ABILITIES.limits[Content.TEXT].most, adapter.ABILITIES.limits[Content.TEXT].unit.value)
            for name, adapter in ADAPTERS.items()} == {
        "messenger": (2000, "letters"), "instagram": (1000, "bytes"), "whatsapp": (4096, "letters"),
        "telegram": (4096, "utf16"), "twilio": (1600, "letters"),
    }  # fmt: skip
    assert limits_of("whatsapp") == {
        "text": (4096, "letters"), "buttons": (1024, "letters"), "media:image": (1024, "letters"),
        "media:video": (1024, "letters"), "media:file": (1024, "letters"), "media:audio": (4096, "letters"),
    }  # fmt: skip
    assert limit_for("whatsapp", Content.LOCATION) is limit_for("twilio", Content.TEMPLATE) is None


@pytest.mark.django_db
def test_the_api_and_the_inbox_say_by_how_much_it_is_too_long() -> None:
    now = timezone.now()
    identity = make_identity(make_channel("instagram"), key=("igsid", "1"), last_inbound_at=now)
    talk = make_conversation(identity, last_inbound_at=now)
    words = "Instagram takes up to 1,000 bytes (an Arabic letter is two, an emoji four), and this has 1,002."
    bot = Program(member("seller"))
    problem = assert_problem(
        bot.post(f"/api/v1/conversations/{talk.pk}/messages/", {"text": "ش" * 501}), 422, "too_long"
    )
    assert words in problem["detail"]
    client = Client()
    client.force_login(member("manager"))
    assert words in send(client, talk, 422, text="ش" * 501)["refused"]
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_what_is_said_while_the_shop_is_closed_must_fit_everywhere() -> None:
    field = declared("away.text_ar").form_field()
    assert field.clean("ش" * 501)  # there is no channel that would not take it
    make_channel("instagram")
    make_channel("messenger", is_active=False)
    with pytest.raises(ValidationError, match="Too long for one message: Instagram takes up to 1,000 bytes"):
        field.clean("ش" * 501)
    assert field.clean("ش" * 500)


@pytest.mark.django_db
def test_a_canned_reply_that_is_too_long_somewhere_says_so_where_it_is_written() -> None:
    make_channel("instagram")
    make_channel("telegram", external_id="2")
    client = Client()
    client.force_login(member("manager"))
    values = {"title": "Sizes", "shortcut": "sizes", "language": "", "is_active": "on"}
    url = reverse("admin:messaging_cannedreply_add")
    said = client.post(url, values | {"text": "a" * 1001}, follow=True).content.decode()
    assert "too long for one message where Instagram takes up to 1,000 bytes" in said
    assert CannedReply.objects.get().text == "a" * 1001
    said = client.post(url, values | {"text": "a" * 1000, "shortcut": "short"}, follow=True).content.decode()
    assert "too long" not in said


@pytest.mark.django_db
def test_a_file_that_bears_no_text_leaves_it_the_room_of_a_message() -> None:
    now = timezone.now()
    identity = make_identity(make_channel("whatsapp"), key=("phone", "201001"), last_inbound_at=now)
    talk = make_conversation(identity, last_inbound_at=now)

    def queue(file_type: str, text: str) -> None:
        draft = Draft(content=Content.MEDIA, file=ContentFile(b"x", name="x"), file_type=file_type, text=text)
        queue_message(conversation_id=talk.pk, draft=draft, author=None)

    queue("audio", "x" * 4096)
    with pytest.raises(TooLong, match="4,096"):
        queue("audio", "x" * 4097)
    with pytest.raises(TooLong, match="1,024"):
        queue("image", "x" * 1025)


@pytest.mark.django_db
def test_a_note_that_is_too_long_is_given_back_whole() -> None:
    talk = make_conversation()
    client = Client()
    client.force_login(member("manager"))
    answer = client.post(reverse("admin:inbox_note", args=[talk.pk]), {"text": "x" * 4001})
    assert (answer.status_code, "4000" in answer.json()["refused"]) == (422, True)
