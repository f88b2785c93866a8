"""What some templates have beyond numbered blanks: names, a file at the head, buttons whose addresses end with a blank."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from orjson import loads

from crm.models import Channel
from crm.tests.factories import make_identity
from messaging.channels import twilio_sending, whatsapp_sending
from messaging.channels.outbound import Content, Outbound, Template
from messaging.message_templates.filling import HeaderFile, fill
from messaging.message_templates.reading import Facts, columns_of
from messaging.models import Message, MessageTemplate, Outgoing
from messaging.sending.claims import Claim
from messaging.sending.parcels import fetch, pack
from messaging.sending.queueing import Draft, queue_message
from messaging.sending.refusals import Refused
from messaging.tests.admin_world import colleague
from messaging.tests.factories import make_conversation
from messaging.tests.http_server import Server
from messaging.tests.test_message_templates import api as api
from messaging.tests.test_message_templates import make_template

pytestmark = pytest.mark.django_db

FULL: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://scontent.example/1"]}},
    {"type": "BODY", "text": "Hello {{first_name}}, your {{article}} waits, {{ first_name }}!"},
    {"type": "BUTTONS", "buttons": [
        {"type": "QUICK_REPLY", "text": "Thanks"},
        {"type": "URL", "text": "Track", "url": "https://s.example/{{1}}", "example": ["https://s.example/7"]},
    ]},
]  # fmt: skip


def full_template(**header: Any) -> MessageTemplate:
    """Make a template with named blanks, a file at its head and a button whose address has a blank."""
    components = [{**FULL[0], **header}, *FULL[1:]]
    return make_template(**columns_of(Facts("t1", "order", "en", "MARKETING", "APPROVED", components)))


def sent_of(draft: Draft, channel: Channel) -> Outbound:
    """Queue a draft and return what its adapter is given."""
    identity = make_identity(channel, key=("phone", "201001234567"))
    conversation = make_conversation(identity, last_inbound_at=timezone.now() - timedelta(days=3))
    queue_message(conversation_id=conversation.pk, draft=draft, author=colleague("seller"))
    row = Outgoing.objects.get()
    claim = Claim(row.pk, row.channel_id, row.conversation_id, row.token, row.content, row.details, 1, timezone.now())
    return pack(claim, fetch([claim])).outbound


def test_names_a_picture_and_the_end_of_an_address_are_sent_as_the_platform_wants(api: Server) -> None:
    template = full_template()
    assert (template.obstacle, template.body_blanks, template.header_file) == ("", 2, "image")
    picture = SimpleUploadedFile("dress.png", b"\x89PNG\r\n\x1a\n1", "image/png")
    draft = fill(template, ["Mona", "bag"], ends=["42"], at_head=HeaderFile(file=picture, mime_type="image/png"))
    assert draft.text == "Hello Mona, your bag waits, Mona!\n[Thanks] [Track → https://s.example/42]"
    outbound = sent_of(draft, template.channel)
    api.answers["/v26.0/200/media"] = (200, {"id": "88"})
    api.answers["/v26.0/200/messages"] = (200, {"messages": [{"id": "wamid.1"}]})
    assert whatsapp_sending.send(outbound, template.channel.credentials).external_id == "wamid.1"
    uploaded, asked = api.asked
    assert b"\x89PNG" in uploaded.body
    assert loads(asked.body)["template"] == {
        "name": "order",
        "language": {"code": "en"},
        "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "88"}}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Mona"},
                    {"type": "text", "parameter_name": "article", "text": "bag"},
                ],
            },
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "42"}]},
        ],
    }
    assert Message.objects.get().attachments.get().type == "image"


def test_a_file_at_the_head_may_lie_at_an_address(api: Server) -> None:
    template = full_template(format="DOCUMENT")
    link = "https://s.example/terms.pdf"
    draft = fill(template, ["Mona", "bag"], ends=["42"], at_head=HeaderFile(link=link))
    assert draft.text.startswith(f"{link}\nHello Mona")
    outbound = sent_of(draft, template.channel)
    api.answers["/v26.0/200/messages"] = (200, {"messages": [{"id": "wamid.1"}]})
    whatsapp_sending.send(outbound, template.channel.credentials)
    [asked] = api.asked
    assert loads(asked.body)["template"]["components"][0] == {
        "type": "header",
        "parameters": [{"type": "document", "document": {"link": link}}],
    }


@pytest.mark.parametrize(
    ("ends", "at_head", "words"),
    [
        (["1"], None, "at the head"),
        (["1"], HeaderFile(), "at the head"),
        (["1"], HeaderFile(link="http://s.example/a.png"), "https"),
        (["1"], HeaderFile(link="https://[broken"), "https"),
        ([], HeaderFile(link="https://s.example/a.png"), "1 blanks; 0"),
        ([" "], HeaderFile(link="https://s.example/a.png"), "every blank"),
        (["a b"], HeaderFile(link="https://s.example/a.png"), "no spaces"),
        (["a" * 2001], HeaderFile(link="https://s.example/a.png"), "too long"),
    ],
)
def test_head_and_buttons_are_to_be_filled_as_the_platform_wants(ends: Any, at_head: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        fill(full_template(), ["Mona", "bag"], ends=ends, at_head=at_head)


def test_named_blanks_of_twilio_are_told_by_name() -> None:
    template = Template("hi", "en", body=("Mona",), body_names=("name",), external_id="HX7")
    outbound = Outbound(token="t", account_id="1", content=Content.TEMPLATE, template=template)
    assert twilio_sending._content(outbound)["ContentVariables"] == '{"name":"Mona"}'
