"""Telegram bots: messages, edits, button presses, reactions, and people who block the bot.

https://core.telegram.org/bots/api#update
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from messaging.channels.contract import BadSignature, Credentials, MalformedPayload, Received
from messaging.channels.events import (
    CHAT,
    NOBODY,
    PHONE,
    ConsentChange,
    Contact,
    Deletion,
    Echo,
    Edit,
    Event,
    IdentityChange,
    Ignored,
    InboundMessage,
    Reaction,
)
from messaging.channels.reading import instant, load_object, object_of, objects_of, text_of
from messaging.channels.telegram_content import SERVICE_FIELDS, content_of
from messaging.channels.telegram_sending import ABILITIES, send

__all__ = ["ABILITIES", "KEPT_HEADERS", "SECRETS", "handshake", "parse", "send", "verify"]

Json = dict[str, Any]

SECRETS: tuple[str, ...] = ("secret_token", "bot_token")
KEPT_HEADERS: tuple[str, ...] = ("content-type",)


def handshake(received: Received, credentials: Credentials) -> str | None:
    """Refuse every GET: Telegram asks for none."""
    return None


def verify(received: Received, credentials: Credentials) -> None:
    """Check `X-Telegram-Bot-Api-Secret-Token`, which repeats what `setWebhook` was told; the body is not signed."""
    claimed = received.headers.get("x-telegram-bot-api-secret-token", "").encode(errors="surrogatepass")
    if not claimed:
        raise BadSignature("X-Telegram-Bot-Api-Secret-Token is missing")
    known = [secret.encode() for secret in credentials.get("secret_token", []) if secret]
    matches = [hmac.compare_digest(claimed, secret) for secret in known]
    if not any(matches):
        raise BadSignature("X-Telegram-Bot-Api-Secret-Token does not match")


def parse(received: Received) -> list[Event]:
    """Read the one thing that an update tells of; an update of a kind that Telegram adds later is ignored."""
    update = load_object(received.body)
    name = next((name for name in _READERS if isinstance(update.get(name), dict)), None)
    if name is None:
        if "update_id" not in update:
            raise MalformedPayload("not an update: it has no update_id")
        unknown = [name for name, item in update.items() if item is not None and name != "update_id"]
        return [_ignored(_Update(update, name), "other") for name in unknown[:1]]
    return _READERS[name](_Update(update, name))


@dataclass(frozen=True, slots=True)
class _Update:
    """An update, and the one of its fields that is set."""

    body: Json
    name: str

    @property
    def item(self) -> Json:
        return object_of(self.body.get(self.name))

    def extra(self, **more: object) -> Json:
        known = {"update_id": text_of(self.body.get("update_id")), **more}
        return {name: value for name, value in known.items() if value}


# Messages


def _message(update: _Update) -> list[Event]:
    message = update.item
    contact, extra = _sender(message), _message_extra(update)
    common: Json = {"ts": instant(message.get("date")), "contact": contact, "extra": extra}
    if service := next((name for name in message if name in SERVICE_FIELDS and message[name] not in (None, False)), ""):
        return [_service(message, service, common)]
    content = content_of(message)
    common |= {
        "type": content.type,
        "text": content.text,
        "attachments": content.attachments,
        "reply_to": _reply_to(message),
        "group": _is_group(_chat(message)) or update.name == "guest_message",
        "extra": extra | content.extra,
    }
    external_id = _message_id(_chat(message), message.get("message_id"))
    ours = update.name in _BUSINESS and _is_ours(message)
    if ours:
        common["contact"] = _chat_contact(_chat(message))
    if update.name.startswith("edited_"):
        direction = "out" if ours else "in"
        version = _seconds(message.get("edit_date"))
        return [Edit(message_id=external_id, external_id=external_id, version=version, direction=direction, **common)]
    if ours:
        return [Echo(external_id=external_id, payload=content.payload, **common)]
    attribution = _start_reference(content.text)
    return [InboundMessage(external_id=external_id, payload=content.payload, attribution=attribution, **common)]


def _sender(message: Json) -> Contact:
    """Return who wrote; where a chat speaks (channels, anonymous admins), `from` is a stand-in of Telegram's."""
    sender_chat, sender = object_of(message.get("sender_chat")), object_of(message.get("from"))
    if text_of(sender_chat.get("id")):
        return _chat_contact(sender_chat)
    if not text_of(sender.get("id")):
        return _chat_contact(_chat(message))
    contact = _person(sender)
    shared = object_of(message.get("contact"))
    number = text_of(shared.get("phone_number"))
    if number and text_of(shared.get("user_id")) == contact.id:  # Telegram vouches that the number is their own
        return _person(sender, (PHONE, number))
    return contact


