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
from messaging.models import Attachment, Conversation, Message
from messaging.sending.claims import Claim
from messaging.window import TO_COMMENTS, Allowance, Barred, allowance


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claim, ready for its adapter."""

    claim: Claim
    platform: str
    outbound: Outbound
    credentials: Credentials = field(repr=False)


def pack(claim: Claim) -> Parcel:
    """Read everything that is needed to send a claimed message.

    Raises:
        SendError: it may not be sent any more, or the channel is not set up for it.
    """
    related = ("channel", "conversation__channel", "conversation__identity__customer")
    message = Message.objects.select_related(*related).get(pk=claim.message_id)
    conversation, channel = message.conversation, message.channel
    if isinstance(channel.credentials, Unreadable):
        raise SendError(Reason.SETUP, "credentials")
    content = Content(claim.content)
    allowed = allowance(conversation, by_person=not message.automated)
    _refuse_what_changed(content, allowed)
    details, profile = claim.details, conversation.identity.profile
    outbound = Outbound(
        token=claim.token.hex,
        account_id=channel.external_id,
        content=content,
        to=_ids_of(conversation),
        address=str(profile.get("address", "")),
        text=message.text,
        media=_media(message) if content == Content.MEDIA else None,
        location=_location(details.get("location")),
        buttons=_buttons(details.get("buttons")),
        template=_template(details.get("template")),
        reply_to=message.reply_to,
        comment_id=str(details.get("comment_id", "")),
        tag="" if content in TO_COMMENTS else allowed.tag,
        callback_url=_callback_url(channel, claim),
    )
    return Parcel(claim, channel.platform, outbound, channel.credentials)


def _refuse_what_changed(content: Content, allowed: Allowance) -> None:
    """Look once more at what is allowed: it may have waited for hours."""
    if content in allowed:
        return
    reasons = {Barred.INACTIVE: Reason.SETUP, Barred.BLOCKED: Reason.OPTED_OUT, Barred.OPTED_OUT: Reason.OPTED_OUT}
    raise SendError(reasons[allowed.barred] if allowed.barred else Reason.WINDOW)


def _ids_of(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    """Return the ids that the platform knows the person by, the newest last, so that it is the one that counts."""
    keys = IdentityKey.objects.filter(identity=conversation.identity_id).order_by("pk")
    return tuple((key.kind, key.value) for key in keys if not isinstance(key.value, Unreadable))


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
    blanks = {name: tuple(given.get(name, ())) for name in ("body", "header")}
    return Template(given["name"], given["language"], external_id=given.get("external_id", ""), **blanks)


def _callback_url(channel: Channel, claim: Claim) -> str:
    return f"{settings.PUBLIC_BASE_URL}{channel.webhook_path}?{urlencode({OWN_ID_FIELD: claim.token.hex})}"
