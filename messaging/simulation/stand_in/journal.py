"""What the stand-in accepted and was asked, for tests to read."""

import hashlib
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from messaging.simulation.stand_in.exchange import Call, Sending, Upload

KEPT_REQUESTS = 500


def digest_of(text: str) -> str:
    """Return what the journal keeps of a text, to tell one from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Entry:
    """One accepted send. `answered_at` is None while, and if, the sender was left without an answer."""

    number: int
    sending: Sending
    accepted_at: float
    answered_at: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a test."""
        sending = self.sending
        return {
            "number": self.number,
            "platform": sending.account.platform,
            "channel": sending.account.slug,
            "id": sending.external_id,
            "recipient": sending.recipient,
            "kind": sending.kind,
            "digest": digest_of(sending.text),
            "token": sending.token,
            "accepted_at": self.accepted_at,
            "answered_at": self.answered_at,
        }


class Journal:
    """Everything accepted since the start, and the latest requests."""

    def __init__(self) -> None:
        self.sends: list[Entry] = []
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)

    def accept(self, sending: Sending) -> Entry:
        """Note a send before anybody is told that it was accepted."""
        entry = Entry(len(self.sends) + 1, sending, time.time())
        self.sends.append(entry)
        return entry

    def note(self, call: Call) -> None:
        """Keep a request as it came, without what proves who sent it."""
        values = {name: _shown(value) for name, value in call.values.items()}
        kind = call.headers.get("content-type", "").partition(";")[0]
        self.requests.append(
            {
                "method": call.method,
                "path": _without_bot_token(call.path),
                "query": call.query,
                "content_type": kind,
                "authorization": call.headers.get("authorization", "").partition(" ")[0],
                "values": values,
            }
        )

    def forget(self) -> None:
        """Begin anew."""
        self.sends.clear()
        self.requests.clear()


def _shown(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"name": value.name, "mime_type": value.mime_type, "size": len(value.body), "digest": _digest(value)}
    return value


def _digest(upload: Upload) -> str:
    return hashlib.sha256(upload.body).hexdigest()[:16]


def _without_bot_token(path: str) -> str:
    """Leave out what proves who calls in the paths of Telegram."""
    first, *rest = path.lstrip("/").split("/")
    if first == "file" and rest:
        return "/" + "/".join(("file", "bot", *rest[1:]))
    return "/" + "/".join(("bot", *rest)) if first.startswith("bot") else path
