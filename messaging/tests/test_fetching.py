"""Files are fetched from where platforms keep them, and from nowhere else."""

import gzip
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm.public_addresses import is_public
from crm.tests.resolving import PUBLIC
from messaging.fetching import HOSTS, FetchError, Why, fetch
from messaging.sniffing import sniff
from messaging.tests.http_server import Server, serving

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
META = HOSTS["messenger"]
HOST = "scontent.xx.fbcdn.net"


@pytest.fixture
def stand_in(settings: Any) -> Iterator[Server]:
    """The platforms' API, on a port of this machine, as an operator may set it."""
    with serving() as server:
        settings.GRAPH_API_URL = server.url
        yield server


def why_not(url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, hosts=META, most_bytes=1000, **options)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://scontent.xx.fbcdn.net/a.jpg",
        "ftp://scontent.xx.fbcdn.net/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://0x7f.1/",
        "https://example.com/a.jpg",
        "https://fbcdn.net.example.com/a.jpg",
        "https://evilfbcdn.net/a.jpg",
        "https://scontent.xx.fbcdn.net@example.com/",
        "https://example.com\\@scontent.xx.fbcdn.net/",
        "https://user:word@scontent.xx.fbcdn.net/",
        "https://scontent.xx.fbcdn.net:8443/a.jpg",
        "https://scontent.xx.fbcdn.net\r\nHost: x/",
        "//scontent.xx.fbcdn.net/a.jpg",
        "",
    ],
)
def test_only_https_and_hosts_of_the_list_are_asked(url: str, resolved: Any, connected: list[str]) -> None:
    assert why_not(url).why == Why.ADDRESS
    assert connected == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "ff02::1", "no address",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_notation(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["169.254.169.254"], [PUBLIC, "10.0.0.1"], ["::ffff:127.0.0.1"]])
def test_an_allowed_name_that_leads_inside_is_refused(
    addresses: list[str], resolved: list[list[str]], connected: list[str]
) -> None:
    resolved[:] = [addresses]
    assert str(why_not(f"https://{HOST}/a.jpg")) == "address private"
    assert connected == []


def test_a_name_is_resolved_once_and_that_address_connected_to(resolved: list[list[str]], connected: list[str]) -> None:
    resolved[:] = [[PUBLIC], ["127.0.0.1"]]  # as a host would answer that means to get at what is within
    failure = why_not(f"https://{HOST}/a.jpg")
    assert (failure.why, failure.retryable) == (Why.UNREACHABLE, True)
    assert connected == [PUBLIC]


