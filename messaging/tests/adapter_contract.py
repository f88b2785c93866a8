"""What every adapter must stand, to be inherited: `class TestX(AdapterContract)` with the attributes filled in.

A platform of Meta inherits `MetaAdapterContract`, which adds the handshake and batches.
"""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import orjson
import pytest

from messaging.channels import Adapter, BadSignature, MalformedPayload, Received, adapter_for
from messaging.channels.contract import Credentials
from messaging.channels.events import Event, Ignored
from messaging.channels.vocabulary import as_vocabulary
from messaging.simulation.signing import signed_headers
from messaging.tests.event_shapes import assert_well_formed
from messaging.tests.payload_files import payload_files

NOT_ASCII = ("é", "sha256=é", "sha256=\udcff", "ü" * 5000, "\x00", "ملف", "=", "sha256=")
#: Written into the words of a body: what JSON or a form may carry and PostgreSQL or UTF-8 may not.
UNSTORABLE = (
    b"\\u0000", b"\\ud83d", b"\\udc00\\ud800", b"\x00", b"\xff\xfe", b"\xed\xa0\x80",
    b"%00", b"%ED%A0%80", b"%FF", b"\\u0000\\ud83d\xff",
)  # fmt: skip
WRONG: tuple[Any, ...] = (None, [], {}, 1, "", "x", True, [{}], ["x"], 10**30)
WRONG_FIELDS = ("", " ", "x", "[]", "{}", "null", "-1", "9" * 400, "\x00", "whatsapp:", "+")


