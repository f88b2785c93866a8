"""What the simulator means by what it sends, told apart from any reading of the bodies.

`account` is the slug of the channel that a fact belongs to, whatever address it was posted to; `id` the platform's id
of a message; `person` the simulator's own name of somebody.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Said(NamedTuple):
    """A message, comment or lead form that must exist exactly once.

    `at` in milliseconds. `ad` and `post` are what it came from. `under` is the comment that an answer of ours needs, to
    have a conversation to stand in.
    """

    account: str
    id: str
    person: str
    text: str = ""
    direction: str = "in"
    source: str = "direct"
    at: int = 0
    attachments: int = 0
    ad: str = ""
    post: str = ""
    under: str = ""


class Came(NamedTuple):
    """Somebody came by an ad or link without a word; the platform gives that no id. `at` is in milliseconds."""

    account: str
    person: str
    at: int
    ad: str = ""


class Edited(NamedTuple):
    """New words for a message; the highest version stands."""

    account: str
    id: str
    version: int
    text: str


class TakenBack(NamedTuple):
    """A message unsent, or a comment removed."""

    account: str
    id: str


class Became(NamedTuple):
    """A status of a message of ours, in the platform's word."""

    account: str
    id: str
    status: str


class SeenUpTo(NamedTuple):
    """Everything of ours to somebody up to a time (milliseconds) was delivered or read."""

    account: str
    person: str
    status: str
    at: int


class Reacted(NamedTuple):
    """An emoji put on a message, or (empty) taken off again, at a time in milliseconds."""

    account: str
    id: str
    person: str
    emoji: str
    at: int


class Chose(NamedTuple):
    """Somebody opted out or in, of all messages or of advertising, at a time in milliseconds; the latest stands."""

    account: str
    person: str
    opted_out: bool
    at: int
    scope: str = "everything"


class Known(NamedTuple):
    """Ids that are one person's, as (kind, value)."""

    account: str
    person: str
    keys: tuple[tuple[str, str], ...]


Fact = Said | Came | Edited | TakenBack | Became | SeenUpTo | Reacted | Chose | Known


@dataclass(slots=True, eq=False)
class Dispatch:
    """One POST: to which channel's address, what, and what it means.

    `flaw`: "" none; "forged": signed wrongly, to be refused; "broken": signed well, but no payload.
    """

    slug: str
    body: bytes
    facts: tuple[Fact, ...] = ()
    flaw: str = ""
