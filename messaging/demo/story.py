"""What an app further up tells of made-up customers, beside what they write."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, NamedTuple, Protocol, Self

from django.db.models import Model

from messaging.demo.people import Somebody
from messaging.demo.threads import Thread
from messaging.demo.writing import Writer


class Said(NamedTuple):
    """A message of a made-up customer."""

    id: int
    at: datetime
    text: str
    source: str
    post_id: int | None
    ad_id: int | None
    has_media: bool


class Heard(NamedTuple):
    """What was read in a message, as its columns have it."""

    triaged_at: datetime
    intent: str
    sentiment: str
    confidence: float
    entities: dict[str, Any] | None


class Story(Protocol):
    """What becomes of one customer."""

    def hear(self, said: Said) -> Heard:
        """Take in one of their messages; those of another channel may come later though they are older."""

    def end(self) -> None:
        """Add the rows that follow from all messages, which are written before them."""


class Storyteller(Protocol):
    """Named by `settings.DEMO_STORYTELLER`.

    `TABLES` has the columns of the tables that its stories fill, parents first; `removed_with_it` the rows that go with the
    demonstration though no foreign key leads to them: by model a query for ids, which may use the table `demo_customer`.
    """

    TABLES: Mapping[str, tuple[str, ...]]

    @classmethod
    def set_out(cls, writer: Writer, chance: Random, now: datetime) -> Self:
        """Make ready for a run, in the transaction that opens the shop."""

    def begin(self, person: Somebody, threads: Sequence[Thread]) -> Story:
        """Begin the story of a customer; it may change what their row will say of them."""

    @classmethod
    def removed_with_it(cls) -> Mapping[type[Model], str]: ...
