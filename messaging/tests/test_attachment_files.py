"""Our copies of files are shown to those who may see their message, and are never run by a browser."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from messaging.admin import thread
from messaging.admin.inbox.versions import of_message
from messaging.models import Attachment, Conversation, MediaFetch, Message
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.pictures import picture

pytestmark = pytest.mark.django_db

JPEG = picture()
HTML = b"<html><script>alert(1)</script>"


@pytest.fixture
def seller() -> User:
    return colleague("seller")


@pytest.fixture
def talk(seller: User) -> Conversation:
    return make_conversation(assignee=seller, team=seller.team)


@pytest.fixture
def client(seller: User) -> Client:
    return client_of(seller)


def attach(talk: Conversation, content: bytes = JPEG, **fields: Any) -> Attachment:
    """Keep a picture, or with other `found_type` another file."""
    fields = {"type": "image", "state": "kept", "found_type": "image/jpeg", **fields}
    if fields["found_type"] == "image/jpeg" and "thumbnail" not in fields:
        fields |= {"thumbnail": ContentFile(b"RIFF0000WEBP", "small"), "width": 320, "height": 160}
    return Attachment.objects.create(message=make_message(talk), file=ContentFile(content, "x"), **fields)


def url_of(item: Attachment, page: str = "attachment_file") -> str:
    return reverse(f"admin:{page}", args=[item.pk])


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def shown(client: Client, talk: Conversation) -> str:
    return client.get(reverse("admin:messaging_conversation_change", args=[talk.pk])).content.decode()


def test_a_picture_is_shown_and_guarded(client: Client, talk: Conversation) -> None:
    item = attach(talk, name="dress.jpg")
    response = client.get(url_of(item))
    assert body_of(response) == JPEG
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"] == 'inline; filename="dress.jpg"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=86400"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    small = client.get(url_of(item, "attachment_thumbnail"))
    assert (small["Content-Type"], body_of(small)) == ("image/webp", b"RIFF0000WEBP")


@pytest.mark.parametrize(
    ("content", "found_type", "claimed"),
    [
        (HTML, "application/octet-stream", "text/html"),
        (b"<svg onload='alert(1)'/>", "application/octet-stream", "image/svg+xml"),
        (b"%PDF-1.7", "application/pdf", "application/pdf"),
        (HTML, "", "image/jpeg"),
        (b"....ftypheic", "image/heic", "image/heic"),
    ],
)
def test_everything_else_is_downloaded_as_bytes(
    client: Client, talk: Conversation, content: bytes, found_type: str, claimed: str
) -> None:
    item = attach(talk, content, found_type=found_type, mime_type=claimed, name='"x\r\n.html')
    response = client.get(url_of(item))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert body_of(response) == content
    assert f'href="{url_of(item)}" download' in shown(client, talk)


def test_a_picture_that_could_not_be_read_is_not_shown(client: Client, talk: Conversation) -> None:
    item = attach(talk, JPEG[:2000], thumbnail="")
    assert client.get(url_of(item))["Content-Disposition"].startswith("attachment")
    assert client.get(url_of(item, "attachment_thumbnail")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "said", "content"),
    [
        ("bytes=2-5", 206, "bytes 2-5/10", b"2345"),
        ("bytes=7-", 206, "bytes 7-9/10", b"789"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=0-99", 206, "bytes 0-9/10", b"0123456789"),
        ("bytes=10-", 416, "bytes */10", b""),
        ("bytes=-0", 416, "bytes */10", b""),
        ("bytes=5-2", 200, None, b"0123456789"),
        ("bytes=0-1,4-5", 200, None, b"0123456789"),
        ("bytes=-", 200, None, b"0123456789"),
        ("lines=1-2", 200, None, b"0123456789"),
        ("bytes=" + "9" * 30 + "-", 200, None, b"0123456789"),
    ],
)
def test_players_get_the_part_that_they_ask_for(
    client: Client, talk: Conversation, asked: str, status: int, said: str | None, content: bytes
) -> None:
    item = attach(talk, b"0123456789", type="video", found_type="video/mp4")
    response = client.get(url_of(item), headers={"range": asked})
    assert (response.status_code, response.get("Content-Range")) == (status, said)
    assert body_of(response) == content
    assert response["Content-Type"] == "video/mp4"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_who_may_not_see_the_message_may_not_see_its_files(talk: Conversation) -> None:
    item = attach(talk)
    stranger = client_of(colleague("seller", team="Elsewhere"))
    for page in ("attachment_file", "attachment_thumbnail"):
        assert stranger.get(url_of(item, page)).status_code == 404
        assert Client().get(url_of(item, page)).status_code == 302


def test_what_has_no_copy_or_lost_it_is_not_there(client: Client, talk: Conversation) -> None:
    linked = Attachment.objects.create(message=make_message(talk), type="image", url="https://example.com/a.jpg")
    lost = attach(talk)
    lost.file.delete(save=False)
    assert [client.get(url_of(item)).status_code for item in (linked, lost)] == [404, 404]


def test_the_thread_shows_pictures_players_and_links(client: Client, talk: Conversation) -> None:
    seen = attach(talk)
    film = attach(talk, found_type="video/mp4", type="video")
    voice = attach(talk, found_type="audio/ogg", type="voice")
    link = {"type": "image", "url": "https://example.com/a.jpg", "state": "linked"}
    Attachment.objects.create(message=make_message(talk), **link)
    page = shown(client, talk)
    assert f'<img src="{url_of(seen, "attachment_thumbnail")}" width="320" height="160"' in page
    assert f'src="{url_of(film)}"' in page.partition("<video")[2].partition("</video>")[0]
    assert f'src="{url_of(voice)}"' in page.partition("<audio")[2].partition("</audio>")[0]
    assert '<a href="https://example.com/a.jpg" target="_blank"' in page
    assert 'src="https://example.com' not in page


@pytest.mark.parametrize(
    ("state", "problem", "note"),
    [
        ("waiting", "", "being fetched"),
        ("failed", "too_large", "too large to be kept"),
        ("failed", "status 403", "the platform no longer has it"),
        ("failed", "token 190", "the platform refuses our access token"),
        ("failed", "try_again status 503", "could not be fetched"),
        ("linked", "", ""),
    ],
)
def test_what_became_of_fetching_stands_beside_it(talk: Conversation, state: str, problem: str, note: str) -> None:
    Attachment.objects.create(message=make_message(talk), type="image", state=state, problem=problem)
    (bubble,) = thread.read_part(talk).bubbles
    assert [file.note for file in bubble.files] == [note]


def lost(talk: Conversation, **fields: Any) -> Attachment:
    """Keep of a picture only that it could not be fetched, though it can be asked for."""
    where = {"url": "https://scontent.xx.fbcdn.net/a.jpg", "state": "failed", "problem": "status 404"}
    item = Attachment.objects.create(message=make_message(talk), type="image", **where | fields)
    MediaFetch.objects.create(
        attachment=item, channel=talk.channel, attempts=13, finished_at=timezone.now(), reason="refused"
    )
    return item


def fetch_again(client: Client, item: Attachment) -> int:
    return client.post(url_of(item, "attachment_again")).status_code


def test_a_file_that_could_not_be_fetched_is_fetched_again(client: Client, talk: Conversation) -> None:
    item = lost(talk)
    page = shown(client, talk)
    assert "the platform no longer has it" in page
    assert url_of(item, "attachment_again") in page
    response = client.post(url_of(item, "attachment_again"))
    assert "being fetched" in response.json()["html"]
    assert "attachment_again" not in response.json()["html"]
    waiting = MediaFetch.objects.due().get()
    assert (waiting.attempts, waiting.finished_at, waiting.reason) == (0, None, "")
    item.refresh_from_db()
    assert (item.state, item.problem) == ("waiting", "")
    assert fetch_again(client, item) == 422  # it is in the line already


def test_a_fetch_that_nothing_is_left_of_is_begun_anew(client: Client, talk: Conversation) -> None:
    item = lost(talk)
    MediaFetch.objects.all().delete()
    assert fetch_again(client, item) == 200
    assert MediaFetch.objects.due().get().channel == talk.channel


@pytest.mark.parametrize(
    "fields", [{"state": "kept", "file": "a/b"}, {"state": "linked"}, {"url": "https://elsewhere.example/a.jpg"}]
)
def test_what_is_here_or_cannot_be_asked_for_is_left_as_it_is(
    client: Client, talk: Conversation, fields: dict[str, str]
) -> None:
    item = lost(talk, **fields)
    assert fetch_again(client, item) == 422
    assert not MediaFetch.objects.due().exists()


def test_only_who_answers_and_sees_the_message_fetches_again(seller: User, talk: Conversation) -> None:
    item = lost(talk)
    assert fetch_again(client_of(colleague("viewer")), item) == 403
    assert "data-talk-again" not in shown(client_of(User.objects.get(email="viewer@shop.example")), talk)
    assert fetch_again(client_of(colleague("seller", team="Elsewhere")), item) == 404
    assert not MediaFetch.objects.due().exists()


def test_what_becomes_of_a_file_makes_another_version_of_its_message(talk: Conversation) -> None:
    lost(talk)

    def version() -> str:
        return str(Message.objects.annotate(version=of_message()).values_list("version", flat=True).get())

    versions = [version()]
    for state in ("waiting", "failed", "kept"):
        Attachment.objects.update(state=state)
        versions.append(version())
    assert versions[2] == versions[0]
    assert len(set(versions)) == 3
