"""What each platform is asked for each content it takes, in the shape that its documentation gives."""

from typing import Any

import pytest

from messaging.channels import ADAPTERS, adapter_for
from messaging.channels.outbound import Content
from messaging.models import Message, MessageStatus, Outgoing
from messaging.sending.queueing import queue_message
from messaging.sending.reactions import react
from messaging.sending.refusals import Refused
from messaging.tests.factories import make_message
from messaging.tests.sending_world import ACCOUNTS, PLATFORMS, SECRETS, SendingWorld, drafts

#: What differs from run to run, by the names under which the expected requests hold it.
OWN, PERSON, THEIRS, COMMENT, CALLBACK, UPLOADED, FILE_URL = (
    "<own token>", "<person>", "<their message>", "<their comment>", "<callback>", "<uploaded file>", "<address of the file>",
)  # fmt: skip
QUICK_REPLIES = [
    {"content_type": "text", "title": "Yes", "payload": "yes"},
    {"content_type": "text", "title": "No", "payload": "no"},
]
MESSENGER, INSTAGRAM, WHATSAPP = (f"/v26.0/{ACCOUNTS[name]}/messages" for name in PLATFORMS[:3])
TWILIO = f"/2010-04-01/Accounts/{SECRETS['twilio']['account_sid'][0]}/Messages.json"
FILE = {"name": "dress.png", "mime_type": "image/png", "size": 7, "digest": "2cea274d0bedc39e"}


def to_page(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"recipient": {"id": PERSON}, "messaging_type": "RESPONSE", "message": {"metadata": OWN, **message}, **more}


def to_whatsapp(kind: str, what: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PERSON,
        "biz_opaque_callback_data": OWN,
        "type": kind,
        kind: what,
        **more,
    }


def without_token(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != OWN}


def reaction_by_page(reaction: str) -> dict[str, Any]:
    payload = {"message_id": THEIRS, "reaction": reaction}
    return {"recipient": {"id": PERSON}, "sender_action": "react", "payload": payload}


def to_twilio(**form: str) -> dict[str, str]:
    return {"To": f"+{PERSON}", "From": ACCOUNTS["twilio"], "StatusCallback": CALLBACK, **form}


