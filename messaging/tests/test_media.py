"""Files of messages are fetched from where their platform has them, once, kept safely, and removed with their message."""

import base64
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from crm import runtime_settings
from crm.models import Channel, Setting
from crm.tests.factories import make_channel, make_identity
from messaging.channels.outbound import SendError
from messaging.media.drain import ATTEMPTS, Copy, MediaDrain
from messaging.models import Attachment, FileToRemove, MediaFetch, Message
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.http_server import Server, serving
from messaging.tests.pictures import bomb, picture
from messaging.tests.webhooks import START, messenger, receive, text_message

pytestmark = [pytest.mark.django_db, pytest.mark.takes(20)]
committing = pytest.mark.django_db(transaction=True)

JPEG = picture()
SECRETS = {
    "app_secret": ["app-secret"],
    "access_token": ["t"],
    "bot_token": ["1:bot"],
    "account_sid": ["AC1"],
    "auth_token": ["word"],
}


@pytest.fixture
def api(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.GRAPH_API_URL = settings.INSTAGRAM_API_URL = server.url
        settings.TELEGRAM_API_URL = settings.TWILIO_API_URL = server.url
        server.answers["/pic.jpg"] = (200, JPEG)
        yield server


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", external_id="100", credentials=SECRETS)


def attach(channel: Channel, **fields: Any) -> Attachment:
    message = make_message(make_conversation(make_identity(channel)))
    return Attachment.objects.create(message=message, **{"type": "image", **fields})


def send_picture(page: Channel, url: str, mid: str = "m_1", at: int = START) -> None:
    """Let somebody send a picture on Messenger."""
    payload = {"type": "image", "payload": {"url": url}}
    receive(page, messenger(page, text_message(mid, "", attachments=[payload], at=at)))


def unsend(page: Channel, mid: str = "m_1") -> None:
    event = text_message(mid, "", at=START + 1000)
    event["message"] = {"mid": mid, "is_deleted": True}
    receive(page, messenger(page, event))


def run(drain: MediaDrain | None = None) -> Attachment | None:
    """Fetch what is due, and return the attachment that there is."""
    drain = drain or MediaDrain()
    while drain.run_batch():
        pass
    drain.finish()
    return Attachment.objects.first()


def fetched() -> Attachment:
    found = run()
    assert found
    return found


def try_now() -> Attachment:
    MediaFetch.objects.update(next_attempt_at=timezone.now())
    return fetched()


def content_of(name: str | None) -> bytes:
    assert name
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


def files_there() -> set[str]:
    """Return the names of all files in our storage."""

    def below(folder: str) -> Iterator[str]:
        folders, files = default_storage.listdir(folder)
        yield from (f"{folder}/{name}".lstrip("/") for name in files)
        for name in folders:
            yield from below(f"{folder}/{name}".lstrip("/"))

    return set(below(""))


@pytest.fixture(autouse=True)
def _no_files() -> Iterator[None]:
    """Begin without the files of other tests."""
    for name in files_there():
        default_storage.delete(name)
    yield
    runtime_settings.forget()


@committing
def test_a_picture_on_messenger_is_kept_with_its_small_one(api: Server, page: Channel) -> None:
    send_picture(page, f"{api.url}/pic.jpg")
    assert Attachment.objects.get().state == "new"
    item = fetched()
    assert (item.state, item.problem, item.found_type, item.size) == ("kept", "", "image/jpeg", len(JPEG))
    assert content_of(item.file.name) == JPEG
    assert content_of(item.thumbnail.name)[8:12] == b"WEBP"
    assert (item.width, item.height) == (320, 160)
    assert files_there() == {item.file.name, item.thumbnail.name}
    assert not MediaFetch.objects.exists()
    assert not FileToRemove.objects.exists()
    fetched()
    assert api.paths() == ["/pic.jpg"]


def test_of_whatsapp_the_address_is_asked_for_by_id(api: Server) -> None:
    attach(make_channel("whatsapp", credentials=SECRETS), external_id="123", url="https://lookaside.fbsbx.com/old")
    api.answers["/v26.0/123"] = (200, {"url": f"{api.url}/pic.jpg", "file_size": len(JPEG), "id": "123"})
    assert fetched().state == "kept"
    assert api.paths() == ["/v26.0/123", "/pic.jpg"]
    assert [one.headers["authorization"] for one in api.asked] == ["Bearer t", "Bearer t"]


def test_an_address_of_whatsapp_that_ran_out_is_asked_for_anew(api: Server) -> None:
    attach(make_channel("whatsapp", credentials=SECRETS), external_id="123")
    api.answers["/v26.0/123"] = (200, {"url": f"{api.url}/pic.jpg"})
    api.answers["/pic.jpg"] = [(404, b""), (200, JPEG)]
    item = fetched()
    assert (item.state, item.problem) == ("waiting", "try_again status 404")
    assert try_now().state == "kept"
    assert api.paths() == ["/v26.0/123", "/pic.jpg"] * 2


def test_of_telegram_the_path_is_asked_for_by_id(api: Server) -> None:
    attach(make_channel("telegram", credentials=SECRETS), type="photo", external_id="F1")
    api.answers["/bot1:bot/getFile"] = (200, {"ok": True, "result": {"file_id": "F1", "file_path": "photos/1.jpg"}})
    api.answers["/file/bot1:bot/photos/1.jpg"] = (200, JPEG)
    assert fetched().state == "kept"


def test_what_a_bot_may_not_fetch_is_not_asked_for(api: Server) -> None:
    size = 20 * 1024 * 1024 + 1
    attach(make_channel("telegram", credentials=SECRETS), external_id="F1", extra={"file_size": size})
    item = fetched()
    assert (item.state, item.problem, api.asked) == ("failed", "too_large", [])


def test_twilio_leads_on_to_where_the_file_lies_without_our_secret(api: Server) -> None:
    attach(make_channel("twilio", credentials=SECRETS), url=f"{api.url}/2010-04-01/Accounts/AC1/Media/ME1")
    api.answers["/2010-04-01/Accounts/AC1/Media/ME1"] = (307, b"", {"Location": f"{api.url}/pic.jpg?Signature=x"})
    assert fetched().state == "kept"
    first, second = api.asked
    assert first.headers["authorization"] == f"Basic {base64.b64encode(b'AC1:word').decode()}"
    assert "authorization" not in second.headers


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest/", "https://example.com/a", "file:///etc/passwd"])
def test_twilio_is_not_followed_elsewhere(api: Server, where: str) -> None:
    attach(make_channel("twilio", credentials=SECRETS), url=f"{api.url}/m")
    api.answers["/m"] = (302, b"", {"Location": where})
    item = fetched()
    assert (item.state, item.problem) == ("failed", "address")
    assert files_there() == set()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://example.com/a.jpg",
        "https://[::ffff:127.0.0.1]/a",
        "file:///etc/passwd",
        "https://l.facebook.com/l.php?u=x",
        "",
    ],
)
def test_what_lies_elsewhere_is_only_linked(api: Server, page: Channel, url: str) -> None:
    attach(page, url=url)
    assert fetched().state == "linked"
    assert not MediaFetch.objects.exists()


