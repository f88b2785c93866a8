"""What a batch of deliveries will write, gathered from events before any SQL runs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from crm.contact_details import identity_key
from messaging.channels.events import Attachment, Contact

NAMELESS_SINCE = datetime(1970, 1, 1, tzinfo=UTC)

#: (channel id, kind, blind index): what an identity is found by.
PersonKey = tuple[int, str, bytes]


@dataclass(slots=True, eq=False)
class Person:
    """One identity of the batch: whoever shares a key is one person."""

    channel_id: int
    keys: dict[PersonKey, str] = field(default_factory=dict)
    name: str = ""
    username: str = ""
    profile: dict[str, Any] = field(default_factory=dict)
    profile_at: datetime = NAMELESS_SINCE
    opted_out: bool | None = None
    consent_at: datetime | None = None
    delivered_watermark: datetime | None = None
    read_watermark: datetime | None = None
    placeholder: bool = False
    identity_id: int = 0
    customer_id: int = 0
    same_as: "Person | None" = None

    @property
    def root(self) -> "Person":
        """The person this one turned out to be."""
        person = self
        while person.same_as:
            person = person.same_as
        return person

    def learn_profile(self, contact: Contact, at: datetime) -> None:
        """Keep the newest profile; equal times are settled by the name, so that order is of no matter."""
        if (contact.name or contact.username) and (at, contact.name) > (self.profile_at, self.name):
            self.name, self.username = contact.name[:200], contact.username[:200]
            self.profile, self.profile_at = contact.profile, at

    def learn_consent(self, opted_out: bool, at: datetime) -> None:
        if self.consent_at is None or (at, opted_out) > (self.consent_at, bool(self.opted_out)):
            self.opted_out, self.consent_at = opted_out, at

    def absorb(self, other: "Person") -> None:
        """Take over everything of a person that turned out to be this one."""
        other.same_as = self
        self.keys |= other.keys
        self.learn_profile(
            Contact("", name=other.name, username=other.username, profile=other.profile), other.profile_at
        )
        if other.consent_at is not None:
            self.learn_consent(bool(other.opted_out), other.consent_at)
        self.delivered_watermark = later(self.delivered_watermark, other.delivered_watermark)
        self.read_watermark = later(self.read_watermark, other.read_watermark)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


class People:
    """The persons of a batch, by their keys."""

    def __init__(self) -> None:
        self.by_key: dict[PersonKey, Person] = {}

    def find(self, channel_id: int, keys: tuple[tuple[str, str], ...]) -> Person:
        """Return the one person of these keys, joining those that turn out to be the same."""
        digests = {(channel_id, kind, identity_key(kind, value)): value for kind, value in keys}
        known = {id(person): person for key in digests if (person := self.by_key.get(key))}
        person, *others = known.values() or [Person(channel_id)]
        for other in others:
            person.absorb(other)
        if others or any(key not in person.keys for key in digests):
            person.keys |= digests
            self.by_key |= dict.fromkeys(person.keys, person)
        return person

    def all(self) -> list[Person]:
        return list({id(person): person for person in self.by_key.values()}.values())


@dataclass(slots=True)
class MessageDraft:
    """A message to be inserted unless its key exists.

    `opens_window`: a private message of theirs; `awaits_answer`: counts as unread and waiting.
    """

    person: Person
    channel_id: int
    key: bytes
    row: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    opens_window: bool = False
    awaits_answer: bool = False


@dataclass(slots=True)
class EventDraft:
    """A message event to be inserted unless its key exists."""

    channel_id: int
    key: bytes
    target_key: bytes
    row: dict[str, Any]


@dataclass(slots=True)
class ConsentDraft:
    person: Person
    granted: bool
    source: str
    scope: str
    at: datetime
    delivery_id: int


@dataclass(frozen=True, slots=True)
class OwnToken:
    """Our own id of a message, brought back by an echo or status along with the platform's id of it."""

    channel_id: int
    token: UUID
    external_id: str
    key: bytes


@dataclass(slots=True)
class Touch:
    """The ad and post that a message came from, by their ids on the platform; `title` and the like where known."""

    channel_id: int
    ad: dict[str, str] = field(default_factory=dict)
    post: dict[str, str] = field(default_factory=dict)
    seen_at: datetime = NAMELESS_SINCE


@dataclass(slots=True)
class Batch:
    """Everything that the deliveries of one transaction will write."""

    people: People = field(default_factory=People)
    messages: dict[tuple[int, bytes], MessageDraft] = field(default_factory=dict)
    events: dict[tuple[int, bytes], EventDraft] = field(default_factory=dict)
    consents: list[ConsentDraft] = field(default_factory=list)
    touches: list[tuple[Touch, MessageDraft]] = field(default_factory=list)
    own_tokens: list[OwnToken] = field(default_factory=list)

    def add_message(self, draft: MessageDraft) -> bool:
        """Add a message unless the batch has it; say whether it was new."""
        return self.messages.setdefault((draft.channel_id, draft.key), draft) is draft

    def add_event(self, draft: EventDraft) -> None:
        self.events.setdefault((draft.channel_id, draft.key), draft)


def attachment_row(item: Attachment) -> dict[str, Any]:
    """Return the columns of an attachment."""
    return {
        "type": item.type[:50],
        "url": item.url,
        "external_id": item.id,
        "name": item.name[:500],
        "mime_type": item.mime_type[:200],
        "extra": item.extra or None,
    }