FOR_META = {
    Content.TEXT: to_page({"text": "Hello there"}, reply_to={"mid": THEIRS}),
    Content.MEDIA: {
        "recipient": '{"id":"<person>"}',
        "messaging_type": "RESPONSE",
        "message": '{"metadata":"<own token>","attachment":{"type":"image","payload":{}}}',
        "filedata": FILE,
    },
    Content.BUTTONS: to_page({"text": "Is it right?", "quick_replies": QUICK_REPLIES}),
    Content.PRIVATE_REPLY: to_page({"text": "We wrote you"}) | {"recipient": {"comment_id": COMMENT}},
}
REQUESTS: dict[str, dict[Content, tuple[str, dict[str, Any]]]] = {
    "messenger": {
        **{content: (MESSENGER, values) for content, values in FOR_META.items()},
        Content.COMMENT_REPLY: (f"/v26.0/{COMMENT}/comments", {"message": "Thank you!"}),
        Content.REACTION: (MESSENGER, reaction_by_page("❤")),
    },
    "instagram": {
        **{content: (INSTAGRAM, values) for content, values in FOR_META.items()},
        Content.COMMENT_REPLY: (f"/v26.0/{COMMENT}/replies", {"message": "Thank you!"}),
        Content.REACTION: (INSTAGRAM, reaction_by_page("love")),
    },
    "whatsapp": {
        Content.TEXT: (
            WHATSAPP,
            to_whatsapp("text", {"body": "Hello there", "preview_url": True}, context={"message_id": THEIRS}),
        ),
        Content.MEDIA: (WHATSAPP, to_whatsapp("image", {"id": UPLOADED})),
        Content.LOCATION: (
            WHATSAPP,
            to_whatsapp("location", {"latitude": 30.04, "longitude": 31.23, "name": "Shop", "address": "Tahrir 1"}),
        ),
        Content.BUTTONS: (
            WHATSAPP,
            to_whatsapp(
                "interactive",
                {
                    "type": "button",
                    "body": {"text": "Is it right?"},
                    "action": {
                        "buttons": [
                            {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
                            {"type": "reply", "reply": {"id": "no", "title": "No"}},
                        ]
                    },
                },
            ),
        ),
        Content.TEMPLATE: (
            WHATSAPP,
            to_whatsapp(
                "template",
                {
                    "name": "order_ready",
                    "language": {"code": "en"},
                    "components": [
                        {
                            "type": "body",
                            "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "42"}],
                        }
                    ],
                },
            ),
        ),
        Content.REACTION: (
            WHATSAPP,
            without_token(to_whatsapp("reaction", {"message_id": THEIRS, "emoji": "❤️"})),
        ),
    },
    "telegram": {
        Content.TEXT: (
            "/bot/sendMessage",
            {
                "chat_id": PERSON,
                "text": "Hello there",
                "reply_parameters": {"message_id": 4242, "allow_sending_without_reply": True},
            },
        ),
        Content.MEDIA: ("/bot/sendPhoto", {"chat_id": PERSON, "caption": "", "photo": FILE}),
        Content.LOCATION: (
            "/bot/sendVenue",
            {"chat_id": PERSON, "latitude": 30.04, "longitude": 31.23, "title": "Shop", "address": "Tahrir 1"},
        ),
        Content.BUTTONS: (
            "/bot/sendMessage",
            {
                "chat_id": PERSON,
                "text": "Is it right?",
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": "Yes", "callback_data": "yes"}],
                        [{"text": "No", "callback_data": "no"}],
                    ]
                },
            },
        ),
        Content.REACTION: (
            "/bot/setMessageReaction",
            {"chat_id": PERSON, "message_id": 4242, "reaction": [{"type": "emoji", "emoji": "❤"}]},
        ),
    },
    "twilio": {
        Content.TEXT: (TWILIO, to_twilio(Body="Hello there")),
        Content.MEDIA: (TWILIO, to_twilio(MediaUrl=FILE_URL)),
        Content.LOCATION: (TWILIO, to_twilio(Body="Shop, Tahrir 1", PersistentAction="geo:30.04,31.23|Shop")),
        Content.TEMPLATE: (TWILIO, to_twilio(ContentSid="HX1234abcd", ContentVariables='{"1":"Mona","2":"42"}')),
    },
}
#: How the request proves who sends it; Telegram has the token in the path.
PROOF = {"telegram": "", "twilio": "Basic"}
ENCODING = {"twilio": "application/x-www-form-urlencoded"}


def test_the_table_knows_each_content_of_each_platform() -> None:
    assert {platform: set(known) for platform, known in REQUESTS.items()} == {
        platform: set(adapter.ABILITIES.sends) for platform, adapter in ADAPTERS.items()
    }


def named(value: Any, names: dict[str, str]) -> Any:
    """Put names in the places of what differs from run to run."""
    if isinstance(value, dict):
        return {key: named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item, names) for item in value]
    if isinstance(value, str):
        for found, name in names.items():
            value = value.replace(found, name)
    return value


