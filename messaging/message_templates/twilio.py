"""Asking Twilio for the contents that WhatsApp approved.

https://www.twilio.com/docs/content/content-api-resources#fetch-content-and-approval-status
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import urllib3
from django.conf import settings

from messaging.channels.contract import Credentials
from messaging.channels.http import ask
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, objects_of, text_of
from messaging.channels.twilio_sending import refuse
from messaging.message_templates.reading import Facts, Json, blanks_in, status_of

PATH = "/v1/ContentAndApprovals"
MOST_PAGES = 50
TWILIO_STATUSES = {"received": "PENDING", "": "UNSUBMITTED"}
BUTTONS = {"URL": "URL", "PHONE_NUMBER": "PHONE_NUMBER", "QUICK_REPLY": "QUICK_REPLY", "": "QUICK_REPLY"}
#: The kinds of content that are words and plain buttons; others hold lists, catalogues, codes or cards that slide.
PLAIN = ("twilio/text", "twilio/quick-reply", "twilio/call-to-action", "twilio/media", "twilio/card", "whatsapp/card")


def ask_twilio(credentials: Credentials) -> list[Facts]:
    """Return all contents of an account, each with what became of it at WhatsApp.

    Raises:
        SendError: they are not to be had, or not now.
    """
    sid, token = (next(filter(None, credentials.get(name, [])), "") for name in ("account_sid", "auth_token"))
    if not (sid and token):
        raise SendError(Reason.SETUP, "account_sid" if token else "auth_token")
    headers = dict(urllib3.make_headers(basic_auth=f"{sid}:{token}"))
    found: list[Facts] = []
    query = {"PageSize": "100"}
    for _page in range(MOST_PAGES):
        answer = ask("GET", f"{settings.TWILIO_CONTENT_URL}{PATH}", query=query, headers=headers)
        if not answer.ok:
            refuse(answer)
        found += [_facts(item) for item in objects_of(answer.data.get("contents"))]
        following = text_of(object_of(answer.data.get("meta")).get("next_page_url"))
        if not following:
            return found
        query = dict(parse_qsl(urlsplit(following).query))  # of our own address, wherever it points
    raise SendError(Reason.CONTENT, "too many")


def _facts(item: Json) -> Facts:
    approval = object_of(item.get("approval_requests"))
    word = text_of(approval.get("status")).lower()
    return Facts(
        external_id=text_of(item.get("sid")),
        name=text_of(item.get("friendly_name")) or text_of(item.get("sid")),
        language=text_of(item.get("language")),
        category=text_of(approval.get("category")),
        status=status_of(TWILIO_STATUSES.get(word, word)),
        components=_components(object_of(item.get("types"))),
    )


def _components(types: Json) -> list[Json]:
    """Return a content as WhatsApp would have it, all its blanks in one row, as Twilio counts them."""
    kind = next((name for name in PLAIN if name in types), "")
    if not kind:
        return [{"type": name} for name in types] or [{"type": "EMPTY"}]
    content = object_of(types[kind])
    title = text_of(content.get("header_text"))
    words = [text_of(content.get(name)) for name in (("title",) if kind == "twilio/card" else ())]
    body = "\n".join(filter(None, [*words, text_of(content.get("body"))]))
    footer = text_of(content.get("footer")) or text_of(content.get("subtitle"))
    # A blank outside of the text would be one of the same row, which only the text has here.
    actions = objects_of(content.get("actions"))
    beside = [title, footer, *_media(content), *(text_of(action.get("url")) for action in actions)]
    parts: list[Json] = [{"type": "BODY", "text": body}] if not blanks_in(*beside) else [{"type": "ELSEWHERE"}]
    if title:
        parts.append({"type": "HEADER", "format": "TEXT", "text": title})
    if footer:
        parts.append({"type": "FOOTER", "text": footer})
    return parts + ([{"type": "BUTTONS", "buttons": [_button(action) for action in actions]}] if actions else [])


def _media(content: Json) -> list[str]:
    given: Any = content.get("media")
    return [text_of(url) for url in given] if isinstance(given, list) else []


def _button(action: Json) -> Json:
    kind = text_of(action.get("type")).upper()
    button = {"type": BUTTONS.get(kind, kind), "text": text_of(action.get("title"))}
    return button | ({"url": text_of(action.get("url"))} if action.get("url") else {})
