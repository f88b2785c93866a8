"""Sending many rows to PostgreSQL as one parameter."""

from typing import Any

import orjson


def recordset(rows: list[dict[str, Any]]) -> str:
    """Return rows as JSON for `json_to_recordset`; bytes become what PostgreSQL reads as bytea."""
    return orjson.dumps(rows, default=_bytea, option=orjson.OPT_NON_STR_KEYS).decode()


def _bytea(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(type(value).__name__)
