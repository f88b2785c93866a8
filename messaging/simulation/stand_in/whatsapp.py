"""The WhatsApp Cloud API: messages, media that are handed over first, and statuses.

https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
"""

import time
from collections.abc import Callable
from typing import Any

import orjson

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call, Report, Sending, Upload
from messaging.simulation.stand_in.refusals import graph_says_no, require
from messaging.simulation.stand_in.state import State

MISSING, WRONG = "131008", "131009"
MEDIA = ("image", "video", "audio", "document", "sticker")
LONGEST_CAPTION = 1024
LONGEST_TEXT, LONGEST_BODY, MOST_BUTTONS, LONGEST_TITLE, MOST_ROWS, LONGEST_ROW = 4096, 1024, 3, 20, 10, 24


def send(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Take a message."""
    _need(call.text("messaging_product") == "whatsapp", "messaging_product")
    to, user_id = call.text("to").removeprefix("+"), call.text("recipient")
    _need(to or user_id, "to")
    require(not to or to.isdecimal(), graph_says_no(WRONG, "to is not a phone number"))
    kind = call.text("type") or "text"
    what = call.inner(kind)
    _need(what, kind)
    _check(kind, what, state)
    wamid, token = f"wamid.{state.letters(44)}", call.text("biz_opaque_callback_data")
    require(len(token) <= 512, graph_says_no(WRONG, "biz_opaque_callback_data is too long"))
    text = str(what.get("body") or what.get("caption") or what.get("name") or what.get("emoji") or "")
    if kind == "interactive":
        text = str(what["body"]["text"])
    contact = {"input": to or user_id, **({"wa_id": to} if to else {"user_id": user_id})}
    answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}
    sending = Sending(account, wamid, to or user_id, kind, text, token)
    return Answer(answer, sending=sending, reports=_statuses(account, wamid, to, user_id, token))


def upload(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Take a file, to be sent by its id."""
    require(account.platform == "whatsapp", graph_says_no("100/33", "no such edge"))
    _need(call.text("messaging_product") == "whatsapp", "messaging_product")
    file = call.values.get("file")
    require(isinstance(file, Upload) and file.body, graph_says_no("100", "The parameter file is required"))
    number = state.digits()
    if isinstance(file, Upload):
        state.uploads[number] = file
    return Answer({"id": number}, account=account, kind="upload")


def _need(true: Any, name: str) -> None:
    require(true, graph_says_no(MISSING, f"The parameter {name} is required"))


def _check(kind: str, what: dict[str, Any], state: State) -> None:
    if kind in MEDIA:
        known = str(what.get("id", "")) in state.uploads or str(what.get("link", "")).startswith("https://")
        require(known, graph_says_no("131053", "no such media"))
        require(len(str(what.get("caption", ""))) <= LONGEST_CAPTION, graph_says_no("100", "caption is too long"))
        require(kind != "audio" or "caption" not in what, graph_says_no("100", "audio has no caption"))
        return
    check = _CHECKS.get(kind)
    require(check, graph_says_no("131051", "type is not supported"))
    if check:
        check(what)


def _text(what: dict[str, Any]) -> None:
    _need(what.get("body"), "text.body")
    require(len(what["body"]) <= LONGEST_TEXT, graph_says_no("100", "text.body is too long"))


def _location(what: dict[str, Any]) -> None:
    _need("latitude" in what and "longitude" in what, "latitude and longitude")


def _interactive(what: dict[str, Any]) -> None:
    body, action = what.get("body", {}).get("text", ""), what.get("action", {})
    require(body and len(body) <= LONGEST_BODY, graph_says_no(WRONG, "body.text"))
    if what.get("type") == "list":
        rows = [row for section in action.get("sections", []) for row in section.get("rows", [])]
        require(action.get("button") and 0 < len(rows) <= MOST_ROWS, graph_says_no(WRONG, "list"))
        require(all(row.get("id") and len(row["title"]) <= LONGEST_ROW for row in rows), graph_says_no(WRONG, "row"))
        return
    buttons = action.get("buttons", [])
    require(what.get("type") == "button" and 0 < len(buttons) <= MOST_BUTTONS, graph_says_no(WRONG, "buttons"))
    for button in buttons:
        reply = button.get("reply", {})
        fits = button.get("type") == "reply" and reply.get("id") and 0 < len(reply.get("title", "")) <= LONGEST_TITLE
        require(fits, graph_says_no(WRONG, "button"))


def _template(what: dict[str, Any]) -> None:
    _need(what.get("name"), "template.name")
    _need(what.get("language", {}).get("code"), "template.language.code")
    for component in what.get("components", []):
        kind = component.get("type")
        require(kind in ("header", "body", "button"), graph_says_no(WRONG, "component"))
        if kind == "button":
            require(component.get("sub_type") == "url" and component.get("index"), graph_says_no(WRONG, "button"))
        for parameter in component.get("parameters", []):
            given = parameter.get(parameter.get("type"))
            fits = given.get("id") or given.get("link") if isinstance(given, dict) else given
            require(fits, graph_says_no(WRONG, "parameter"))


def _reaction(what: dict[str, Any]) -> None:
    _need(what.get("message_id"), "reaction.message_id")
    _need("emoji" in what, "reaction.emoji")


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "text": _text,
    "location": _location,
    "interactive": _interactive,
    "template": _template,
    "reaction": _reaction,
}


def _statuses(account: SimulatedAccount, wamid: str, to: str, user_id: str, token: str) -> list[Report]:
    who = {"recipient_id": to} if to else {"recipient_user_id": user_id}
    own = {"biz_opaque_callback_data": token} if token else {}
    return [
        status(account, {"id": wamid, "status": word, "timestamp": str(int(time.time())), **who, **own})
        for word in ("sent", "delivered", "read")
    ]


def status(account: SimulatedAccount, item: dict[str, Any]) -> Report:
    """Return a webhook with one status."""
    metadata = {"display_phone_number": "15550001111", "phone_number_id": account.external_id}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": [item]}
    entry = {"id": f"10{account.external_id}", "changes": [{"field": "messages", "value": value}]}
    return Report(account, orjson.dumps({"object": "whatsapp_business_account", "entry": [entry]}))
