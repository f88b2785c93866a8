"""Reading a file that somebody uploaded, whatever it is: rows of text, or a clear word about why not."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.markup import grouped
from crm.transfer.cells import incoming
from crm.transfer.refused import FileRefused
from crm.transfer.workbooks import rows_of_workbook

MAX_BYTES = 10 * 1024**2
MAX_ROWS = 10_000
MAX_COLUMNS = 100
#: One letter more than the longest text that we keep, so that a longer one is refused and not cut off.
MAX_CELL = 5_001

_HIGH = re.compile(r"[^\x00-\x7f]")
_LETTERS = re.compile(r"[A-Za-z]|[^\x00-\x7f]")


@dataclass(frozen=True)
class Table:
    """The columns of a file and its rows, each with the line it stands on; all as wide as the widest."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes) -> Table:
    """Read a CSV or XLSX file by what is in it, whatever it is called.

    Raises:
        FileRefused: too big, damaged, of another kind, or without any rows.
    """
    if len(content) > MAX_BYTES:
        raise FileRefused(_("The file is bigger than %(size)d MB. Divide it.") % {"size": MAX_BYTES // 1024**2})
    lines = rows_of_workbook(content) if content.startswith(b"PK\x03\x04") else _of_text(content)
    return _table(lines)


def _table(lines: Iterable[tuple[int, list[Any]]]) -> Table:
    columns: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, raw in lines:
        if len(raw) > MAX_COLUMNS and any(value not in (None, "") for value in raw[MAX_COLUMNS:]):
            raise FileRefused(
                _("Line %(line)d has more than %(most)d columns.") % {"line": number, "most": MAX_COLUMNS}
            )
        cells = _without_empty_end([incoming(value)[:MAX_CELL] for value in raw[:MAX_COLUMNS]])
        if not cells:
            continue
        if not columns:
            columns = cells
            continue
        if len(rows) == MAX_ROWS:
            raise FileRefused(_("The file has more than %(most)s rows. Divide it.") % {"most": grouped(MAX_ROWS)})
        rows.append((number, cells))
    if not rows:
        raise FileRefused(_("There are no rows in the file. Its first line must name the columns."))
    # What stands beyond the headings is a column without one, to be seen and not lost.
    width = max(len(columns), max(len(cells) for _number, cells in rows))
    return Table(_filled(columns, width), [(number, _filled(cells, width)) for number, cells in rows])


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _filled(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _of_text(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=lambda sign: first.count(sign))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise FileRefused(
            _("Line %(line)d cannot be read: %(why)s.") % {"line": reader.line_num, "why": error}
        ) from None


def _decoded(content: bytes) -> str:
    """Decode by the mark at the beginning, else as UTF-8, else as what Excel writes in Arabic or in Western languages."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _strictly(content, encoding)
    if b"\x00" in content:
        if content[1:40:2].count(0) > 10:
            return _strictly(content, "utf-16-le")
        raise FileRefused(_("This is not a CSV or XLSX file. Save it as one of these and try again."))
    try:
        return content.decode()
    except UnicodeDecodeError:
        western = content.decode("cp1252", "replace")
        # In Arabic nearly all letters lie beyond ASCII; in Portuguese or French few do.
        is_arabic = len(_HIGH.findall(western)) * 3 > len(_LETTERS.findall(western))
        return content.decode("cp1256", "replace") if is_arabic else western


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused(_("The file is damaged: its text cannot be decoded.")) from None
