"""The answers of the webhook endpoint, each from a real server over HTTP."""

import gzip
import hashlib
import hmac
import http.client
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import psutil
import pytest

from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(70)

SECRET = "endpoint-secret"
PATH = "/webhooks/shop/"


@pytest.fixture(scope="module")
def shop() -> Iterator[Installation]:
    """Web processes with a Messenger channel, and nobody who drains."""
    installation = Installation(WEB_WORKERS="1")
    add_channel(installation, "shop")
    installation.start("web")
    yield installation
    installation.close()


def add_channel(installation: Installation, slug: str, external_id: str = "100") -> None:
    words = ["--slug", slug, "--name", slug, "--external-id", external_id]
    secrets = ["--secret", f"app_secret={SECRET}", "--secret", "verify_token=verify-me"]
    installation.manage("channel", "add", "messenger", *words, *secrets)


def body(mid: str, text: str = "hello", page: str = "100") -> bytes:
    message = {
        "sender": {"id": "5"},
        "recipient": {"id": page},
        "timestamp": 1767225600000,
        "message": {"mid": mid, "text": text},
    }
    return orjson.dumps({"object": "page", "entry": [{"id": page, "time": 1, "messaging": [message]}]})


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), raw, hashlib.sha256).hex()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def post(installation: Installation, raw: bytes, path: str = PATH, **headers: str) -> int:
    status, answer = installation.request("POST", path, raw, signed(raw) | headers)
    assert answer == b"" or status != 200  # Twilio sends any text to the customer
    return status


def stored(installation: Installation) -> int:
    return installation.count("messaging_webhookdelivery")


def test_a_signed_delivery_is_stored_once_however_often_it_comes(shop: Installation) -> None:
    raw, before = body("m_once"), stored(shop)
    assert [post(shop, raw) for _ in range(3)] == [200, 200, 200]
    assert stored(shop) == before + 1


def test_a_webhook_starts_no_session_and_passes_no_middleware(shop: Installation) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=20)
    raw = body("m_headers")
    connection.request("POST", PATH, raw, signed(raw))
    response = connection.getresponse()
    headers = {name.lower() for name, _ in response.getheaders()}
    connection.close()
    assert response.status == 200
    assert headers.isdisjoint(
        {"set-cookie", "vary", "content-security-policy", "content-language", "transfer-encoding"}
    )


def test_an_unknown_address_is_not_found(shop: Installation) -> None:
    assert post(shop, body("m_unknown"), "/webhooks/nobody/") == 404
    assert shop.request("GET", "/webhooks/nobody/")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha1=" + "0" * 40},
        {"X-Hub-Signature-256": "sha256=é"},
    ],
)
def test_a_forged_delivery_is_refused_counted_and_not_stored(shop: Installation, headers: dict[str, str]) -> None:
    before = stored(shop), shop.sql("SELECT rejected_signatures FROM crm_channel WHERE slug = 'shop'")[0][0]
    assert post(shop, body("m_forged"), **headers) == 403
    after = stored(shop), shop.sql("SELECT rejected_signatures FROM crm_channel WHERE slug = 'shop'")[0][0]
    assert after == (before[0], before[1] + 1)


def test_an_inactive_channel_still_verifies_stores_and_answers_200(shop: Installation) -> None:
    add_channel(shop, "asleep", "200")
    shop.sql("UPDATE crm_channel SET is_active = false WHERE slug = 'asleep'")
    raw = body("m_asleep", page="200")
    assert post(shop, raw, "/webhooks/asleep/") == 200
    assert shop.count("messaging_webhookdelivery", "status = 'ignored'") == 1
    assert shop.request("POST", "/webhooks/asleep/", raw, signed(raw, "wrong"))[0] == 403


def test_size_and_encoding_have_bounds(shop: Installation) -> None:
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as connection:  # refused by its head alone
        connection.sendall(b"POST /webhooks/shop/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n")
        assert connection.recv(100).split(b" ")[1] == b"413"
    packed = gzip.compress(body("m_packed"))
    assert shop.request("POST", PATH, packed, signed(packed) | {"Content-Encoding": "gzip"})[0] == 415
    fits = body("m_fits", "x" * (1024 * 1024 - 300))
    assert post(shop, fits) == 200


def test_a_body_in_chunks_is_read_whole(shop: Installation) -> None:
    raw = body("m_chunked", "in three chunks")
    chunks = iter([raw[:20], raw[20:50], raw[50:]])
    before = stored(shop)
    assert shop.request("POST", PATH, chunks, signed(raw) | {"Transfer-Encoding": "chunked"})[0] == 200
    assert stored(shop) == before + 1


def test_fifty_megabytes_in_chunks_are_refused_without_being_held(shop: Installation) -> None:
    workers = psutil.Process(shop.processes[0].pid).children(recursive=True)
    before = max(worker.memory_info().rss for worker in workers)
    assert _send_endlessly(shop.port) in (b"413", b"")
    after = max(worker.memory_info().rss for worker in workers)
    assert after - before < 20 * 1024 * 1024
    assert post(shop, body("m_after_large")) == 200


