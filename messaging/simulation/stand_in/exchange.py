"""A request as a platform sees it, and what it answers."""

from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import orjson

from messaging.simulation.accounts import SimulatedAccount


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a form."""

    name: str
    mime_type: str
    body: bytes


@dataclass(slots=True)
class Call:
    """One request. `named` are the parts of its path by the names that the route gives them, `values` what its body says."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    named: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def read_body(self) -> None:
        """Fill `values` from JSON or a form.

        Raises:
            ValueError: it is neither.
        """
        kind = self.headers.get("content-type", "")
        if not self.body:
            return
        if kind.startswith("application/json"):
            found = orjson.loads(self.body)
            if not isinstance(found, dict):
                raise ValueError("not an object")
            self.values = found
        elif kind.startswith("multipart/form-data"):
            self.values = dict(_parts(kind, self.body))
        else:
            self.values = dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def text(self, name: str) -> str:
        """Return a value as text, empty where there is none."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else "" if value is None else str(value)

    def inner(self, name: str) -> dict[str, Any]:
        """Return an object among the values; in a form it stands as JSON."""
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("{"):
            value = orjson.loads(value)
        return value if isinstance(value, dict) else {}


def _parts(kind: str, body: bytes) -> list[tuple[str, Any]]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: list[tuple[str, Any]] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        name = str(part.get_param("name", "", header="content-disposition"))
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        file_name = part.get_filename()
        found.append((name, raw.decode() if file_name is None else Upload(file_name, part.get_content_type(), raw)))
    return found


@dataclass(slots=True)
class Sending:
    """What was accepted, as the journal keeps it. `token` is our own id, where it came along; `text` is kept as a digest only."""

    account: SimulatedAccount
    external_id: str
    recipient: str
    kind: str
    text: str = ""
    token: str = ""


@dataclass(slots=True)
class Report:
    """A webhook that the platform will post about it; `address` where it is not the channel's own."""

    account: SimulatedAccount
    body: bytes
    address: str = ""


@dataclass(slots=True)
class Answer:
    """What is answered; `data` goes as JSON unless it is bytes. With a `sending`, a message is accepted by it.

    `account` and `kind` tell what it was about where no message was sent, for troubles to fit it.
    """

    data: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sending: Sending | None = None
    account: SimulatedAccount | None = None
    kind: str = ""
    reports: list[Report] = field(default_factory=list)

    def encoded(self) -> bytes:
        """Return the bytes of an HTTP/1.1 answer."""
        body = self.data if isinstance(self.data, bytes) else orjson.dumps(self.data)
        kind = "application/octet-stream" if isinstance(self.data, bytes) else "application/json"
        lines = [
            f"HTTP/1.1 {self.status} {'OK' if self.status < 300 else 'No'}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in ({"Content-Type": kind} | self.headers).items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Refusal(Exception):
    """The platform says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
