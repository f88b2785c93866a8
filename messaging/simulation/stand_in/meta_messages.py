"""The Send API of Messenger and Instagram, and the webhooks that follow a send.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-echoes
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

import time
from typing import Any

import orjson

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call, Report, Sending, Upload
from messaging.simulation.stand_in.refusals import graph_says_no, require
from messaging.simulation.stand_in.state import State

KINDS = ("image", "video", "audio", "file")
LONGEST_TEXT = {"messenger": 2000, "instagram": 1000}
MOST_QUICK_REPLIES, LONGEST_TITLE = 13, 20
PRODUCT = {"messenger": "page", "instagram": "instagram"}


def send(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Take a message or a sender action."""
    recipient = call.inner("recipient")
    who = next((str(recipient[name]) for name in ("id", "comment_id", "user_ref") if recipient.get(name)), "")
    require(who, graph_says_no("100", "The parameter recipient is required"))
    if call.text("sender_action"):
        return _action(call, account, who)
    message = call.inner("message")
    kind = _checked(call, message, account)
    _check_type(call)
    mid = f"m_{state.letters(60)}" if account.platform == "messenger" else f"aWdf{state.letters(80)}"
    text = str(message.get("text", ""))
    sending = Sending(account, mid, who, kind, text, str(message.get("metadata", "")))
    person = str(recipient.get("id") or f"7{state.digits()}")
    # Who wrote a comment is not known here, and an echo to somebody else would make another customer of them.
    reports = [_echo(account, person, mid, message), *_receipts(account, person, mid)] if recipient.get("id") else []
    return Answer({"recipient_id": person, "message_id": mid}, sending=sending, reports=reports)


def _action(call: Call, account: SimulatedAccount, who: str) -> Answer:
    """Take a reaction or a sign of life: https://developers.facebook.com/docs/instagram-platform/reactions"""
    action, payload = call.text("sender_action"), call.inner("payload")
    known = ("react", "unreact", "typing_on", "typing_off", "mark_seen")
    require(action in known, graph_says_no("100", "sender_action must be one of the known"))
    if action in ("react", "unreact"):
        require(payload.get("message_id"), graph_says_no("100", "message_id is required"))
        require(action == "unreact" or payload.get("reaction"), graph_says_no("100", "reaction is required"))
    sending = Sending(account, "", who, action, f"{payload.get('message_id')} {payload.get('reaction', '')}")
    return Answer({"recipient_id": who}, sending=sending)


def _check_type(call: Call) -> None:
    kind = call.text("messaging_type")
    known = ("", "RESPONSE", "UPDATE", "MESSAGE_TAG")
    require(kind in known, graph_says_no("100", "Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG"))
    require(kind != "MESSAGE_TAG" or call.text("tag"), graph_says_no("100", "A tag is required"))


def _checked(call: Call, message: dict[str, Any], account: SimulatedAccount) -> str:
    """Return what kind of message it is, if it is one."""
    attachment = message.get("attachment")
    text = message.get("text")
    require(bool(text) != bool(attachment), graph_says_no("100", "Either text or attachment is required"))
    require(len(str(message.get("metadata", ""))) <= 1000, graph_says_no("100", "metadata is too long"))
    if attachment:
        require(attachment.get("type") in KINDS, graph_says_no("100", "attachment type is not known"))
        file, url = call.values.get("filedata"), str(attachment.get("payload", {}).get("url", ""))
        require(isinstance(file, Upload) or url.startswith("https://"), graph_says_no("100/2018047", "no such file"))
        return str(attachment["type"])
    length = len(str(text)) if account.platform == "messenger" else len(str(text).encode())
    longest = LONGEST_TEXT[account.platform]
    require(length <= longest, graph_says_no("100", f"Length of param message[text] must be at most {longest}"))
    replies = message.get("quick_replies", [])
    require(len(replies) <= MOST_QUICK_REPLIES, graph_says_no("100", "Too many quick replies"))
    for reply in replies:
        fits = reply.get("content_type") == "text" and reply.get("payload") and reply.get("title")
        require(fits and len(reply["title"]) <= LONGEST_TITLE, graph_says_no("100", "quick reply is malformed"))
    return "buttons" if replies else "text"


def _echo(account: SimulatedAccount, person: str, mid: str, message: dict[str, Any]) -> Report:
    """Return the echo; Messenger brings our metadata back in it, Instagram does not."""
    said: dict[str, Any] = {"mid": mid, "is_echo": True}
    if attachment := message.get("attachment"):
        url = f"https://pictures.example/{mid}"
        said["attachments"] = [{"type": attachment["type"], "payload": {"url": url}}]
    else:
        said["text"] = message["text"]
    if account.platform == "messenger":
        said |= {"app_id": 1, **({"metadata": message["metadata"]} if message.get("metadata") else {})}
    item = _envelope(account, sender=account.external_id, recipient=person) | {"message": said}
    return posted(account, [item])


def _receipts(account: SimulatedAccount, person: str, mid: str) -> list[Report]:
    """Return what is told of a message that arrives and is read."""
    item = _envelope(account, sender=person, recipient=account.external_id)
    if account.platform == "instagram":
        return [posted(account, [item | {"read": {"mid": mid}}])]
    now = int(time.time() * 1000)
    return [posted(account, [item | {"delivery": {"mids": [mid], "watermark": now}}])]


def _envelope(account: SimulatedAccount, *, sender: str, recipient: str) -> dict[str, Any]:
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int(time.time() * 1000)}


def posted(account: SimulatedAccount, items: list[dict[str, Any]], where: str = "messaging") -> Report:
    """Return a webhook of a page or Instagram account with these items."""
    entry = {"id": account.external_id, "time": int(time.time() * 1000), where: items}
    return Report(account, orjson.dumps({"object": PRODUCT[account.platform], "entry": [entry]}))
