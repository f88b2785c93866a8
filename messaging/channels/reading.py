"""Reading what platforms send: JSON that may be hostile, ids that may be numbers, clocks that may be wrong."""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import orjson

from messaging.channels.contract import MalformedPayload

MAX_DEPTH = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
TOKEN_LENGTH = 32  # hexadecimal digits
EARLIEST, LATEST = 946_684_800, 4_102_444_800  # 2000 and 2100: what lies outside is no message's time


def load_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; NUL characters and lone surrogates become U+FFFD, which PostgreSQL can store.

    Raises:
        MalformedPayload: no JSON, not an object, or nested deeper than any platform nests.
    """
    if (body.count(b"{") + body.count(b"[")) > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise MalformedPayload(f"nested deeper than {MAX_DEPTH} levels")
    try:
        value = orjson.loads(body)
        if b"\\u0000" in body:
            value = _storable(value)
    except orjson.JSONDecodeError:
        value = _load_leniently(body)
    if not isinstance(value, dict):
        raise MalformedPayload("not a JSON object")
    return cast("dict[str, Any]", value)


def _load_leniently(body: bytes) -> Any:
    """Read what the strict reader refused: broken UTF-8 and lone surrogates."""
    try:
        text = body.decode("utf-8", "replace")
        return _storable(json.loads(text, parse_float=_finite, parse_constant=_finite))
    except (ValueError, RecursionError) as error:
        position = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise MalformedPayload(f"not JSON{position}") from None


def _finite(number: str) -> float:
    """Read a number that JSON columns can hold; Python's own reader would also take NaN and Infinity."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _depth(body: bytes) -> int:
    """Return how deep brackets nest outside strings."""
    depth = deepest = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def storable(text: str) -> str:
    """Replace what PostgreSQL cannot store in text."""
    return UNSTORABLE.sub("�", text)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value


def instant(value: object) -> datetime | None:
    """Read seconds or milliseconds since 1970, as a number or a string; None where that is no plausible time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number >= MILLISECONDS_FROM:
        number /= 1000
    if not EARLIEST <= number < LATEST:  # also false for NaN
        return None
    return datetime.fromtimestamp(number, UTC)


def text_of(value: object) -> str:
    """Return an id or a text as text: numbers as digits, anything else as the empty string."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def object_of(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def objects_of(value: object) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, leaving out anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def token_of(text: str) -> UUID | None:
    """Read the id that we gave a message when we sent it; None for what other apps put in its place."""
    try:
        return UUID(hex=text) if len(text) == TOKEN_LENGTH else None
    except ValueError:
        return None
