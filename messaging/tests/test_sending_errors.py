"""What goes wrong on a platform or on the way, and what we make of it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from messaging.channels import adapter_for, http
from messaging.channels.outbound import Content, Media, Outbound, Reason, SendError, Sent
from messaging.simulation.stand_in.running import running_beside
from messaging.simulation.stand_in.server import StandIn
from messaging.tests.installation import free_port
from messaging.tests.sending_world import ACCOUNTS, KEYS, PLATFORMS, SECRETS, URL_SETTINGS, Control, players


@pytest.fixture
def stand_in(settings: Any) -> Iterator[Control]:
    with running_beside(StandIn("http://127.0.0.1:1", reader=players), free_port()) as url:
        for name in URL_SETTINGS:
            setattr(settings, name, url)
        control = Control(url)
        control.manners(reports="drop")
        yield control


def outbound(platform: str, **fields: Any) -> Outbound:
    values: dict[str, Any] = {
        "token": "0" * 32,
        "account_id": ACCOUNTS[platform],
        "content": Content.TEXT,
        "to": ((KEYS[platform], "201000000001"),),
        "text": "Hello",
        "callback_url": "http://crm.example/webhooks/x/?message=1",
    }
    return Outbound(**values | fields)


def send(platform: str, **fields: Any) -> Sent:
    return adapter_for(platform).send(outbound(platform, **fields), SECRETS[platform])


def refused(platform: str, **fields: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        send(platform, **fields)
    return caught.value


CODES: dict[str, dict[str, Reason]] = {
    "messenger": {
        "1": Reason.TRY_AGAIN,
        "2": Reason.TRY_AGAIN,
        "4": Reason.THROTTLED,
        "32": Reason.THROTTLED,
        "613": Reason.THROTTLED,
        "80007": Reason.THROTTLED,
        "190": Reason.TOKEN,
        "190/463": Reason.TOKEN,
        "10": Reason.SETUP,
        "200": Reason.SETUP,
        "10/2018278": Reason.WINDOW,
        "10/2018065": Reason.WINDOW,
        "551": Reason.UNREACHABLE,
        "200/1545041": Reason.UNREACHABLE,
        "100/2018001": Reason.UNREACHABLE,
        "100": Reason.CONTENT,
        "100/2018047": Reason.CONTENT,
        "368": Reason.REFUSED,
    },
    "instagram": {
        "4": Reason.THROTTLED,
        "190": Reason.TOKEN,
        "10/2534022": Reason.WINDOW,
        "100/2534014": Reason.UNREACHABLE,
        "100": Reason.CONTENT,
        "3": Reason.SETUP,
    },
    "whatsapp": {
        "4": Reason.THROTTLED,
        "80007": Reason.THROTTLED,
        "130429": Reason.THROTTLED,
        "131048": Reason.THROTTLED,
        "131056": Reason.THROTTLED,
        "131000": Reason.TRY_AGAIN,
        "131016": Reason.TRY_AGAIN,
        "190": Reason.TOKEN,
        "10": Reason.SETUP,
        "131005": Reason.SETUP,
        "133010": Reason.SETUP,
        "131047": Reason.WINDOW,
        "131026": Reason.UNREACHABLE,
        "131049": Reason.WITHHELD,
        "131050": Reason.OPTED_OUT,
        "100": Reason.CONTENT,
        "131009": Reason.CONTENT,
        "131051": Reason.CONTENT,
        "131053": Reason.CONTENT,
        "132000": Reason.CONTENT,
        "132015": Reason.CONTENT,
        "999999": Reason.REFUSED,
    },
    "telegram": {
        "400": Reason.CONTENT,
        "401": Reason.TOKEN,
        "403": Reason.UNREACHABLE,
        "404": Reason.TOKEN,
        "409": Reason.REFUSED,
        "413": Reason.CONTENT,
        "429": Reason.THROTTLED,
        "500": Reason.TRY_AGAIN,
    },
    "twilio": {
        "14107": Reason.THROTTLED,
        "20003": Reason.TOKEN,
        "20404": Reason.SETUP,
        "20429": Reason.THROTTLED,
        "20500": Reason.TRY_AGAIN,
        "21211": Reason.UNREACHABLE,
        "21606": Reason.SETUP,
        "21610": Reason.OPTED_OUT,
        "21614": Reason.UNREACHABLE,
        "21617": Reason.CONTENT,
        "63016": Reason.WINDOW,
        "63018": Reason.THROTTLED,
        "99999": Reason.REFUSED,
    },
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_code_has_its_reason(stand_in: Control, platform: str) -> None:
    found = {}
    for code in CODES[platform]:
        stand_in.trouble("fail", code=code, times=1)
        error = refused(platform)
        found[code] = error.reason
        assert error.code == code
    assert found == CODES[platform]
    assert stand_in.sends() == []
    assert send(platform).external_id


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_reason_that_passes_is_told_on_some_platform(platform: str) -> None:
    assert {Reason.THROTTLED, Reason.TOKEN, Reason.CONTENT} <= set(CODES[platform].values())


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, Reason.THROTTLED),
        (500, Reason.UNKNOWN),
        (502, Reason.UNKNOWN),
        (503, Reason.TRY_AGAIN),
        (504, Reason.UNKNOWN),
        (418, Reason.REFUSED),
    ],
)
def test_an_answer_without_the_platforms_word_is_read_by_its_status(
    stand_in: Control, platform: str, status: int, reason: Reason
) -> None:
    stand_in.trouble("fail", status=status, seconds=9 if status == 429 else 0, times=1)
    error = refused(platform)
    assert (error.reason, error.code) == (reason, str(status))
    assert error.retry_after == (9 if status == 429 else None)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_how_long_to_wait_is_taken_over(stand_in: Control, platform: str) -> None:
    stand_in.trouble("throttle", seconds=17, times=1)
    error = refused(platform)
    assert (error.reason, error.retry_after, error.one_person) == (Reason.THROTTLED, 17, False)


def test_too_much_to_one_person_holds_up_only_them(stand_in: Control) -> None:
    stand_in.trouble("fail", code="131056", times=1)
    error = refused("whatsapp")
    assert error.one_person
    assert error.retry_after


def test_the_usage_that_headers_tell_is_read(stand_in: Control) -> None:
    stand_in.trouble("usage", per_cent=62.5, times=1)
    assert send("messenger").usage == 62.5
    assert send("messenger").usage is None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_that_expired_or_is_missing_is_told(stand_in: Control, platform: str) -> None:
    stand_in.expire(platform=platform)
    assert refused(platform).reason == Reason.TOKEN
    with pytest.raises(SendError) as caught:
        adapter_for(platform).send(outbound(platform), {})
    assert caught.value.reason == Reason.SETUP


@pytest.mark.parametrize("platform", PLATFORMS[:-1])  # Twilio's is encoded, whatever it is
@pytest.mark.parametrize("token", ["né", "two\nlines"])
def test_a_token_that_no_request_can_carry_is_a_matter_of_setup(stand_in: Control, platform: str, token: str) -> None:
    credentials = {name: [token] for name in SECRETS[platform]}
    with pytest.raises(SendError) as caught:
        adapter_for(platform).send(outbound(platform), credentials)
    assert caught.value.reason == Reason.SETUP
    assert stand_in.requests() == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_somebody_whose_id_we_do_not_know_cannot_be_reached(stand_in: Control, platform: str) -> None:
    assert refused(platform, to=()).reason == Reason.UNREACHABLE


def test_while_only_the_file_was_on_its_way_nothing_was_sent(stand_in: Control) -> None:
    picture = Media("image", "x.png", "image/png", "", lambda: b"picture")
    stand_in.trouble("hang_up", on="upload", times=1)
    assert refused("whatsapp", content=Content.MEDIA, media=picture).reason == Reason.TRY_AGAIN
    assert stand_in.sends() == []
    stand_in.trouble("die", times=1)
    assert refused("whatsapp", content=Content.MEDIA, media=picture).reason == Reason.UNKNOWN
    assert len(stand_in.sends()) == 1


# --- the way there ---


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that treats one connection in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def _run() -> None:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                serve(client)

        thread = threading.Thread(target=_run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            listening.close()
            thread.join(5)


def asked(url: str) -> Reason:
    with pytest.raises(SendError) as caught:
        http.ask("POST", url, json={"text": "secret words"}, headers={"Authorization": "Bearer secret"})
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
    return caught.value.reason


def test_what_never_left_is_tried_again() -> None:
    assert asked(f"http://127.0.0.1:{free_port()}/") == Reason.TRY_AGAIN
    assert asked("http://no-such-host.invalid/") == Reason.TRY_AGAIN
    assert asked("http://[half/") == Reason.TRY_AGAIN


def test_a_host_that_takes_no_connection_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        time.sleep(0.1)
        try:
            assert asked(f"http://127.0.0.1:{address[1]}/") == Reason.TRY_AGAIN
        finally:
            for one in waiting:
                one.close()


def reset(client: socket.socket) -> None:
    client.recv(65536)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hang_up(client: socket.socket) -> None:
    client.recv(65536)


def stall(client: socket.socket) -> None:
    client.recv(65536)
    client.recv(1)


def break_off(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def babble(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"good day\r\n\r\n")


@pytest.mark.parametrize("serve", [reset, hang_up, stall, break_off, babble])
def test_what_left_and_was_not_answered_may_have_been_sent(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.3)
    with server(serve) as url:
        assert asked(url) == Reason.UNKNOWN


def test_a_broken_tls_connection_leaves_it_unknown() -> None:
    with server(babble) as url:
        assert asked(url.replace("http:", "https:")) == Reason.UNKNOWN  # TLS may break at any time; we do not look when


def test_no_redirect_is_followed() -> None:
    def _elsewhere(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with server(_elsewhere) as url:
        assert http.ask("POST", url, json={}).status == 307