class AdapterContract:
    """Security and robustness of one adapter."""

    #: Name in the registry, and folder of the payload fixtures.
    platform: ClassVar[str]
    #: Which of `SECRETS` proves a request.
    secret: ClassVar[str]
    signature_header: ClassVar[str]
    #: False where the platform proves only that it knows the secret (Telegram).
    signs_body: ClassVar[bool] = True
    #: A body with one event; it holds `words` once, in a person's text.
    body: ClassVar[bytes]
    words: ClassVar[bytes] = b"Marhaba"
    #: A well-formed body that speaks of nothing we know.
    unknown: ClassVar[bytes]
    #: Bodies that the platform would never send.
    malformed: ClassVar[tuple[bytes, ...]] = (
        b"", b" ", b"{", b"not json", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"\x00", b'{"text": "Marhaba", "x"',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[" * 100_000, b'{"n":' + b"9" * 5000 + b",}",
    )  # fmt: skip
    url: ClassVar[str] = "https://crm.example/webhooks/shop/"
    #: What the GET of Meta's handshake is answered with, None: there is no handshake.
    challenge_answer: ClassVar[str | None] = None

    @property
    def adapter(self) -> Adapter:
        return adapter_for(self.platform)

    def credentials(self, *secrets: str) -> Credentials:
        return {self.secret: list(secrets), "verify_token": ["token of the shop"]}

    def signed(self, secret: str) -> Received:
        """Return the sample as the platform would post it, signed with this secret."""
        headers = signed_headers(self.platform, url=self.url, body=self.body, credentials=self.credentials(secret))
        return Received(body=self.body, url=self.url, headers=headers)

    def claiming(self, signature: str | None) -> Received:
        """Return the sample with this signature, or with none."""
        headers = {} if signature is None else {self.signature_header: signature}
        return Received(body=self.body, url=self.url, headers=headers)

    def parse(self, body: bytes) -> list[Event]:
        return self.adapter.parse(Received(body=body, url=self.url))

    def refused(self, received: Received, credentials: Credentials) -> None:
        with pytest.raises(BadSignature) as refusal:
            self.adapter.verify(received, credentials)
        for secrets in credentials.values():
            assert not any(secret and secret in str(refusal.value) for secret in secrets)

    def accepted(self, received: Received, credentials: Credentials) -> bool:
        try:
            self.adapter.verify(received, credentials)
        except BadSignature:
            return False
        return True

    # What it declares

    def test_it_names_the_secret_that_proves_a_request(self) -> None:
        assert self.secret in self.adapter.SECRETS

    def test_it_keeps_no_signature_with_a_delivery(self) -> None:
        assert self.signature_header not in self.adapter.KEPT_HEADERS
        assert all(name == name.lower() for name in self.adapter.KEPT_HEADERS)

    # Signatures

    def test_it_accepts_what_the_platform_signed(self) -> None:
        assert self.accepted(self.signed("s3cret"), self.credentials("s3cret"))

    def test_it_refuses_a_missing_signature(self) -> None:
        self.refused(self.claiming(None), self.credentials("s3cret"))

    def test_it_refuses_a_signature_under_another_secret(self) -> None:
        self.refused(self.signed("another"), self.credentials("s3cret"))

    def test_it_refuses_a_cut_signature(self) -> None:
        cut = self.signed("s3cret").headers[self.signature_header][:-1]
        self.refused(self.claiming(cut), self.credentials("s3cret"))

    def test_it_refuses_a_body_changed_under_way(self) -> None:
        changed = replace(self.signed("s3cret"), body=self.body + b"&Injected=1")
        with pytest.raises(BadSignature) if self.signs_body else nullcontext():
            self.adapter.verify(changed, self.credentials("s3cret"))

    @pytest.mark.parametrize("secret", ["new", "old"])
    def test_it_accepts_each_secret_while_one_replaces_the_other(self, secret: str) -> None:
        assert self.accepted(self.signed(secret), self.credentials("new", "old"))

    def test_it_refuses_a_secret_that_was_rotated_out(self) -> None:
        self.refused(self.signed("old"), self.credentials("new"))

    @pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
    @pytest.mark.parametrize("claimed", [None, "", "sha256="])
    def test_it_proves_nothing_with_an_empty_secret(self, secrets: tuple[str, ...], claimed: str | None) -> None:
        self.refused(self.claiming(claimed), self.credentials(*secrets))
        self.refused(self.signed(""), self.credentials(*secrets))

    def test_it_proves_nothing_without_credentials(self) -> None:
        self.refused(self.claiming(""), {})
        self.refused(self.signed(""), {})

    @pytest.mark.parametrize("claimed", NOT_ASCII)
    def test_it_refuses_a_signature_that_is_no_ascii(self, claimed: str) -> None:
        self.refused(self.claiming(claimed), self.credentials("s3cret"))

    # Handshake

    def handshake(self, query: dict[str, str]) -> str | None:
        url = f"{self.url}?{urlencode({f'hub.{name}': value for name, value in query.items()})}"
        return self.adapter.handshake(Received(body=b"", method="GET", url=url), self.credentials("s3cret"))

    def test_it_answers_the_handshake_of_its_platform(self) -> None:
        query = {"mode": "subscribe", "verify_token": "token of the shop", "challenge": "1158201444"}
        assert self.handshake(query) == self.challenge_answer

    # Bodies

    def test_it_reads_the_sample(self) -> None:
        (event,) = self.parse(self.body)
        assert not isinstance(event, Ignored)
        assert self.words.decode() in as_vocabulary(event)["text"]

    def test_it_reads_the_same_each_time(self) -> None:
        assert self.parse(self.body) == self.parse(self.body)

    def test_it_refuses_what_the_platform_never_sends(self) -> None:
        for body in self.malformed:
            with pytest.raises(MalformedPayload) as refusal:
                self.parse(body)
                pytest.fail(f"accepted {body[:60]!r}")
            assert 0 < len(str(refusal.value)) < 100
            assert self.words.decode() not in str(refusal.value), "what a person wrote stays out of logs"

    @pytest.mark.parametrize("unstorable", UNSTORABLE)
    def test_it_reads_only_text_that_can_be_stored(self, unstorable: bytes) -> None:
        assert self.words in self.body
        self.assert_read_or_refused(self.body.replace(self.words, self.words + unstorable), "words")

    def test_it_ignores_what_it_does_not_know(self) -> None:
        events = self.parse(self.unknown)
        assert events
        assert all(isinstance(event, Ignored) for event in events), events

    def test_it_stands_wrong_types_anywhere_in_its_payloads(self) -> None:
        for file in payload_files(self.platform):
            for where, body in _broken(file.read_bytes(), form=file.suffix == ".form"):
                self.assert_read_or_refused(body, f"{file.name}: {where}")

    def assert_read_or_refused(self, body: bytes, what: str) -> None:
        try:
            events = self.parse(body)
        except MalformedPayload:
            return
        except Exception as error:
            raise AssertionError(f"{what} raised {error!r}") from error
        assert_well_formed(events, what)


