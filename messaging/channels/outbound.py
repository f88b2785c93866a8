"""What we send, in one vocabulary for all platforms, and all that can go wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Content(StrEnum):
    """What a message of ours is. Each adapter names in `SENDS` which of them its platform takes."""

    TEXT = "text"
    MEDIA = "media"
    LOCATION = "location"
    BUTTONS = "buttons"
    TEMPLATE = "template"
    COMMENT_REPLY = "comment_reply"
    PRIVATE_REPLY = "private_reply"
    REACTION = "reaction"


class Reason(StrEnum):
    """Why something was not sent: a closed list, so that staff can be told in plain words what to do.

    The first three pass, by themselves or once the token is renewed, and are tried again until then. `UNKNOWN` never is: it may
    have been sent.
    """

    TRY_AGAIN = "try_again"
    THROTTLED = "throttled"
    TOKEN = "token"  # noqa: S105 - a reason, not a secret
    UNKNOWN = "unknown"
    WINDOW = "window"
    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    WITHHELD = "withheld"
    CONTENT = "content"
    SETUP = "setup"
    REFUSED = "refused"


RETRYABLE = frozenset({Reason.TRY_AGAIN, Reason.THROTTLED, Reason.TOKEN})


class SendError(Exception):
    """The platform did not take a message, or nobody can know whether it did.

    `code` is the platform's own, for the record; nothing of what was written is in it. `retry_after` is in seconds, where
    the platform said how long to wait, `one_person` where only the writing to this person has to; `usage` as in `Sent`.
    """

    def __init__(
        self,
        reason: Reason,
        code: str = "",
        *,
        retry_after: float | None = None,
        one_person: bool = False,
        usage: float | None = None,
    ) -> None:
        super().__init__(f"{reason.value} {code}".strip())
        self.reason, self.code, self.usage = reason, code, usage
        self.retry_after, self.one_person = retry_after, one_person

    @property
    def retryable(self) -> bool:
        return self.reason in RETRYABLE


@dataclass(frozen=True, slots=True)
class Sent:
    """What the platform answered: its id of the message, and how much of our allowance is used (in per cent), if it says."""

    external_id: str
    usage: float | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A reply the person can tap; `payload` comes back with it."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A message the platform approved beforehand, by its name and language there, and what fills its blanks in order.

    Where the blanks have names, they are `body_names` and `header_names`. `header_file` is what stands at the head, an `image`,
    `video` or `document`: the file at the address `link`, else the message's own. `url_ends` are what addresses of buttons end
    with, by the place of the button among all.
    """

    name: str
    language: str
    body: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    external_id: str = ""
    body_names: tuple[str, ...] = ()
    header_names: tuple[str, ...] = ()
    header_file: str = ""
    link: str = ""
    url_ends: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A file. `url` is where the platform can fetch it, for a while; `read` gets its bytes from our storage."""

    type: str
    name: str
    mime_type: str
    url: str
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message on its way to a platform.

    `token` is our own id, which travels along where the platform lets it; reactions have none. `account_id` is our account there.
    `to` are the ids that the platform knows the person by, as (kind, value); `address` is what Twilio puts before a number.
    `reply_to` is the platform's id of the message that is answered or reacted to; `comment_id` of the comment. `tag` is
    Meta's message tag, outside the reply window. `callback_url` is where the platform may report on it.
    """

    token: str
    account_id: str
    content: Content
    to: tuple[tuple[str, str], ...] = ()
    address: str = ""
    text: str = ""
    media: Media | None = None
    location: Location | None = None
    buttons: tuple[Button, ...] = ()
    template: Template | None = None
    reply_to: str = ""
    comment_id: str = ""
    tag: str = ""
    callback_url: str = ""

    def recipient(self, *kinds: str) -> str:
        """Return the person's id of the first of these kinds that we know.

        Raises:
            SendError: we know none.
        """
        known: Mapping[str, Any] = dict(self.to)
        for kind in kinds:
            if known.get(kind):
                return str(known[kind])
        raise SendError(Reason.UNREACHABLE, "no id")
