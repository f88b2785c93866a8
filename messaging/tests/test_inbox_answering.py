"""Answering in the inbox: what is sent, what is refused and why, and that nothing goes twice."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.models import Channel, Identity, Note, Team, User
from messaging.admin.inbox import uploads
from messaging.bots import hold_conversation
from messaging.models import Attachment, Conversation, Message, MessageStatus, MessageTemplate, Outgoing
from messaging.sending import queueing
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import NOON, make_message
from messaging.tests.inbox_asking import send, talk_with, teammate, url_of

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture(autouse=True)
def _files_in_a_scratch_folder(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_an_answer_is_queued_and_shown(seller: User, client: Client) -> None:
    talk = talk_with("Mona", assignee=seller)
    answer = send(client, talk, text=" 300 pounds \n")
    message = Message.objects.get(direction="out")
    assert (answer["id"], message.text, message.author) == (message.pk, "300 pounds", seller)
    assert (message.status, message.outgoing.content) == (MessageStatus.QUEUED, "text")
    assert f'id="m{message.pk}"' in answer["html"]
    assert "300 pounds" in answer["html"]
    talk.refresh_from_db()
    assert (talk.unread_count, talk.waiting_since) == (0, None)


def test_asking_twice_under_one_token_sends_once(seller: User, client: Client) -> None:
    talk, token = talk_with("Mona", assignee=seller), str(uuid.uuid4())
    first, second = (send(client, talk, text="300 pounds", token=token, seen_up_to=0) for _time in range(2))
    assert first["id"] == second["id"]
    assert Outgoing.objects.count() == 1


def test_a_colleagues_answer_is_shown_before_ours_goes(seller: User, client: Client) -> None:
    talk = talk_with("Mona", assignee=seller)
    seen = talk.messages.get().pk
    theirs = make_message(talk, direction="out", text="250 pounds", author=teammate(seller, "Omar Hassan"))
    answer = send(client, talk, 409, text="300 pounds", seen_up_to=seen)
    assert answer["answered"].startswith("Omar answered")
    assert "250 pounds" in answer["html"]
    assert not Outgoing.objects.exists()
    send(client, talk, text="300 pounds", seen_up_to=theirs.pk)
    assert Outgoing.objects.count() == 1


def test_what_the_platform_forbids_is_refused_in_words(seller: User, client: Client) -> None:
    talk = talk_with("Mona", platform="whatsapp", assignee=seller)
    two_days_ago = timezone.now() - timedelta(days=2)
    Identity.objects.update(last_inbound_at=two_days_ago)
    assert "only a template" in send(client, talk, 422, text="Hello?")["refused"]
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert "They last wrote more than 24 hours ago: until they write again, WhatsApp takes only templates." in page
    Identity.objects.update(opted_out=True)
    assert send(client, talk, 422, text="Hello?")["refused"] == "They do not want messages from us."
    assert "They do not want messages from us." in client.get(url_of("head", talk.pk)).content.decode()


@pytest.mark.parametrize(
    ("platform", "ago", "said"),
    [
        ("messenger", {"days": 2}, "24 hours are over: a colleague may still answer by hand"),
        ("messenger", {"days": 8}, "Messenger lets us write again once they do"),
        ("instagram", {}, "They have only commented so far"),
        ("telegram", {"days": 100}, ""),
    ],
)
def test_it_says_what_is_allowed_and_why(
    client: Client, seller: User, platform: str, ago: dict[str, int], said: str
) -> None:
    wrote = timezone.now() - timedelta(**ago) if ago else None
    talk = talk_with("Mona", platform=platform, assignee=seller, last_inbound_at=wrote)
    Identity.objects.update(last_inbound_at=wrote)
    page = client.get(url_of("head", talk.pk)).content.decode()
    assert ("data-offer-notice" in page, said in page) == (bool(said), True)


def test_time_left_is_told_to_the_second(client: Client, seller: User) -> None:
    talk = talk_with("Mona", platform="messenger", minutes=60, assignee=seller)
    assert talk.last_inbound_at is not None
    until = talk.last_inbound_at + timedelta(hours=24)
    assert f'data-until="{until.isoformat()}"' in client.get(url_of("head", talk.pk)).content.decode()


def test_a_message_may_be_referred_to(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    asked = talk.messages.get()
    answer = send(client, talk, text="300 pounds", answers=asked.pk)
    assert Message.objects.get(pk=answer["id"]).reply_to == asked.external_id
    assert "Mona asks</blockquote>" in answer["html"]
    elsewhere = make_message(talk_with("Omar", minutes=6, assignee=seller))
    assert (
        send(client, talk, 422, text="x", answers=elsewhere.pk)["refused"] == "The message that this answers is gone."
    )


@pytest.mark.parametrize("way", ["comment_reply", "private_reply"])
def test_a_comment_is_answered_in_public_or_in_private(client: Client, seller: User, way: str) -> None:
    talk = talk_with("Mona", platform="messenger", assignee=seller)
    comment = make_message(talk, type="comment", source="comment", comment_id="c_1", at=timezone.now())
    answer = send(client, talk, content=way, text="300 pounds", answers=comment.pk)
    outgoing = Outgoing.objects.get()
    assert (outgoing.content, outgoing.details["comment_id"]) == (way, "c_1")
    assert Message.objects.get(pk=answer["id"]).type == ("comment" if way == "comment_reply" else "text")
    assert send(client, talk, 422, content=way, text="300 pounds")["refused"] == "Choose the comment that this answers."


def test_a_place_and_quick_replies_go_along(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    send(client, talk, content="location", latitude="30.0444", longitude="31.2357", name="Shop")
    send(client, talk, content="buttons", text="Blue?", button=["Yes", " ", "No"])
    place, replies = Outgoing.objects.order_by("pk")
    assert place.details["location"] == {"latitude": 30.0444, "longitude": 31.2357, "name": "Shop", "address": ""}
    assert replies.details["buttons"] == [{"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"}]
    for wrong in (
        {"content": "location", "latitude": "91", "longitude": "0"},
        {"content": "location", "latitude": "x", "longitude": ""},
        {"content": "buttons", "text": "Blue?"},
        {"content": "buttons", "text": "Blue?", "button": ["x" * 21]},
        {"content": "buttons", "text": "Blue?", "button": ["Yes", "Yes"]},
        {"content": "nonsense", "text": "x"},
        {"text": "  "},
    ):
        assert send(client, talk, 422, **wrong)["refused"]
    assert Outgoing.objects.count() == 2


def test_a_picture_goes_along_with_its_words(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    file = SimpleUploadedFile("dress.png", PNG, "image/png")
    answer = send(client, talk, content="media", text="This one", file=file)
    kept = Attachment.objects.get()
    assert (kept.type, kept.mime_type, kept.name, kept.size) == ("image", "image/png", "dress.png", len(PNG))
    with kept.file.open("rb") as stored:
        assert stored.read() == PNG
    assert Message.objects.get(pk=answer["id"]).text == "This one"


@pytest.mark.parametrize(
    ("name", "content", "mime_type", "said"),
    [
        ("page.html", b"<script>", "text/html", "Files of this kind cannot be sent there."),
        ("dress.svg", b"<svg/>", "image/svg+xml", "Files of this kind cannot be sent there."),
        ("dress.png", b"<script>alert(1)</script>", "image/png", "The file is not what its name says."),
        ("dress.png", b"", "image/png", "The file is empty."),
        ("dress.png", PNG * 10, "image/png", "The file is too big: the platform takes up to 0 MB."),
    ],
)
def test_files_that_may_not_go_are_refused(
    client: Client, seller: User, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, mime_type: str, said: str
) -> None:
    monkeypatch.setitem(uploads.MOST_MEGABYTES, "telegram", (0.0005, 50))  # half a kilobyte
    talk = talk_with("Mona", assignee=seller)
    file = SimpleUploadedFile(name, content, mime_type)
    assert send(client, talk, 422, content="media", file=file)["refused"] == said
    assert not Message.objects.filter(direction="out").exists()


def test_a_template_is_chosen_and_filled_in(client: Client, seller: User) -> None:
    talk = talk_with("Mona", platform="whatsapp", assignee=seller)
    Identity.objects.update(last_inbound_at=timezone.now() - timedelta(days=2))
    template = MessageTemplate.objects.create(
        channel=talk.channel,
        name="order_ready",
        language="en_US",
        external_id="t7",
        status="APPROVED",
        header="Order {{1}}",
        body="Hello {{1}}, your order {{2}} is ready, {{1}}!",
        header_blanks=1,
        body_blanks=2,
        synced_at=NOON,
    )
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert f'data-template="{template.pk}"' in page
    values: dict[str, Any] = {"content": "template", "template": template.pk, "header": ["12"], "body": ["Mona", "12"]}
    answer = send(client, talk, **values)
    assert Message.objects.get(pk=answer["id"]).text == "Order 12\nHello Mona, your order 12 is ready, Mona!"
    assert Outgoing.objects.get().details["template"] == {
        "name": "order_ready", "language": "en_US", "external_id": "t7", "body": ["Mona", "12"], "header": ["12"],
    }  # fmt: skip
    for wrong in ({"body": ["Mona"]}, {"body": ["Mona", " "]}, {"template": template.pk + 1}):
        assert send(client, talk, 422, **values | wrong)["refused"]


def test_a_note_stands_between_the_messages_and_is_never_sent(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    response = client.post(url_of("note", talk.pk), {"text": "Calls back <b>"})
    note = Note.objects.get()
    assert (note.customer, note.author, note.text) == (talk.identity.customer, seller, "Calls back <b>")
    assert "Calls back &lt;b&gt;" in response.json()["html"]
    make_message(talk, text="later", at=timezone.now() + timedelta(minutes=1))
    page = client.get(url_of("talk", talk.pk)).content.decode()
    thread = page[page.index('id="thread"') : page.index("data-composer")]
    assert thread.index("Mona asks") < thread.index("Calls back") < thread.index("later")
    assert not Outgoing.objects.exists()
    assert client.post(url_of("note", talk.pk), {"text": " "}).status_code == 422


def failed(talk: Conversation, status: MessageStatus, reason: str) -> Message:
    message = queueing.queue_message(conversation_id=talk.pk, draft=queueing.Draft(text="300 pounds"), author=None)
    Outgoing.objects.filter(pk=message.pk).update(finished_at=timezone.now(), reason=reason)
    Message.objects.filter(pk=message.pk).update(status=status)
    return message


@pytest.mark.parametrize(
    ("status", "reason", "words", "buttons"),
    [
        (MessageStatus.FAILED, "refused", "The platform refused it.", {"again"}),
        (MessageStatus.UNKNOWN, "unknown", "It may have been sent or not.", {"again", "keep"}),
    ],
)
def test_what_did_not_get_through_says_why_and_what_can_be_done(
    client: Client, seller: User, status: MessageStatus, reason: str, words: str, buttons: set[str]
) -> None:
    talk = talk_with("Mona", assignee=seller)
    failed(talk, status, reason)
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert words in page
    every = {"again", "keep", "withdraw"}
    assert {name for name in every if f'data-talk-decide="{name}"' in page} == buttons


def test_it_is_sent_again_kept_or_withdrawn(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    one, other = failed(talk, MessageStatus.FAILED, "refused"), failed(talk, MessageStatus.UNKNOWN, "unknown")
    for message, action in ((one, "again"), (other, "keep")):
        assert client.post(url_of("decide", message.pk, action)).status_code == 200
        message.refresh_from_db()
    assert (one.status, other.status) == (MessageStatus.QUEUED, MessageStatus.SENT)
    Outgoing.objects.filter(pk=one.pk).update(reason="throttled")
    assert 'data-talk-decide="withdraw"' in client.get(url_of("talk", talk.pk)).content.decode()
    client.post(url_of("decide", one.pk, "withdraw"))
    one.refresh_from_db()
    assert (one.text, one.deleted_at is not None) == ("", True)
    assert client.post(url_of("decide", one.pk, "nonsense")).status_code == 404


def test_what_the_platform_reported_as_failed_later_can_only_be_written_anew(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    make_message(talk, direction="out", status=MessageStatus.FAILED, error="131026", text="300 pounds")
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert "The platform did not deliver it (131026)." in page
    assert ("data-talk-anew" in page, 'data-talk-decide="again"' in page) == (True, False)


def test_the_head_gives_away_puts_off_and_closes(client: Client, seller: User) -> None:
    talk = talk_with("Mona")
    omar, team = teammate(seller, "Omar"), Team.objects.create(name="Evening")

    def do(action: str, expected: int = 200, **values: Any) -> Conversation:
        assert client.post(url_of("do", talk.pk, action), values).status_code == expected
        talk.refresh_from_db()
        return talk

    assert do("assign").assignee == seller
    later = timezone.now() + timedelta(hours=3)
    assert do("snooze", until=later.isoformat()).snoozed_until == later
    assert do("snooze").snoozed_until is None
    for wrong in ("yesterday", "2020-01-01T00:00:00Z", later.replace(tzinfo=None).isoformat(), "9999-01-01T00:00:00Z"):
        do("snooze", 422, until=wrong)
    assert do("close").status == "closed"
    assert do("reopen").status == "open"
    assert do("hand-back").assignee is None
    do("assign", 422, assignee=999_999)
    do("assign", 422, team=999_999)
    do("nonsense", 404)
    assert do("assign", assignee=omar.pk).assignee == omar
    client.force_login(colleague("manager"))
    assert (do("assign", team=team.pk).team, talk.assignee) == (team, None)


def test_reading_is_noted_up_to_what_was_shown(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    shown = talk.messages.get()
    make_message(talk, at=timezone.now())
    assert client.post(url_of("read", talk.pk), {"up_to": shown.pk}).status_code == 204
    talk.refresh_from_db()
    assert (talk.seen_at, talk.unread_count) == (shown.at, 1)
    assert client.post(url_of("read", talk.pk), {"up_to": 0}).status_code == 404


def test_a_viewer_reads_and_changes_nothing() -> None:
    talk, viewer = talk_with("Mona"), client_of(colleague("viewer"))
    page = viewer.get(url_of("talk", talk.pk)).content.decode()
    assert ("Mona asks" in page, "data-composer" in page, 'data-talk-do="' in page) == (True, False, False)
    message = failed(talk, MessageStatus.UNKNOWN, "unknown")
    for name, args in (("send", ()), ("note", ()), ("read", ()), ("do", ("close",))):
        assert viewer.post(url_of(name, talk.pk, *args), {"text": "x"}).status_code == 403, name
    assert viewer.post(url_of("decide", message.pk, "keep")).status_code == 403
    assert (Conversation.objects.get().status, Outgoing.objects.count(), Note.objects.count()) == ("open", 1, 0)


def test_others_conversations_are_not_there(client: Client) -> None:
    talk = talk_with("Hidden", assignee=colleague("seller", team="Elsewhere"))
    message = failed(talk, MessageStatus.UNKNOWN, "unknown")
    for name in ("talk", "fresh", "head"):
        assert client.get(url_of(name, talk.pk)).status_code == 404
    for name, args in (("send", ()), ("note", ()), ("read", ()), ("do", ("close",))):
        assert client.post(url_of(name, talk.pk, *args), {"text": "x", "up_to": message.pk}).status_code == 404, name
    assert client.post(url_of("decide", message.pk, "keep")).status_code == 404
    message.refresh_from_db()
    assert (message.status, Channel.objects.count()) == (MessageStatus.UNKNOWN, 1)


def test_while_a_bot_has_it_nothing_is_offered_until_it_is_taken_over(client: Client, seller: User) -> None:
    talk = talk_with("Mona", assignee=seller)
    hold_conversation(conversation_id=talk.pk)
    page = client.get(url_of("talk", talk.pk)).content.decode()
    assert "A bot has this conversation." in page
    assert 'data-contents=""' in page
    assert "A bot" in send(client, talk, 422, text="I am here")["refused"]
    assert client.post(url_of("do", talk.pk, "take-over")).status_code == 200
    assert 'data-contents=""' not in client.get(url_of("talk", talk.pk)).content.decode()
    assert send(client, talk, text="I am here")["id"]