class MetaAdapterContract(AdapterContract):
    """What Meta's products add: a handshake, and many events a POST."""

    secret = "app_secret"
    signature_header = "x-hub-signature-256"
    challenge_answer = "1158201444"
    #: One POST that carries events with these external ids, in this order, one of them twice.
    batch: ClassVar[bytes]
    batch_ids: ClassVar[tuple[str, ...]]

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"mode": "subscribe", "challenge": "1"},
            {"mode": "subscribe", "verify_token": "", "challenge": "1"},
            {"mode": "subscribe", "verify_token": "token of another", "challenge": "1"},
            {"mode": "subscribe", "verify_token": "token of the shopé", "challenge": "1"},
            {"mode": "unsubscribe", "verify_token": "token of the shop", "challenge": "1"},
            {"verify_token": "token of the shop", "challenge": "1"},
        ],
    )
    def test_it_refuses_a_handshake_without_the_verify_token(self, query: dict[str, str]) -> None:
        assert self.handshake(query) is None

    @pytest.mark.parametrize("tokens", [{}, {"verify_token": []}, {"verify_token": [""]}])
    @pytest.mark.parametrize("query", ["", "&hub.verify_token="])
    def test_it_refuses_a_handshake_while_no_verify_token_is_set(self, tokens: Credentials, query: str) -> None:
        url = f"{self.url}?hub.mode=subscribe&hub.challenge=1{query}"
        assert self.adapter.handshake(Received(body=b"", method="GET", url=url), tokens) is None

    def test_it_accepts_each_verify_token_while_one_replaces_the_other(self) -> None:
        url = f"{self.url}?hub.mode=subscribe&hub.challenge=77&hub.verify_token=old"
        received = Received(body=b"", method="GET", url=url)
        assert self.adapter.handshake(received, {"verify_token": ["new", "old"]}) == "77"

    @pytest.mark.parametrize("algorithm", ["sha1", "SHA256", "sha512", ""])
    def test_it_accepts_no_other_algorithm(self, algorithm: str) -> None:
        claimed = self.signed("s3cret").headers[self.signature_header].replace("sha256", algorithm)
        self.refused(self.claiming(claimed), self.credentials("s3cret"))

    def test_it_is_not_content_with_the_older_header(self) -> None:
        headers = {"x-hub-signature": self.signed("s3cret").headers[self.signature_header]}
        self.refused(Received(body=self.body, url=self.url, headers=headers), self.credentials("s3cret"))

    def test_it_reads_a_batch_in_order_and_reports_duplicates(self) -> None:
        assert len(set(self.batch_ids)) < len(self.batch_ids)
        assert tuple(as_vocabulary(event).get("external_id") for event in self.parse(self.batch)) == self.batch_ids

    def test_it_refuses_a_body_about_nothing(self) -> None:
        for body in (b"{}", b'{"entry": []}', b'{"object": null, "entry": []}'):
            with pytest.raises(MalformedPayload):
                self.parse(body)

    def test_it_finds_nothing_of_its_own_in_the_webhook_of_another_product(self) -> None:
        body = orjson.loads(self.body) | {"object": "permissions"}
        assert self.parse(orjson.dumps(body)) == []


def _broken(body: bytes, *, form: bool) -> Iterator[tuple[str, bytes]]:
    """Yield a body again and again, each time with one thing in it wrong."""
    if form:
        yield from _broken_form(parse_qsl(body.decode(), keep_blank_values=True))
    else:
        document = orjson.loads(body)
        for path in list(_paths(document)):
            for wrong in WRONG:
                yield f"{path} = {wrong!r}", json.dumps(_replaced(document, path, wrong)).encode()
            yield f"without {path}", json.dumps(_without(document, path)).encode()


def _broken_form(fields: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    for at, (name, value) in enumerate(fields):
        before, after = fields[:at], fields[at + 1 :]
        for wrong in WRONG_FIELDS:
            yield f"{name} = {wrong[:20]!r}", urlencode([*before, (name, wrong), *after]).encode()
        yield f"without {name}", urlencode(before + after).encode()
        yield f"{name} twice", urlencode([*fields, (name, value + "x")]).encode()


Path = tuple[str | int, ...]


def _paths(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each node below the root."""
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(node, dict):
        inner = iter(node.items())
    elif isinstance(node, list):
        inner = iter(enumerate(node))
    for key, item in inner:
        yield (*path, key)
        yield from _paths(item, (*path, key))


def _replaced(node: Any, path: Path, value: Any) -> Any:
    """Return a document with the node at `path` replaced; what is not on the path is shared."""
    if not path:
        return value
    copy = node.copy()
    copy[path[0]] = _replaced(node[path[0]], path[1:], value)
    return copy


def _without(node: Any, path: Path) -> Any:
    """Return a document without the node at `path`."""
    copy = node.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(node[path[0]], path[1:])
    return copy