def test_an_address_that_whatsapp_tells_must_be_its_own(api: Server) -> None:
    attach(make_channel("whatsapp", credentials=SECRETS), external_id="123")
    api.answers["/v26.0/123"] = (200, {"url": "http://169.254.169.254/latest/"})
    item = fetched()
    assert (item.state, item.problem) == ("failed", "address")


def test_an_id_is_no_path(api: Server) -> None:
    attach(make_channel("whatsapp", credentials=SECRETS), external_id="../me?fields=x")
    assert fetched().problem == "address"
    assert api.asked == []


def test_a_redirect_of_a_file_is_not_followed(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/away")
    api.answers["/away"] = (302, b"", {"Location": f"{api.url}/pic.jpg"})
    item = fetched()
    assert (item.state, item.problem, api.paths()) == ("failed", "redirect 302", ["/away"])


def test_what_is_too_large_is_not_kept(api: Server, page: Channel) -> None:
    Setting.objects.create(key="media.largest_megabytes", value=1)
    runtime_settings.forget()
    attach(page, url=f"{api.url}/large")
    api.answers["/large"] = (200, b"\0" * (1024 * 1024 + 1))
    item = fetched()
    assert (item.state, item.problem) == ("failed", "too_large")


def test_a_page_that_is_called_a_picture_is_kept_as_a_file_of_no_kind(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/pic.jpg", name="dress.jpg", mime_type="image/jpeg")
    api.answers["/pic.jpg"] = (200, b"<html><script>alert(1)</script>", {"Content-Type": "image/jpeg"})
    item = fetched()
    assert (item.state, item.found_type, item.thumbnail.name) == ("kept", "application/octet-stream", "")


@pytest.mark.parametrize("content", [JPEG[:2000], bomb()], ids=["cut", "bomb"])
def test_a_picture_that_cannot_be_read_is_kept_without_a_small_one(api: Server, page: Channel, content: bytes) -> None:
    attach(page, url=f"{api.url}/pic.jpg")
    api.answers["/pic.jpg"] = (200, content)
    item = fetched()
    assert (item.state, item.thumbnail.name, content_of(item.file.name)) == ("kept", "", content)


def test_what_is_not_to_be_had_now_is_tried_again_and_given_up_in_the_end(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/pic.jpg")
    api.answers["/pic.jpg"] = (503, b"")
    for _attempt in range(ATTEMPTS):
        assert fetched().state != "failed"
        pause = MediaFetch.objects.get().next_attempt_at - timezone.now()
        assert pause > timedelta(seconds=5)
        MediaFetch.objects.update(next_attempt_at=timezone.now())
        if _attempt == ATTEMPTS - 2:
            break
    item = fetched()
    assert (item.state, item.problem) == ("failed", "try_again status 503")
    assert len(api.asked) == ATTEMPTS


def test_what_is_gone_is_not_tried_again(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/pic.jpg")
    api.answers["/pic.jpg"] = (403, b"")
    assert (fetched().state, try_now().problem) == ("failed", "status 403")
    assert len(api.asked) == 1


@committing
def test_a_channel_that_keeps_no_files_only_links_them(api: Server, page: Channel) -> None:
    Channel.objects.update(keeps_media=False)
    send_picture(page, f"{api.url}/pic.jpg")
    item = fetched()
    assert (item.state, item.url, api.asked) == ("linked", f"{api.url}/pic.jpg", [])


@committing
def test_two_drains_at_once_fetch_once(api: Server, page: Channel) -> None:
    for number in range(6):
        attach(page, url=f"{api.url}/{number}")
        api.answers[f"/{number}"] = (200, JPEG)
    start = threading.Barrier(2)

    def drain() -> None:
        try:
            start.wait()
            run()
        finally:
            connection.close()

    threads = [threading.Thread(target=drain) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(api.paths()) == [f"/{number}" for number in range(6)]
    assert {item.state for item in Attachment.objects.all()} == {"kept"}
    assert len(files_there()) == 12


class Killed(BaseException):
    """Stands for the death of the process."""


class DiesBeforeCommit(MediaDrain):
    def write(self, row: MediaFetch, found: Copy) -> SendError | None:
        super().write(row, found)
        raise Killed


def test_who_dies_between_file_and_row_leaves_no_file_for_ever(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/pic.jpg")
    with pytest.raises(Killed):
        DiesBeforeCommit().run_batch()
    left = files_there()
    assert len(left) == 2
    assert Attachment.objects.get().state == "waiting"
    item = try_now()
    assert item.state == "kept"
    assert files_there() == left | {item.file.name, item.thumbnail.name}
    FileToRemove.objects.update(remove_at=timezone.now())
    fetched()
    assert files_there() == {item.file.name, item.thumbnail.name}
    assert not FileToRemove.objects.exists()


class TooLate(MediaDrain):
    """Takes so long that its files are removed as nobody's meanwhile."""

    def write(self, row: MediaFetch, found: Copy) -> SendError | None:
        FileToRemove.objects.all().delete()
        return super().write(row, found)


def test_who_comes_too_late_with_a_file_does_not_name_it(api: Server, page: Channel) -> None:
    attach(page, url=f"{api.url}/pic.jpg")
    item = run(TooLate())
    assert item
    assert (item.state, item.file.name, item.problem) == ("waiting", "", "try_again late")


@committing
def test_who_unsends_a_picture_has_our_copies_removed(api: Server, page: Channel) -> None:
    send_picture(page, f"{api.url}/pic.jpg")
    fetched()
    assert len(files_there()) == 2
    unsend(page)
    assert not Attachment.objects.exists()
    run()
    assert files_there() == set()
    assert not FileToRemove.objects.exists()


class UnsentMeanwhile(MediaDrain):
    channel: Channel

    def _write_down(self, row: MediaFetch, outcome: Copy | SendError) -> None:
        unsend(self.channel)
        super()._write_down(row, outcome)


@committing
def test_a_picture_that_is_unsent_while_it_is_fetched_is_not_kept(api: Server, page: Channel) -> None:
    send_picture(page, f"{api.url}/pic.jpg")
    drain = UnsentMeanwhile()
    drain.channel = page
    run(drain)
    assert Message.objects.get().deleted_at
    run()
    assert files_there() == set()
    assert not MediaFetch.objects.exists()
    assert not FileToRemove.objects.exists()


def test_a_fetch_whose_attachment_is_gone_is_forgotten(page: Channel) -> None:
    item = attach(page, url="https://scontent.xx.fbcdn.net/a.jpg")
    MediaFetch.objects.create(attachment=item, channel=page)
    item.delete()
    run()
    assert not MediaFetch.objects.exists()


def test_of_a_file_of_ours_is_found_out_what_it_is(page: Channel) -> None:
    name = default_storage.save("2026/ours", ContentFile(JPEG))
    attach(page, file=name, mime_type="image/jpeg")
    item = fetched()
    assert (item.state, item.file.name, item.found_type) == ("kept", name, "image/jpeg")
    assert files_there() == {name, item.thumbnail.name}
