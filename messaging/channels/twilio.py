"""Twilio Programmable Messaging: SMS, WhatsApp and other channels, as url-encoded forms.

https://www.twilio.com/docs/messaging/guides/webhook-request
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

from messaging.channels.contract import BadSignature, Credentials, MalformedPayload, Received
from messaging.channels.events import (
    NOBODY,
    PSID,
    Attachment,
    ConsentChange,
    Contact,
    Event,
    Ignored,
    InboundMessage,
    StatusUpdate,
)
from messaging.channels.reading import instant, storable, token_of
from messaging.channels.twilio_sending import ABILITIES, send
from messaging.channels.whatsapp_ids import is_business_scoped, is_phone, whatsapp_keys

__all__ = ["ABILITIES", "KEPT_HEADERS", "SECRETS", "handshake", "parse", "send", "verify"]

SECRETS: tuple[str, ...] = ("account_sid", "auth_token")
KEPT_HEADERS: tuple[str, ...] = ("content-type",)

#: Far more than Twilio sends; parsing stops there before anything is proven.
MAX_FIELDS = 1000

#: Where our StatusCallback URL carries our own id of a message.
OWN_ID_FIELD = "message"

#: What stands before the address of somebody on WhatsApp. One number of ours may have both that and SMS.
WHATSAPP = "whatsapp"


class Form(dict[str, list[str]]):
    """The fields of a body, each with all its values, as Twilio's validator wants them."""

    def getall(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self[name]

    def one(self, *names: str) -> str:
        """Return the first value of these fields that is not blank, in a form that PostgreSQL can store."""
        value = next((value for name in names for value in self.get(name, ()) if value.strip()), "")
        return storable(value) if "\x00" in value else value


def read_form(body: bytes) -> Form:
    """Read a url-encoded body; blank and repeated fields stay, since Twilio signs them too.

    Raises:
        ValueError: more fields than Twilio ever sends.
    """
    return Form(parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS))


def handshake(received: Received, credentials: Credentials) -> str | None:
    """Refuse every GET: Twilio asks for none."""
    return None


def verify(received: Received, credentials: Credentials) -> None:
    """Check `X-Twilio-Signature` with Twilio's own validator, over our public URL and every field.

    A JSON body is not signed itself: the signed URL then carries its hash as `bodySHA256`.
    """
    signature = received.headers.get("x-twilio-signature", "")
    if not signature:
        raise BadSignature("X-Twilio-Signature is missing")
    try:
        signed: Form | str = read_form(received.body)
    except ValueError:
        raise BadSignature(f"more than {MAX_FIELDS} fields to check") from None
    form_type = received.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not form_type and "bodySHA256=" in urlsplit(received.url).query:
        signed = received.body.decode(errors="replace")
    algorithm = get_signature_algorithm(received.headers.get("x-twilio-webhooks-signature-settings", ""))
    if algorithm not in (HMAC_SHA1, HMAC_SHA256):
        raise BadSignature("X-Twilio-Signature is of an unknown algorithm")
    tokens = [token for token in credentials.get("auth_token", []) if token]
    matches = [RequestValidator(token).validate(received.url, signed, signature, algorithm) for token in tokens]
    if not any(matches):
        raise BadSignature("X-Twilio-Signature does not match")


def parse(received: Received) -> list[Event]:
    """Read the one message or status of a form.

    Raises:
        MalformedPayload: the body is no form, or has none of the fields that Twilio always sends.
    """
    if received.body.lstrip()[:1] in (b"{", b"["):
        raise MalformedPayload("not a form but JSON")
    try:
        form = read_form(received.body)
    except ValueError:
        raise MalformedPayload(f"more than {MAX_FIELDS} fields") from None
    if not any(name in form for name in _ALWAYS):
        raise MalformedPayload("not a form of Twilio's")
    status = form.one("MessageStatus", "SmsStatus")
    if status and status not in ("received", "receiving"):
        return _status(form, status, received.url)
    if _sid(form) or (form.one("From") and not form.one("CallSid")):
        return [_message(form)]
    kind = "call" if form.one("CallSid") else "other"
    return [
        Ignored(kind=kind, type=form.one("EventType"), account_id=_account(form, "To"), contact=_contact(form, "From"))
    ]


_ALWAYS = ("AccountSid", "MessageSid", "SmsMessageSid", "SmsSid", "From")


def _sid(form: Form) -> str:
    return form.one("MessageSid", "SmsMessageSid", "SmsSid")


# People


def _address(value: str) -> tuple[str, str]:
    """Split `whatsapp:+2010…` into channel and address; a plus that was left unescaped came as a space."""
    channel, separator, address = value.partition(":")
    if not separator:
        channel, address = "sms", value
    return channel, f"+{address.strip()}" if address.startswith(" ") else address


def _account(form: Form, name: str) -> str:
    return _address(form.one(name))[1]


def _contact(form: Form, name: str) -> Contact:
    """Return the person at the address in `name`, with the ids that Twilio gives beside it."""
    channel, address = _address(form.one(name))
    if not address:
        return NOBODY
    others: list[str] = []
    profile = {"address": channel} if channel == WHATSAPP else {}
    if channel == WHATSAPP:
        named = (_address(form.one(field))[1] for field in _USER_ID_FIELDS)
        others = [value for value in named if is_business_scoped(value)]
        wa_id = form.one("WaId")
        if is_phone(wa_id) and wa_id != address.removeprefix("+"):
            others.append(wa_id)
    keys = ((PSID, address),) if channel == "messenger" else whatsapp_keys(address, *others)
    return Contact(address, keys, form.one("ProfileName"), form.one("ProfileUsername"), profile)


