"""Reading XLSX files, without trusting them to be what a spreadsheet would write."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from crm.transfer.refused import FileRefused

MAX_UNPACKED = 60 * 1024**2
# Each tag takes some microseconds and, until its row ends, some hundred bytes: a few kilobytes could take minutes and gigabytes.
MAX_TAGS = 3_000_000
MAX_TAGS_AT_ONCE = 100_000
#: Rows, with the empty ones. A row may also claim any number, and those skipped would be gone through one by one.
MAX_LINES = 100_000

_ROW_OR_TEXT = re.compile(rb"<(?:[\w.-]+:)?(?:row|si)[\s/>]")
_READ_BIT_BY_BIT = re.compile(r"/worksheets/|/sharedStrings\.xml$")
_DAMAGED = (
    zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, ValueError, TypeError, OSError, EOFError,
    AttributeError, NotImplementedError, RuntimeError, zlib.error,
)  # fmt: skip


def rows_of_workbook(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows of the first sheet with their numbers; of formulas the values they last had.

    Raises:
        FileRefused: damaged, or more than we can read in a request.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                if number > MAX_LINES:
                    raise _too_big()
                yield number, list(row)
        finally:
            book.close()
    except _DAMAGED:
        raise FileRefused(_("This workbook cannot be read. Save it as XLSX or CSV and try again.")) from None


def _check_size(archive: zipfile.ZipFile) -> None:
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
        raise _too_big()
    tags = 0
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            part = archive.read(entry)
            tags += part.count(b"<")
            if tags > MAX_TAGS or _most_at_once(entry.filename, part) > MAX_TAGS_AT_ONCE:
                raise _too_big()


def _most_at_once(name: str, part: bytes) -> int:
    """Return how many tags of a part are in memory at once when it is read."""
    # Neither a comment nor anything else that no spreadsheet writes may pretend that a row ends.
    if b"<!" in part or part.count(b"<?") > 1:
        raise ValueError
    if not _READ_BIT_BY_BIT.search(name):
        return part.count(b"<")
    starts = [0, *(match.start() for match in _ROW_OR_TEXT.finditer(part)), len(part)]
    return max(part.count(b"<", start, end) for start, end in pairwise(starts))


def _too_big() -> FileRefused:
    return FileRefused(_("The workbook is too big once unpacked. Divide it, or save it as CSV."))