def _send_endlessly(port: int) -> bytes:
    """Send 50 MB in chunks and return the status, empty where the server hung up."""
    piece = b"x" * 65536
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST /webhooks/shop/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(800):
                connection.sendall(b"10000\r\n" + piece + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
            return connection.recv(100).split(b" ")[1]
        except OSError:
            return b""


def test_neither_length_nor_body_is_411(shop: Installation) -> None:
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as connection:
        connection.sendall(b"POST /webhooks/shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(100).split(b" ")[1] == b"411"


@pytest.mark.parametrize("accept", ["application/xml", "text/html;q=0.1", "nonsense", "*/*"])
def test_accept_is_ignored(shop: Installation, accept: str) -> None:
    assert post(shop, body(f"m_accept_{accept}"), Accept=accept) == 200


def test_other_methods_are_refused(shop: Installation) -> None:
    assert {shop.request(method, PATH)[0] for method in ("PUT", "DELETE", "PATCH")} == {405}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=1158201444", (200, b"1158201444")),
        ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1", (403, b"")),
        ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1", (403, b"")),
        ("hub.mode=unsubscribe&hub.verify_token=verify-me&hub.challenge=1", (403, b"")),
        ("", (403, b"")),
    ],
)
def test_the_handshake_is_answered_for_the_right_token_alone(shop: Installation, query: str, expected: Any) -> None:
    assert shop.request("GET", f"{PATH}?{query}") == expected


