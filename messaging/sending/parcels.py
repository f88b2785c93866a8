"""Making of a claimed message what an adapter sends, with all that the platform must know."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from crm.encrypted_fields import Unreadable
from crm.models import Channel, IdentityKey
from messaging.channels.contract import Credentials
from messaging.channels.outbound import (
    Button,
    Content,
    Location,
    Media,
    Outbound,
    Reason,
    SendError,
    Template,
)
from messaging.channels.twilio import OWN_ID_FIELD
from messaging.files import public_url
from messaging.models import Attachment, Message
from messaging.sending.claims import Claim
from messaging.window import TO_COMMENTS, Allowance, Barred, allowance


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claim, ready for its adapter."""

    claim: Claim
    platform: str
    outbound: Outbound
    credentials: Credentials = field(repr=False)


#: The rows behind a message, and of each what is needed: a whole row of each takes longer than the sending itself.
RELATED = ("channel", "conversation__identity__customer")
NEEDED = (
    "text", "type", "automated", "reply_to",
    *(f"channel__{name}" for name in ("uid", "platform", "slug", "external_id", "credentials", "is_active")),
    "conversation__channel_id", "conversation__last_inbound_at",
    *(f"conversation__identity__{name}" for name in ("profile", "opted_out", "last_inbound_at", "customer__blocked")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was read of claimed messages, by message, and of the people they go to, by identity."""

    messages: dict[int, Message]
    ids: dict[int, tuple[tuple[str, str], ...]]


def fetch(claims: list[Claim]) -> Shelf:
    """Read what several claimed messages are to be packed of."""
    numbers = [claim.message_id for claim in claims]
    messages = Message.objects.select_related(*RELATED).only(*NEEDED).in_bulk(numbers)
    for message in messages.values():
        message.conversation.channel = message.channel
    return Shelf(messages, ids_of({message.conversation.identity_id for message in messages.values()}))


def pack(claim: Claim, shelf: Shelf) -> Parcel:
    """Make a claimed message ready for its adapter.

    Raises:
        SendError: it may not be sent any more, or the channel is not set up for it.
    """
    message = shelf.messages[claim.message_id]
    conversation, channel = message.conversation, message.channel
    if isinstance(channel.credentials, Unreadable):
        raise SendError(Reason.SETUP, "credentials")
    content = Content(claim.content)
    allowed = allowance(conversation, by_person=not message.automated)
    refuse_what_changed(content, allowed)
    details, profile = claim.details, conversation.identity.profile
    outbound = Outbound(
        token=claim.token.hex,
        account_id=channel.external_id,
        content=content,
        to=shelf.ids.get(conversation.identity_id, ()),
        address=str(profile.get("address", "")),
        text=message.text,
        media=_media(message) if content == Content.MEDIA or _bears_file(details.get("template")) else None,
        location=_location(details.get("location")),
        buttons=_buttons(details.get("buttons")),
        template=_template(details.get("template")),
        reply_to=message.reply_to,
        comment_id=str(details.get("comment_id", "")),
        tag="" if content in TO_COMMENTS else allowed.tag,
        callback_url=_callback_url(channel, claim),
    )
    return Parcel(claim, channel.platform, outbound, channel.credentials)


def refuse_what_changed(content: Content, allowed: Allowance) -> None:
    """Look once more at what is allowed: it may have waited for hours."""
    if content in allowed:
        return
    reasons = {Barred.INACTIVE: Reason.SETUP, Barred.BLOCKED: Reason.OPTED_OUT, Barred.OPTED_OUT: Reason.OPTED_OUT}
    raise SendError(reasons[allowed.barred] if allowed.barred else Reason.WINDOW)


def ids_of(identities: set[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return the ids that the platform knows people by, the newest last, so that it is the one that counts."""
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for key in IdentityKey.objects.filter(identity__in=identities).order_by("pk"):
        if not isinstance(key.value, Unreadable):
            found[key.identity_id] = (*found.get(key.identity_id, ()), (key.kind, key.value))
    return found


def _media(message: Message) -> Media:
    item: Attachment | None = message.attachments.exclude(file="").first()
    if item is None:
        raise SendError(Reason.CONTENT, "no file")
    return Media(item.type, item.name, item.mime_type, public_url(item), partial(_contents, item))


def _contents(item: Attachment) -> bytes:
    """Read a file of ours, before anything of its message is sent.

    Raises:
        SendError: it is gone, or cannot be read now.
    """
    try:
        with item.file.open("rb") as file:
            contents: bytes = file.read()
    except FileNotFoundError:
        raise SendError(Reason.CONTENT, "no file") from None
    except OSError:
        raise SendError(Reason.TRY_AGAIN, "file") from None
    return contents


def _location(given: Any) -> Location | None:
    return Location(**given) if isinstance(given, dict) else None


def _buttons(given: Any) -> tuple[Button, ...]:
    return tuple(Button(item["title"], item["payload"]) for item in given or ())


def _template(given: Any) -> Template | None:
    if not isinstance(given, dict):
        return None
    lists: dict[str, Any] = {
        name: tuple(given.get(name, ())) for name in ("body", "header", "body_names", "header_names")
    }
    words: dict[str, Any] = {name: str(given.get(name, "")) for name in ("external_id", "header_file", "link")}
    ends = tuple((end["index"], end["text"]) for end in given.get("url_ends", ()))
    return Template(given["name"], given["language"], url_ends=ends, **lists, **words)


def _bears_file(template: Any) -> bool:
    """Tell whether a template has a file of the message's own at its head."""
    return isinstance(template, dict) and bool(template.get("header_file")) and not template.get("link")


def _callback_url(channel: Channel, claim: Claim) -> str:
    return f"{settings.PUBLIC_BASE_URL}{channel.webhook_path}?{urlencode({OWN_ID_FIELD: claim.token.hex})}"
