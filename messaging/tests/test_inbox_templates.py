"""Templates in the inbox that need more than numbered blanks: names, a file at the head, the end of an address."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.models import Identity, User
from messaging.message_templates.reading import Facts
from messaging.message_templates.storing import store_templates
from messaging.models import Conversation, MessageTemplate, Outgoing
from messaging.tests.inbox_asking import send, talk_with, url_of

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def late_talk(seller: User) -> Conversation:
    """Make a conversation in which only templates may be sent any more."""
    talk = talk_with("Mona", platform="whatsapp", assignee=seller)
    Identity.objects.update(last_inbound_at=timezone.now() - timedelta(days=2))
    return talk


def approve(talk: Conversation, head: str = "IMAGE") -> MessageTemplate:
    components: list[dict[str, Any]] = [
        {"type": "HEADER", "format": head},
        {"type": "BODY", "text": "Hello {{first_name}}, <b>{{article}}</b> waits"},
        {"type": "FOOTER", "text": "The shop"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Track", "url": "https://s.example/{{1}}"}]},
    ]
    facts = Facts("t7", "order_ready", "en_US", "UTILITY", "APPROVED", components)
    store_templates(channel_id=talk.channel_id, facts=[facts])
    return MessageTemplate.objects.get()


def test_a_template_with_names_a_picture_and_an_address_is_offered_and_queued(client: Client, seller: User) -> None:
    talk = late_talk(seller)
    template = approve(talk)
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert 'data-template-head="image"' in page
    assert "https://s.example/</span>" in page
    values: dict[str, Any] = {
        "content": "template", "template": template.pk, "body": ["Mona", "the bag"], "end": ["42"],
        "file": SimpleUploadedFile("dress.png", PNG, "image/png"),
    }  # fmt: skip
    answer = send(client, talk, **values)
    assert "Hello Mona, &lt;b&gt;the bag&lt;/b&gt; waits" in answer["html"]
    outgoing = Outgoing.objects.get()
    assert outgoing.details["template"] == {
        "name": "order_ready", "language": "en_US", "external_id": "t7", "header": [], "body": ["Mona", "the bag"],
        "body_names": ["first_name", "article"], "header_file": "image", "url_ends": [{"index": 0, "text": "42"}],
    }  # fmt: skip
    item = outgoing.message.attachments.get()
    assert (item.type, item.name, item.mime_type) == ("image", "dress.png", "image/png")


@pytest.mark.parametrize(
    ("head", "given", "words"),
    [
        ("IMAGE", {}, "at the head"),
        ("IMAGE", {"link": "ftp://s.example/a.png"}, "https"),
        ("IMAGE", {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}, "of this kind"),
        ("DOCUMENT", {"file": ("a.png", PNG, "image/png")}, "of this kind"),
        ("DOCUMENT", {"file": ("a.pdf", PNG, "application/pdf")}, "not what its name says"),
        ("VIDEO", {"file": ("a.mp4", b"", "video/mp4")}, "empty"),
    ],
)
def test_only_what_may_stand_there_is_taken(
    client: Client, seller: User, head: str, given: dict[str, Any], words: str
) -> None:
    talk = late_talk(seller)
    values: dict[str, Any] = {
        "content": "template",
        "template": approve(talk, head).pk,
        "body": ["Mona", "it"],
        "end": ["1"],
    }
    files = {name: SimpleUploadedFile(*value) for name, value in given.items() if isinstance(value, tuple)}
    assert words in send(client, talk, 422, **values | given | files)["refused"]
    assert not Outgoing.objects.exists()


def test_a_file_may_lie_at_an_address(client: Client, seller: User) -> None:
    talk = late_talk(seller)
    link = "https://s.example/a.mp4"
    values: dict[str, Any] = {
        "content": "template",
        "template": approve(talk, "VIDEO").pk,
        "body": ["Mona", "it"],
        "end": ["1"],
    }
    send(client, talk, **values, link=link)
    outgoing = Outgoing.objects.get()
    assert outgoing.details["template"]["link"] == link
    assert not outgoing.message.attachments.exists()