HOSTILE = {
    "nested": b'{"object":"page","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested and unclosed": b'{"a":' * 50_000,
    "truncated": body("m_truncated")[:-20],
    "with NUL characters": body("m_nul", "a").replace(b'"a"', b'"a\\u0000b"'),
    "with raw NUL bytes": body("m_raw_nul").replace(b"hello", b"he\x00llo"),
    "not UTF-8": body("m_bytes", "hello").replace(b"hello", b"\xff\xfe\xfa"),
    "a lone surrogate": body("m_surrogate", "hello").replace(b"hello", b"\\ud800"),
    "empty": b"",
    "a list": b"[]",
    "a number": b"1e999",
    "not JSON": b"<xml/>",
    "wrong types": b'{"object":"page","entry":[{"id":true,"messaging":{"a":1},"changes":[null,{"value":7}]},3,null]}',
    "a huge number": b'{"object":"page","entry":[{"id":' + b"9" * 5000 + b"}]}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_signed_is_stored_and_never_a_500(shop: Installation, name: str) -> None:
    before = stored(shop)
    assert post(shop, HOSTILE[name]) == 200
    assert stored(shop) == before + 1


def test_the_same_body_fifty_times_at_once_is_one_message(shop: Installation) -> None:
    raw = body("m_fifty")
    with ThreadPoolExecutor(25) as pool:
        assert list(pool.map(lambda _: post(shop, raw), range(50))) == [200] * 50
    shop.manage("drain", "deliveries", "--once")
    assert shop.count("messaging_message", "external_id = 'm_fifty'") == 1
    failed = shop.sql("SELECT error FROM messaging_webhookdelivery WHERE status = 'failed'")
    assert ("not JSON at byte 0",) in failed  # hostile bodies ended here with their reasons
    assert shop.count("messaging_message", "external_id = 'm_nul' AND text = 'a�b'") == 1


@pytest.fixture
def fragile() -> Iterator[Installation]:
    """An installation whose database may be taken away."""
    installation = Installation(WEB_WORKERS="1")
    add_channel(installation, "shop")
    yield installation
    installation.server.start()
    installation.close()


def test_without_the_database_deliveries_wait_on_disk_encrypted(fragile: Installation) -> None:
    fragile.start("web")
    assert post(fragile, body("m_before")) == 200
    fragile.server.stop("immediate")
    assert [post(fragile, body(f"m_away_{n}", "zanzibar")) for n in range(5)] == [200] * 5
    assert fragile.request("POST", PATH, body("m_x"), signed(body("m_x"), "wrong"))[0] == 403
    files = fragile.spooled()
    assert len(files) == 5
    assert not any(b"zanzibar" in file.read_bytes() for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}

    fragile.server.start()
    wait_until(lambda: post(fragile, body("m_back")) == 200 and stored(fragile) == 2, "storing in the table again")
    fragile.start("ingest")
    wait_until(lambda: fragile.count("messaging_message") == 7, "draining of the spool")
    assert fragile.spooled() == []


def test_a_hanging_database_does_not_hold_up_the_platform(fragile: Installation) -> None:
    fragile.start("web")
    assert post(fragile, body("m_before")) == 200
    backends = psutil.Process(fragile.server.postmaster.pid()).children()
    for backend in backends:
        os.kill(backend.pid, signal.SIGSTOP)
    try:
        assert fragile.request("POST", PATH, body("m_hang"), signed(body("m_hang")), timeout=8)[0] == 200
        assert len(fragile.spooled()) == 1
    finally:
        for backend in backends:
            os.kill(backend.pid, signal.SIGCONT)


def test_when_the_disk_cannot_take_it_either_the_platform_is_told_to_come_back(fragile: Installation) -> None:
    fragile.start("web", SPOOL_MAX_BYTES="10")
    assert post(fragile, body("m_before")) == 200
    fragile.server.stop("immediate")
    assert post(fragile, body("m_refused")) == 503
    fragile.server.start()
    wait_until(lambda: post(fragile, body("m_refused")) == 200, "recovery")


def test_past_the_bound_deliveries_wait_on_disk(fragile: Installation) -> None:
    fragile.start("web", WEBHOOK_BACKLOG_BOUND="3")
    assert [post(fragile, body(f"m_{n}")) for n in range(4)] == [200] * 4
    wait_until(lambda: post(fragile, body("m_more")) == 200 and fragile.spooled(), "spooling")
    assert stored(fragile) <= 5


def test_a_cold_process_keeps_what_it_cannot_verify_and_verifies_it_later(fragile: Installation) -> None:
    fragile.start("web", SPOOL_UNVERIFIED_MAX="3")
    fragile.server.stop("immediate")
    assert post(fragile, body("m_cold")) == 200
    forged = body("m_forged")
    assert fragile.request("POST", PATH, forged, signed(forged, "wrong"))[0] == 200
    assert post(fragile, body("m_cold_2")) == 200
    assert post(fragile, body("m_past_the_cap")) == 503

    fragile.server.start()
    fragile.start("ingest")
    wait_until(lambda: not fragile.spooled(), "draining of the spool")
    wait_until(lambda: fragile.count("messaging_message") == 2, "both messages")
    assert fragile.sql("SELECT rejected_signatures FROM crm_channel WHERE slug = 'shop'") == [(1,)]


def test_a_channel_whose_secrets_do_not_open_keeps_its_deliveries_for_later(fragile: Installation) -> None:
    add_channel(fragile, "other", "101")
    (sealed,) = fragile.sql("SELECT credentials FROM crm_channel WHERE slug = 'shop'")[0]
    fragile.sql("UPDATE crm_channel SET credentials = 'damaged' WHERE slug = 'shop'")
    fragile.start("web")
    fragile.start("ingest")
    assert [post(fragile, body(f"m_{n}")) for n in range(3)] == [200] * 3
    assert fragile.request("GET", f"{PATH}?hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=1")[0] == 503
    assert post(fragile, body("m_other", page="101"), "/webhooks/other/") == 200
    wait_until(lambda: fragile.count("messaging_message", "external_id = 'm_other'"), "the other channel's message")
    assert len(fragile.spooled()) == 3
    fragile.sql("UPDATE crm_channel SET credentials = %s WHERE slug = 'shop'", sealed)
    wait_until(lambda: fragile.count("messaging_message") == 4, "all messages")
    assert fragile.spooled() == []


def test_a_full_disk_is_told_and_heals(fragile: Installation) -> None:
    """The kernel refuses the spool's writes, as on a full disk, and then takes them again."""
    web = fragile.start("web")
    assert post(fragile, body("m_before")) == 200
    fragile.server.stop("immediate")
    workers = [psutil.Process(web.pid), *psutil.Process(web.pid).children(recursive=True)]
    limits = [(worker, worker.rlimit(psutil.RLIMIT_FSIZE)) for worker in workers]
    for worker, (_, hard) in limits:
        worker.rlimit(psutil.RLIMIT_FSIZE, (0, hard))
    assert [post(fragile, body(f"m_full_{n}")) for n in range(3)] == [503] * 3
    for worker, limit in limits:
        worker.rlimit(psutil.RLIMIT_FSIZE, limit)
    assert post(fragile, body("m_freed")) == 200
    assert len(fragile.spooled()) == 1
    assert list((fragile.folder / "spool").glob("*.partial")) == []


def test_a_table_locked_for_a_migration_does_not_hold_up_the_platform(fragile: Installation) -> None:
    fragile.start("web")
    assert post(fragile, body("m_before")) == 200
    with ThreadPoolExecutor(1) as pool:
        locking = pool.submit(
            fragile.sql,
            "DO $$ BEGIN LOCK TABLE messaging_webhookdelivery IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(6); END $$",
        )
        wait_until(lambda: fragile.count("pg_locks", "mode = 'AccessExclusiveLock' AND granted"), "the lock")
        assert [post(fragile, body(f"m_locked_{n}")) for n in range(3)] == [200] * 3
        assert len(fragile.spooled()) == 3
        locking.result()
    fragile.start("ingest")
    wait_until(lambda: fragile.count("messaging_message") == 4, "all messages")