_USER_ID_FIELDS = ("ExternalUserId", "ExternalUserIdentifier", "ParentExternalUserId")


# Messages


def _message(form: Form) -> Event:
    attachments = (*_media(form), *_location(form))
    referral = {field: value for field in (*_REFERRAL_FIELDS, "ReferralMediaId") if (value := form.one(field))}
    attribution = {name: value for field, name in _REFERRAL_FIELDS.items() if (value := form.one(field))}
    return InboundMessage(
        account_id=_account(form, "To"),
        contact=_contact(form, "From"),
        ts=_moment(form.one("Timestamp")),
        external_id=_sid(form),
        type=form.one("MessageType").lower() or (attachments[0].type if attachments else "text"),
        text=form.one("Body", "ButtonText", "ListTitle"),
        attachments=attachments,
        reply_to=form.one("OriginalRepliedMessageSid"),
        payload=form.one("ButtonPayload", "ListId", "FlowData", "InteractiveData"),
        attribution=attribution,
        referral=referral if attribution else {},
        opt_out=_opt_out(form),
        extra=_extra(form, "From"),
    )


_REFERRAL_FIELDS = {
    "ReferralSourceType": "source_type",
    "ReferralSourceId": "source_id",
    "ReferralSourceUrl": "source_url",
    "ReferralHeadline": "headline",
    "ReferralBody": "body",
    "ReferralMediaContentType": "media_type",
    "ReferralMediaUrl": "media_url",
    "ReferralCtwaClid": "ctwa_clid",
}


def _media(form: Form) -> list[Attachment]:
    """Return `MediaUrl0` and on; `NumMedia` is not asked, it has been seen to lag behind."""
    found: list[Attachment] = []
    while url := form.one(f"MediaUrl{len(found)}"):
        mime_type = form.one(f"MediaContentType{len(found)}")
        found.append(Attachment(_media_type(mime_type, form.one("MessageType").lower()), url=url, mime_type=mime_type))
    return found


def _media_type(mime_type: str, message_type: str) -> str:
    if message_type in ("sticker", "document"):
        return message_type
    main = mime_type.partition("/")[0]
    if main in ("image", "audio", "video"):
        return main
    return "contact" if mime_type.endswith("vcard") else "file"


def _location(form: Form) -> list[Attachment]:
    where = {"lat": form.one("Latitude"), "long": form.one("Longitude"), "address": form.one("Address")}
    if not (where["lat"] and where["long"]):
        return []
    extra = {name: value for name, value in where.items() if value}
    return [Attachment("location", name=form.one("Label"), extra=extra)]


def _moment(text: str) -> datetime | None:
    """Read `Timestamp`, which is ISO 8601."""
    try:
        moment = datetime.fromisoformat(text)
        return instant((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


#: https://help.twilio.com/articles/223134027 - the words by which Twilio itself stops SMS to a number.
_STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "CANCEL", "END", "QUIT"})
_START_WORDS = frozenset({"START", "UNSTOP", "YES"})
#: Elsewhere Twilio leaves ordinary words alone: "cancel" may be about an order.
_PLAIN_STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT"})
_PLAIN_START_WORDS = frozenset({"START", "UNSTOP"})


def _opt_out(form: Form) -> bool | None:
    """Return whether the person opted out (True) or in (False): Twilio's own word, else a message of one keyword."""
    said = form.one("OptOutType").upper()
    if said:
        return {"STOP": True, "START": False}.get(said)
    word = form.one("Body").strip().upper()
    sms = _address(form.one("From"))[0] == "sms"
    if word in (_STOP_WORDS if sms else _PLAIN_STOP_WORDS):
        return True
    return False if word in (_START_WORDS if sms else _PLAIN_START_WORDS) else None


# Statuses


def _status(form: Form, status: str, url: str) -> list[Event]:
    """Read what became of a message of ours; `extra.query` is what our StatusCallback URL carried along."""
    external_id, code = _sid(form), form.one("ErrorCode")
    contact, account_id, ts = _contact(form, "To"), _account(form, "From"), _moment(form.one("Timestamp"))
    query = {storable(name): storable(value) for name, value in parse_qsl(urlsplit(url).query)}
    events: list[Event] = [
        StatusUpdate(
            account_id=account_id,
            contact=contact,
            ts=ts,
            status=status,
            external_id=external_id,
            message_ids=(external_id,) if external_id else (),
            errors=(code,) if code else (),
            extra=_extra(form, "To") | ({"query": query} if query else {}),
            own_token=token_of(query.get(OWN_ID_FIELD, "")),
        )
    ]
    if code == _OPTED_OUT and contact.keys:
        events.append(ConsentChange(kind="system", opted_out=True, account_id=account_id, contact=contact, ts=ts))
    return events


#: https://www.twilio.com/docs/api/errors/21610
_OPTED_OUT = "21610"


def _extra(form: Form, person: str) -> dict[str, Any]:
    address = form.one(person)
    extra = {"channel": _address(address)[0] if address else ""}
    return {name: value for name, value in extra.items() if value} | {
        name: value for field, name in _EXTRA_FIELDS.items() if (value := form.one(field))
    }


_EXTRA_FIELDS = {
    "WaId": "wa_id",
    "ButtonText": "button_text",
    "OptOutType": "opt_out",
    "ErrorMessage": "error",
    "ChannelStatusMessage": "channel_error",
    "RawDlrDoneDate": "raw_dlr_done",
    "MessagingServiceSid": "messaging_service_sid",
}