def _person(user: Json, *more: tuple[str, str]) -> Contact:
    """Return a user: their id is also that of their private chat with us. Usernames change hands and are no key."""
    user_id, language = text_of(user.get("id")), text_of(user.get("language_code"))
    names = (text_of(user.get("first_name")), text_of(user.get("last_name")))
    return Contact(
        user_id,
        ((CHAT, user_id), *more) if user_id else (),
        name=" ".join(name for name in names if name),
        username=text_of(user.get("username")),
        profile={"language": language} if language else {},
    )


def _chat_contact(chat: Json) -> Contact:
    contact = _person(chat)
    title = text_of(chat.get("title"))
    return Contact(contact.id, contact.keys, title or contact.name, contact.username)


def _chat(message: Json) -> Json:
    return object_of(message.get("chat"))


def _is_group(chat: Json) -> bool:
    kind = text_of(chat.get("type"))
    return kind != "private" if kind else text_of(chat.get("id")).startswith("-")


def _is_ours(message: Json) -> bool:
    """Tell whether the owner of the connected business account wrote: in their chats, `from` is not the other side."""
    sender, chat = text_of(object_of(message.get("from")).get("id")), text_of(_chat(message).get("id"))
    return bool(sender and chat and sender != chat)


def _message_id(chat: Json, message_id: object) -> str:
    chat_id, number = text_of(chat.get("id")), text_of(message_id)
    return f"{chat_id}:{number}" if chat_id and number else ""


def _reply_to(message: Json) -> str:
    answered = object_of(message.get("reply_to_message"))
    if answered:
        return _message_id(_chat(answered) or _chat(message), answered.get("message_id"))
    story = text_of(object_of(message.get("reply_to_story")).get("id"))
    return f"story:{story}" if story else ""


def _seconds(value: object) -> int:
    moment = instant(value)
    return int(moment.timestamp()) if moment else 0


def _message_extra(update: _Update) -> Json:
    message, chat = update.item, _chat(update.item)
    edited = instant(message.get("edit_date"))
    return update.extra(
        chat_id=text_of(chat.get("id")),
        chat_type=text_of(chat.get("type")),
        channel_post=update.name.endswith("channel_post"),
        edit_ts=edited.isoformat().replace("+00:00", "Z") if edited else "",
        business_connection_id=text_of(message.get("business_connection_id")),
        guest_query_id=text_of(message.get("guest_query_id")),
        media_group_id=text_of(message.get("media_group_id")),
        message_thread_id=text_of(message.get("message_thread_id")),
        forwarded="forward_origin" in message,
    )


def _start_reference(text: str) -> dict[str, str]:
    """Return what follows `/start`: the parameter of the `t.me/<bot>?start=` link by which a person came."""
    if not text.startswith("/start"):
        return {}
    command, _, reference = text.partition(" ")
    return {"ref": reference.strip()} if command.partition("@")[0] == "/start" and reference.strip() else {}


def _service(message: Json, service: str, common: Json) -> Event:
    chat_id = text_of(_chat(message).get("id"))
    external_id = _message_id(_chat(message), message.get("message_id"))
    moved = {
        "migrate_to_chat_id": (chat_id, text_of(message.get("migrate_to_chat_id"))),
        "migrate_from_chat_id": (text_of(message.get("migrate_from_chat_id")), chat_id),
    }.get(service)
    if moved and all(moved):
        old, new = moved
        common |= {"contact": Contact(old, ((CHAT, old),), name=text_of(_chat(message).get("title")))}
        return IdentityChange(type=service, new_keys=((CHAT, new),), external_id=external_id, **common)
    return Ignored(kind="system", type=service, external_id=external_id, **common)


# What is no message


