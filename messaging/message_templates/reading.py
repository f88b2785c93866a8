"""What a template is made of, read from its components.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
"""

import re
from dataclasses import dataclass, field
from typing import Any

from messaging.channels.reading import objects_of, text_of
from messaging.models.template import BUTTON, HEADER_FILES, MEDIA, NAMED, SPECIAL, MessageTemplate

BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Buttons that are sent as they are, but for one blank at the end of an address.
PLAIN_BUTTONS = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER"})
PLAIN_COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
AUTHENTICATION = "AUTHENTICATION"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """A template as its platform told of it."""

    external_id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Json] = field(default_factory=list)


def status_of(word: str) -> str:
    """Return our word for a platform's."""
    word = word.upper()
    return word if word in MessageTemplate.Status.values else MessageTemplate.Status.OTHER.value


def columns_of(facts: Facts) -> dict[str, Any]:
    """Return the columns of a template."""
    parts = {text_of(part.get("type")).upper(): part for part in facts.components}
    header, body, footer = (parts.get(name, {}) for name in ("HEADER", "BODY", "FOOTER"))
    buttons = objects_of(parts.get("BUTTONS", {}).get("buttons"))
    texts = {"header": text_of(header.get("text")), "body": text_of(body.get("text"))}
    return {
        "external_id": facts.external_id[:200],
        "category": facts.category[:50],
        "status": facts.status,
        "components": facts.components,
        **texts,
        "footer": text_of(footer.get("text")),
        "buttons": [
            {"type": text_of(button.get("type")).upper(), "text": text_of(button.get("text"))} for button in buttons
        ],
        "header_blanks": len(blanks_in(texts["header"])),
        "body_blanks": len(blanks_in(texts["body"])),
        "obstacle": _obstacle(facts, parts, buttons),
    }


def blanks_in(*texts: str) -> list[str]:
    """Return the blanks of texts, each once, in the order of their numbers, or in that of the text where they have names."""
    found = list(dict.fromkeys(name for text in texts for name in BLANK.findall(text)))
    return sorted(found, key=int) if all(name.isdecimal() for name in found) else found


def are_named(blanks: list[str]) -> bool:
    return bool(blanks) and all(NAME.fullmatch(name) for name in blanks)


def _obstacle(facts: Facts, parts: dict[str, Json], buttons: list[Json]) -> str:
    header = parts.get("HEADER", {})
    if facts.category.upper() == AUTHENTICATION or not parts.keys() <= PLAIN_COMPONENTS or "BODY" not in parts:
        return SPECIAL
    if text_of(header.get("format")).upper() not in ("", "TEXT", *HEADER_FILES):
        return MEDIA
    for button in buttons:
        if text_of(button.get("type")).upper() not in PLAIN_BUTTONS:
            return SPECIAL
        if len(BLANK.findall(text_of(button.get("url")))) > 1:
            return BUTTON
    in_header, in_body = (blanks_in(text_of(parts.get(name, {}).get("text"))) for name in ("HEADER", "BODY"))
    fit = all(
        are_named(blanks) or blanks == [str(number) for number in range(1, len(blanks) + 1)]
        for blanks in (in_header, in_body)
    )
    return "" if fit else NAMED
