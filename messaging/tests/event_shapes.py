"""Whether events hold what their types promise, whatever the body they were read from."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from math import isfinite
from typing import Any, get_args
from uuid import UUID

import orjson

from messaging.channels.events import Attachment, Contact, Event
from messaging.channels.vocabulary import as_vocabulary


def assert_well_formed(events: list[Event], what: str = "") -> None:
    """Check the type of every field, and that everything can be written to PostgreSQL as text or JSON.

    Raises:
        AssertionError: some field holds something else; the message says `what` and which.
    """
    assert isinstance(events, list), what
    for event in events:
        assert isinstance(event, get_args(Event)), f"{what}: {event!r}"
        for field in fields(event):
            value = getattr(event, field.name)
            assert _fits(str(field.type), value), f"{what}: {field.name} of {event!r}"
        shown = orjson.dumps(as_vocabulary(event))
        written_out = shown.replace(b"\\\\", b"")  # where a person wrote a backslash and u0000
        assert b"\\u0000" not in written_out, f"{what}: NUL in {shown!r}"


def _fits(declared: str, value: Any) -> bool:
    """Tell whether a value is of a declared type, as far down as the types of events go."""
    checks: dict[str, Callable[[Any], bool]] = {
        "<class 'str'>": _is_text,
        "<class 'bool'>": lambda item: isinstance(item, bool),
        "<class 'int'>": lambda item: isinstance(item, int) and not isinstance(item, bool),
        "bool | None": lambda item: item is None or isinstance(item, bool),
        "datetime.datetime | None": _is_moment,
        "uuid.UUID | None": lambda item: item is None or isinstance(item, UUID),
        "tuple[str, ...]": lambda item: isinstance(item, tuple) and all(map(_is_text, item)),
        "tuple[tuple[str, str], ...]": _is_keys,
        "dict[str, str]": lambda item: isinstance(item, dict) and all(map(_is_text, [*item, *item.values()])),
        "dict[str, typing.Any]": lambda item: isinstance(item, dict) and _is_plain(item),
        "<class 'messaging.channels.events.Contact'>": _is_contact,
        "tuple[messaging.channels.events.Attachment, ...]": _is_attachments,
        "tuple[messaging.channels.events.Attachment, ...] | None": lambda item: item is None or _is_attachments(item),
    }
    return checks[declared](value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_moment(value: Any) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is not None)


def _is_keys(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, str) and part for part in key)
        for key in value
    )


def _is_contact(value: Any) -> bool:
    return (
        isinstance(value, Contact)
        and all(map(_is_text, (value.id, value.name, value.username)))
        and _is_keys(value.keys)
        and isinstance(value.profile, dict)
        and _is_plain(value.profile)
    )


def _is_attachments(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(item, Attachment)
        and all(map(_is_text, (item.type, item.url, item.id, item.name, item.mime_type)))
        and _is_plain(item.extra)
        for item in value
    )


def _is_plain(value: Any) -> bool:
    """Tell whether a value is JSON."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return isfinite(value)
    return value is None or isinstance(value, str | int | bool)