def test_a_file_is_fetched_by_tls_in_the_name_of_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resolved: Any
) -> None:
    certificate = make_certificate(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(server_context(certificate)) as server:
        send_to(server, monkeypatch)
        server.answers["/a/%C3%BC.png"] = (200, PNG, {"Content-Type": "text/html; charset=utf-8"})
        found = fetch(f"https://{HOST}/a/ü.png?x=1 2", hosts=META, most_bytes=1000)
    assert (found.content, found.mime_type, found.declared_type) == (PNG, "image/png", "text/html")
    [asked] = server.asked
    assert (asked.headers["host"], asked.query, asked.headers["accept-encoding"]) == (HOST, {"x": "1 2"}, "identity")


def test_a_certificate_of_another_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resolved: Any
) -> None:
    certificate = make_certificate(tmp_path, "other.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(server_context(certificate)) as server:
        send_to(server, monkeypatch)
        assert str(why_not(f"https://{HOST}/a.png")) == "unreachable SSLCertVerificationError"
    assert server.asked == []


def test_the_operators_stand_in_is_asked_though_it_is_local(stand_in: Server) -> None:
    stand_in.answers["/a.png"] = (200, PNG)
    found = fetch(f"{stand_in.url}/a.png", hosts=(), most_bytes=1000, headers={"Authorization": "Bearer t"})
    assert found.content == PNG
    assert stand_in.asked[0].headers["authorization"] == "Bearer t"


def test_another_port_of_this_machine_is_no_stand_in(stand_in: Server) -> None:
    with serving() as other:
        assert why_not(f"{other.url}/a.png").why == Why.ADDRESS
    assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(stand_in: Server, status: int) -> None:
    stand_in.answers["/a.png"] = (status, b"", {"Location": f"{stand_in.url}/secret"})
    failure = why_not(f"{stand_in.url}/a.png")
    assert (failure.why, failure.location, failure.retryable) == (Why.REDIRECT, f"{stand_in.url}/secret", False)
    assert stand_in.paths() == ["/a.png"]


@pytest.mark.parametrize("status,retryable", [(404, False), (403, False), (429, True), (500, True), (503, True)])
def test_what_is_not_there_is_told_from_what_may_come_back(stand_in: Server, status: int, retryable: bool) -> None:
    stand_in.answers["/a.png"] = (status, b"")
    failure = why_not(f"{stand_in.url}/a.png")
    assert (failure.why, failure.status, failure.retryable) == (Why.STATUS, status, retryable)


def test_a_file_that_says_it_is_too_large_is_not_read(stand_in: Server) -> None:
    def say(out: Any) -> None:
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        out.flush()
        time.sleep(1)

    stand_in.answers["/a.png"] = (200, say)
    began = time.monotonic()
    assert why_not(f"{stand_in.url}/a.png").why == Why.TOO_LARGE
    assert time.monotonic() - began < 0.9


def test_a_file_that_does_not_say_how_large_it_is_is_read_up_to_the_bound(stand_in: Server) -> None:
    sent: list[int] = []

    def flood(out: Any) -> None:
        out.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(2000):
            sent.append(out.write(b"x" * 65536) or 0)

    stand_in.answers["/a.png"] = (200, flood)
    assert why_not(f"{stand_in.url}/a.png").why == Why.TOO_LARGE
    assert len(sent) < 2000


def test_exactly_the_bound_is_allowed(stand_in: Server) -> None:
    stand_in.answers["/a.png"] = (200, b"x" * 1000)
    assert len(fetch(f"{stand_in.url}/a.png", hosts=(), most_bytes=1000).content) == 1000


def test_a_compressed_body_is_refused_unopened(stand_in: Server) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    stand_in.answers["/a.png"] = (200, bomb[:900], {"Content-Encoding": "gzip", "Content-Length": "900"})
    assert why_not(f"{stand_in.url}/a.png").why == Why.ENCODED


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 2"]
)
def test_a_host_that_sends_a_byte_now_and_then_is_cut(stand_in: Server, beginning: bytes) -> None:
    def drip(out: Any) -> None:
        out.write(beginning)
        for _ in range(60):
            out.write(b"1")
            out.flush()
            time.sleep(0.1)

    stand_in.answers["/a.png"] = (200, drip)
    began = time.monotonic()
    failure = why_not(f"{stand_in.url}/a.png", seconds=0.5)
    assert (failure.why, failure.retryable) == (Why.TOO_SLOW, True)
    assert time.monotonic() - began < 3


def test_a_host_that_says_nothing_is_cut(stand_in: Server) -> None:
    stand_in.answers["/a.png"] = (200, lambda out: time.sleep(1.5))
    assert why_not(f"{stand_in.url}/a.png", seconds=0.3).why == Why.TOO_SLOW


def test_a_body_that_ends_early_is_no_file(stand_in: Server) -> None:
    stand_in.answers["/a.png"] = (200, lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf"))
    assert why_not(f"{stand_in.url}/a.png").why == Why.UNREACHABLE


def test_no_error_holds_the_address(stand_in: Server) -> None:
    stand_in.answers["/bot1:secret/a"] = (404, b"")
    assert "secret" not in str(why_not(f"{stand_in.url}/bot1:secret/a"))
    assert "secret" not in str(why_not("https://example.com/bot1:secret"))


@pytest.mark.parametrize(
    "content,mime_type",
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"OggS\x00", "audio/ogg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>", "application/octet-stream"),
        (b"<html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_are(content: bytes, mime_type: str) -> None:
    assert sniff(content) == mime_type


def make_certificate(folder: Path, name: str) -> Path:
    """Write a certificate for a host, and its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(pem) + written)
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def send_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the public address lead to a server of this machine, as the internet's routes would."""
    port = int(server.url.rpartition(":")[2])

    def reach(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        assert address == (PUBLIC, 443)
        plain = socket.socket()
        plain.connect(("127.0.0.1", port))
        return plain

    monkeypatch.setattr(socket, "create_connection", reach)
