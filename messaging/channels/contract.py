"""What every platform module provides, and what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from messaging.channels.abilities import Abilities
from messaging.channels.events import Event
from messaging.channels.outbound import Outbound, Sent

#: Secrets of one channel by name; each a list, newest first, so that one can be rotated without a gap.
Credentials = Mapping[str, list[str]]


class BadSignature(Exception):
    """The request does not prove that it comes from the platform. Never carries the expected signature."""


class MalformedPayload(ValueError):
    """The body is not what the platform sends; the message says why and holds nothing of the body."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, or as rebuilt from a stored or spooled delivery.

    `url` is the public address with its query string, as the platform was told it. `headers` have lower-case names.
    """

    body: bytes
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Adapter(Protocol):
    """A module of this package satisfies this protocol."""

    #: Names that `channel add --secret NAME=VALUE` accepts.
    SECRETS: tuple[str, ...]

    #: Request headers worth keeping with the delivery (lower case), never a token or signature.
    KEPT_HEADERS: tuple[str, ...]

    def handshake(self, received: Received, credentials: Credentials) -> str | None:
        """Return the text that answers the platform's GET, or None to refuse it."""

    def verify(self, received: Received, credentials: Credentials) -> None:
        """Prove over the raw bytes that the platform sent this.

        Raises:
            BadSignature: the proof is missing or wrong, or we hold no secret to check it with.
        """

    def parse(self, received: Received) -> list[Event]:
        """Read all events of a body, in order, without dropping duplicates.

        Raises:
            MalformedPayload: the body is not of the platform's form.
        """

    #: What the platform takes from us.
    ABILITIES: Abilities

    def send(self, outbound: Outbound, credentials: Credentials) -> Sent:
        """Hand one message to the platform's API, once.

        Raises:
            SendError: it was not taken, or nobody can know.
        """
