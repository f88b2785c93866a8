"""Telegram's Bot API. A bot is told nothing of its own messages afterwards.

https://core.telegram.org/bots/api#available-methods
"""

import time
from collections.abc import Callable
from typing import Any

import orjson

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call, Sending, Upload
from messaging.simulation.stand_in.refusals import require, telegram_says_no
from messaging.simulation.stand_in.routing import Route
from messaging.simulation.stand_in.state import State

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
FILES = {"sendPhoto": "photo", "sendVideo": "video", "sendAudio": "audio", "sendDocument": "document"}

#: Of those that the documentation lists under ReactionTypeEmoji, the ones that people use.
REACTIONS = frozenset("👍👎❤🔥🥰👏😁🤔🤯😱😢🎉🤩🙏👌😍💯🤣⚡🏆💔😐😴😭👀😇🤝🤗😘😎😡")

Method = Callable[[Call, SimulatedAccount, State], Answer]


def method(call: Call, state: State) -> Answer:
    """Call a method of the bot whose token stands in the path."""
    account = state.cast.by_token(call.named["token"], platform="telegram")
    if account is None:
        return telegram_says_no("401", "Unauthorized")
    known = METHODS.get(call.named["method"])
    if known is None:
        return telegram_says_no("404", "Not Found: method not found")
    return known(call, account, state)


def _bad(words: str) -> Answer:
    return telegram_says_no("400", f"Bad Request: {words}")


def _sent(call: Call, account: SimulatedAccount, state: State, said: dict[str, Any], text: str = "") -> Answer:
    """Return the message that was made."""
    chat = call.text("chat_id")
    require(chat, _bad("chat_id is empty"))
    require(chat.lstrip("-").isdecimal(), _bad("chat not found"))
    number = state.run % 10**8 * 10 + state.number()
    who = {"id": int(account.external_id or 0), "is_bot": True, "first_name": "Shop"}
    message = {
        "message_id": number,
        "from": who,
        "chat": {"id": int(chat), "type": "private"},
        "date": int(time.time()),
    }
    sending = Sending(account, f"{chat}:{number}", chat, call.named["method"], text)
    return Answer({"ok": True, "result": message | said}, sending=sending)


def _message(call: Call, account: SimulatedAccount, state: State) -> Answer:
    text = call.text("text")
    require(text, _bad("message text is empty"))
    require(len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT, _bad("message is too long"))
    for row in call.inner("reply_markup").get("inline_keyboard", []):
        for button in row:
            data = str(button.get("callback_data", ""))
            require(button.get("text") and 1 <= len(data.encode()) <= 64, _bad("BUTTON_DATA_INVALID"))
    return _sent(call, account, state, {"text": text}, text)


def _file(call: Call, account: SimulatedAccount, state: State) -> Answer:
    name, caption = FILES[call.named["method"]], call.text("caption")
    given = call.values.get(name)
    require(given, _bad(f"there is no {name} in the request"))
    require(len(caption) <= LONGEST_CAPTION, _bad("message caption is too long"))
    file_id = state.letters(40)
    if isinstance(given, Upload):
        state.uploads[file_id] = given
    return _sent(call, account, state, {name: {"file_id": file_id}, "caption": caption}, caption)


def _place(call: Call, account: SimulatedAccount, state: State) -> Answer:
    place = {"latitude": call.values.get("latitude"), "longitude": call.values.get("longitude")}
    require(None not in place.values(), _bad("latitude and longitude are required"))
    if call.named["method"] == "sendVenue":
        require(call.text("title") and call.text("address"), _bad("title and address are required"))
    return _sent(call, account, state, {"location": place}, call.text("title"))


def _reaction(call: Call, account: SimulatedAccount, state: State) -> Answer:
    require(call.text("chat_id") and call.text("message_id"), _bad("message to react not found"))
    given = call.values.get("reaction")
    shown = given if isinstance(given, list) else orjson.loads(given or "[]")
    require(all(one.get("emoji") in REACTIONS for one in shown), _bad("REACTION_INVALID"))
    text = f"{call.text('message_id')} {''.join(str(one.get('emoji')) for one in shown)}"
    sending = Sending(account, "", call.text("chat_id"), "setMessageReaction", text)
    return Answer({"ok": True, "result": True}, sending=sending)


def _about_itself(call: Call, account: SimulatedAccount, state: State) -> Answer:
    return _read(
        {"id": int(account.external_id or 0), "is_bot": True, "first_name": "Shop", "username": "shop_bot"}, account
    )


def _accepted(call: Call, account: SimulatedAccount, state: State) -> Answer:
    return _read(True, account)


def _get_file(call: Call, account: SimulatedAccount, state: State) -> Answer:
    file_id = call.text("file_id") or call.query.get("file_id", "")
    require(file_id, _bad("file_id is required"))
    return _read({"file_id": file_id, "file_unique_id": file_id[:8], "file_path": f"documents/{file_id}"}, account)


def _no_photos(call: Call, account: SimulatedAccount, state: State) -> Answer:
    require(call.text("user_id") or call.query.get("user_id"), _bad("user_id is required"))
    return _read({"total_count": 0, "photos": []}, account)


def _read(result: Any, account: SimulatedAccount) -> Answer:
    return Answer({"ok": True, "result": result}, account=account, kind="read")


def file(call: Call, state: State) -> Answer:
    """Hand out a file: one that was sent, or a tiny picture in place of what people would have sent."""
    account = state.cast.by_token(call.named["token"], platform="telegram")
    if account is None:
        return telegram_says_no("401", "Unauthorized")
    given = state.uploads.get(call.named["id"])
    return Answer(given.body if given else PICTURE, headers={"Content-Type": "image/png"}, account=account, kind="read")


#: One transparent pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)
METHODS: dict[str, Method] = {
    "sendMessage": _message,
    **dict.fromkeys(FILES, _file),
    "sendLocation": _place,
    "sendVenue": _place,
    "setMessageReaction": _reaction,
    "getMe": _about_itself,
    "getFile": _get_file,
    "getUserProfilePhotos": _no_photos,
    "setWebhook": _accepted,
    "deleteWebhook": _accepted,
}
ROUTES = (
    Route("POST", r"/bot(?P<token>[^/]+)/(?P<method>\w+)", method),
    Route("GET", r"/bot(?P<token>[^/]+)/(?P<method>\w+)", method),
    Route("GET", r"/file/bot(?P<token>[^/]+)/documents/(?P<id>[\w-]+)", file),
)