@pytest.mark.parametrize(
    ("platform", "content"),
    [(platform, content) for platform, known in REQUESTS.items() for content in known if content != Content.REACTION],
)
def test_each_content_goes_as_documented(world: SendingWorld, platform: str, content: Content) -> None:
    conversation = world.conversation(platform)
    draft = drafts(conversation)[content]()
    message = queue_message(conversation_id=conversation.pk, draft=draft, author=None)
    world.settle()
    message.refresh_from_db()
    outgoing = Outgoing.objects.get(pk=message.pk)
    assert (outgoing.reason, outgoing.code) == ("", "")
    assert message.status >= MessageStatus.SENT

    *before, request = world.stand_in.requests()
    names = {
        outgoing.token.hex: OWN,
        conversation.identity.keys.get().value: PERSON,
        **({draft.answers.external_id: COMMENT if draft.answers.comment_id else THEIRS} if draft.answers else {}),
    }
    if upload := [one for one in before if one["path"].endswith("/media")]:
        assert upload[0]["values"] == {"messaging_product": "whatsapp", "type": "image/png", "file": FILE}
        names[request["values"]["image"]["id"]] = UPLOADED
    if platform == "twilio":
        assert request["values"]["StatusCallback"].endswith(
            f"{conversation.channel.webhook_path}?message={outgoing.token.hex}"
        )
        addresses = {"StatusCallback": CALLBACK, "MediaUrl": FILE_URL}
        names = {
            request["values"].get(name): known for name, known in addresses.items() if name in request["values"]
        } | names
    found = (named(request["path"], names), named(request["values"], names))
    assert found == REQUESTS[platform][content]
    assert request["authorization"] == PROOF.get(platform, "Bearer")
    file_goes_along = content == Content.MEDIA and platform in ("messenger", "instagram", "telegram")
    plain = ENCODING.get(platform, "application/json")
    assert request["content_type"] == ("multipart/form-data" if file_goes_along else plain)


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if Content.REACTION in REQUESTS[name]])
def test_a_reaction_goes_as_documented(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    theirs = make_message(conversation, external_id=f"77{conversation.pk}:4242")
    emoji = next(one for one in adapter_for(platform).ABILITIES.reactions if one.startswith("❤"))
    react(message_id=theirs.pk, emoji=emoji, author=None)
    world.send()
    (request,) = world.stand_in.requests()
    names = {conversation.identity.keys.get().value: PERSON, theirs.external_id: THEIRS}
    found = (named(request["path"], names), named(request["values"], names))
    assert found == REQUESTS[platform][Content.REACTION]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_platform_does_not_take_is_not_even_queued(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    others = {
        content: draft
        for content, draft in drafts(conversation).items()
        if content not in adapter_for(platform).ABILITIES.sends
    }
    for draft in others.values():
        with pytest.raises(Refused):
            queue_message(conversation_id=conversation.pk, draft=draft(), author=None)
    assert others
    assert not Message.objects.filter(direction="out").exists()


def test_a_file_is_fetched_by_the_platform_where_we_are_on_the_public_internet(
    world: SendingWorld, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = "https://crm.example"
    conversation = world.conversation("messenger")
    queue_message(conversation_id=conversation.pk, draft=drafts(conversation)[Content.MEDIA](), author=None)
    world.send()
    (request,) = world.stand_in.requests()
    attachment = request["values"]["message"]["attachment"]
    assert attachment["type"] == "image"
    assert attachment["payload"]["url"].startswith("https://crm.example/files/")


def test_whatsapp_people_without_a_number_are_written_to_by_their_id(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp", key=("user_id", "EG.123"))
    world.queue(conversation)
    world.send()
    (request,) = world.stand_in.requests()
    assert request["values"]["recipient"] == "EG.123"
    assert "to" not in request["values"]


def test_whatsapp_on_a_number_at_twilio_is_named_so(world: SendingWorld) -> None:
    conversation = world.conversation("twilio", profile={"address": "whatsapp"})
    message = world.queue(conversation)
    world.settle()
    (request,) = world.stand_in.requests()
    number = conversation.identity.keys.get().value
    assert (request["values"]["To"], request["values"]["From"]) == (
        f"whatsapp:+{number}",
        f"whatsapp:{ACCOUNTS['twilio']}",
    )
    message.refresh_from_db()
    assert message.status == MessageStatus.READ


def test_more_choices_than_whatsapp_has_buttons_for_become_a_list(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    choices = [{"title": f"Size {number}", "payload": str(number)} for number in range(4)]
    world.queue(conversation, "Which?", content=Content.BUTTONS, details={"buttons": choices})
    world.send()
    (request,) = world.stand_in.requests()
    rows = request["values"]["interactive"]["action"]["sections"][0]["rows"]
    assert [row["id"] for row in rows] == ["0", "1", "2", "3"]
    assert len(world.stand_in.sends()) == 1
