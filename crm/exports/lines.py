"""Records as lines of a file: CSV that a spreadsheet runs nothing of, or a JSON object a line."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

import orjson

from crm.transfer.cells import outgoing
from crm.transfer.exporting import csv_lines

Records = Iterable[list[Any]]
#: How a cell says what is neither text nor a number.
TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    datetime: datetime.isoformat,
    date: date.isoformat,
}


def as_csv(names: list[str], records: Records) -> Iterator[bytes]:
    """Yield the bytes of a CSV file: UTF-8, marked as such for spreadsheets, the names first."""
    yield from csv_lines(_cells(names, records))


def as_json(names: list[str], records: Records) -> Iterator[bytes]:
    """Yield an object a line (JSON Lines)."""
    for record in records:
        yield json_line(dict(zip(names, record, strict=True)))


def json_line(value: Any) -> bytes:
    """Return a value as JSON and a line break; letters that no UTF-8 can hold become U+FFFD."""
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return orjson.dumps(_writable(value), default=_plain, option=orjson.OPT_APPEND_NEWLINE)


FORMATS = {"csv": as_csv, "json": as_json}


def _cells(names: list[str], records: Records) -> Iterator[list[str]]:
    yield [outgoing(name) for name in names]
    for record in records:
        yield [outgoing(TEXTS[type(value)](value) if type(value) in TEXTS else value) for value in record]


def _plain(value: Any) -> str:
    """Return what JSON has no notation for as text: sums of money, so that none is rounded."""
    return str(value)


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return [_writable(item) for item in value] if isinstance(value, list | tuple) else value