def _callback(update: _Update) -> list[Event]:
    query = update.item
    message, data = object_of(query.get("message")), text_of(query.get("data"))
    chat = _chat(message)
    return [
        InboundMessage(
            kind="callback",
            type="callback",
            external_id=text_of(query.get("id")),
            contact=_person(object_of(query.get("from"))),
            payload=data or text_of(query.get("game_short_name")),
            reply_to=_message_id(chat, message.get("message_id")),
            group=_is_group(chat),
            extra=update.extra(
                chat_id=text_of(chat.get("id")),
                inline_message_id=text_of(query.get("inline_message_id")),
                business_connection_id=text_of(message.get("business_connection_id")),
                button_text=_button_text(message, data),
            ),
        )
    ]


def _button_text(message: Json, data: str) -> str:
    """Return the words on the pressed button, which only the keyboard of its message knows."""
    rows = object_of(message.get("reply_markup")).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in objects_of(row):
            if data and button.get("callback_data") == data:
                return text_of(button.get("text"))
    return ""


def _reaction(update: _Update) -> list[Event]:
    """Read a person's whole set of reactions to a message: Telegram sends what holds now, not what changed."""
    item = update.item
    now = objects_of(item.get("new_reaction"))
    user, actor = object_of(item.get("user")), object_of(item.get("actor_chat"))
    return [
        Reaction(
            kind="reaction" if now else "unreaction",
            contact=_person(user) if user else _chat_contact(actor),
            ts=instant(item.get("date")),
            reply_to=_message_id(_chat(item), item.get("message_id")),
            text="".join(text_of(reaction.get("emoji")) for reaction in now),
            payload=next((custom for reaction in now if (custom := text_of(reaction.get("custom_emoji_id")))), ""),
            group=_is_group(_chat(item)),
            extra=update.extra(),
        )
    ]


def _deleted(update: _Update) -> list[Event]:
    item = update.item
    chat, ids = _chat(item), item.get("message_ids")
    extra = update.extra(business_connection_id=text_of(item.get("business_connection_id")))
    named = [_message_id(chat, number) for number in ids] if isinstance(ids, list) else []
    contact = _chat_contact(chat)
    return [Deletion(message_id=name, reply_to=name, contact=contact, extra=extra) for name in named if name]


def _membership(update: _Update) -> list[Event]:
    """Read that a person blocked the bot (`kicked`) or let it write again (`member`)."""
    item = update.item
    status = text_of(object_of(item.get("new_chat_member")).get("status"))
    if status not in ("kicked", "member") or _is_group(_chat(item)):
        return [_ignored(update, "system")]
    return [
        ConsentChange(
            kind="system",
            opted_out=status == "kicked",
            contact=_chat_contact(_chat(item)),
            ts=instant(item.get("date")),
            extra=update.extra(status=status),
        )
    ]


def _ignored(update: _Update, kind: str) -> Ignored:
    item = update.item
    chat = object_of(item.get("voter_chat"))
    user = object_of(item.get("from")) or object_of(item.get("user"))
    return Ignored(
        kind=kind,
        type=update.name,
        contact=_chat_contact(chat) if chat else _person(user) if user else NOBODY,
        ts=instant(item.get("date")),
        external_id=text_of(item.get("poll_id")) or (text_of(item.get("id")) if kind in ("poll", "payment") else ""),
        text=text_of(item.get("query")),
        extra=update.extra(),
    )


def _ignoring(kind: str) -> Callable[[_Update], list[Event]]:
    return lambda update: [_ignored(update, kind)]


_BUSINESS = ("business_message", "edited_business_message")
#: What is missing here, such as inline queries and boosts, is ignored as `other`.
_READERS: dict[str, Callable[[_Update], list[Event]]] = {
    "message": _message,
    "edited_message": _message,
    "channel_post": _message,
    "edited_channel_post": _message,
    "business_message": _message,
    "edited_business_message": _message,
    "guest_message": _message,
    "callback_query": _callback,
    "message_reaction": _reaction,
    "deleted_business_messages": _deleted,
    "my_chat_member": _membership,
    "chat_member": _ignoring("system"),
    "chat_join_request": _ignoring("system"),
    "business_connection": _ignoring("account_event"),
    "managed_bot": _ignoring("account_event"),
    "poll": _ignoring("poll"),
    "poll_answer": _ignoring("poll"),
    "pre_checkout_query": _ignoring("payment"),
    "shipping_query": _ignoring("payment"),
    "purchased_paid_media": _ignoring("payment"),
    "subscription": _ignoring("payment"),
}
