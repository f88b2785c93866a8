"""Files in the conversation as a browser takes them: pictures are seen, recordings play, and nothing that people sent runs."""

import io
import wave
from typing import Any

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page

from crm.tests.factories import make_channel, make_identity
from messaging.media.thumbnails import make_thumbnail
from messaging.models import Attachment, Conversation
from messaging.sniffing import sniff
from messaging.tests.browser import Browser, member
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.pictures import picture

pytestmark = [pytest.mark.takes(20), pytest.mark.django_db(transaction=True)]

SCRIPT = b"<html><script>window.top.ran = true; document.title = 'ran'</script>"
SEEN = "async image => { await image.decode(); return image.naturalWidth }"
PLAYS = "async player => { player.muted = true; await player.play(); player.currentTime = 1.5; return player.duration }"


def recording(seconds: int = 2) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 8000 * seconds)
    return written.getvalue()


def attach(talk: Conversation, kind: str, content: bytes, **fields: Any) -> Attachment:
    """Keep a file as the drain does."""
    found_type = sniff(content)
    small = make_thumbnail(content, found_type)
    if small:
        fields |= {"thumbnail": ContentFile(small.content, "t"), "width": small.width, "height": small.height}
    fields |= {"type": kind, "state": "kept", "found_type": found_type, "file": ContentFile(content, "f")}
    return Attachment.objects.create(message=make_message(talk, text="", type=kind), **fields)


@pytest.fixture
def browser(open_browser: Any) -> Browser:
    opened: Browser = open_browser()
    return opened


def test_pictures_are_seen_recordings_play_and_pages_are_downloaded(browser: Browser) -> None:
    identity = make_identity(make_channel(name="Dress shop"), name="Mona Adel")
    talk = make_conversation(identity)
    photo = attach(talk, "image", picture("JPEG", (1200, 900)), name="dress.jpg")
    attach(talk, "audio", recording(), name="voice.wav")
    trap = attach(talk, "image", SCRIPT, name="dress.html", mime_type="image/jpeg")
    waiting = {"type": "video", "state": "waiting", "url": "https://scontent.xx.fbcdn.net/a.mp4"}
    Attachment.objects.create(message=make_message(talk, text="", type="video"), **waiting)
    browser.log_in(member("seller"))
    browser.open(f"/admin/messaging/conversation/{talk.pk}/change/")
    page: Page = browser.page
    page.locator(".mc-picture img").scroll_into_view_if_needed()
    assert page.locator(".mc-picture img").evaluate(SEEN) == 320
    assert page.locator("audio").evaluate(PLAYS) == 2
    assert page.get_by_text("being fetched").is_visible()
    with page.expect_download() as download:
        page.locator(f'a[href="/admin/attachments/{trap.pk}/"]').click()
    assert download.value.path().read_bytes() == SCRIPT
    assert page.evaluate("window.ran") is None
    browser.open(f"/admin/attachments/{photo.pk}/")
    assert page.locator("img").evaluate(SEEN) == 1200
    assert browser.troubles == []
