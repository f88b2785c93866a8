"""Lists out to files, a few rows at a time in memory."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from crm.transfer.cells import outgoing
from crm.transfer.columns import Column

CSV_TYPE = "text/csv; charset=utf-8"
AT_ONCE = 1000
BYTES_AT_ONCE = 64 * 1024
#: A workbook is written to its end before a byte of it can be sent, and browsers wait only so long.
MAX_WORKBOOK_ROWS = 100_000


def columns_for(resource: Any, *, personal: bool) -> list[Column]:
    """Return the columns that a user may have; phone numbers and e-mail addresses are personal."""
    return [
        column
        for column in resource.fields.values()
        if isinstance(column, Column) and not column.one_way and (personal or not column.personal)
    ]


def cells_of(resource: Any, rows: QuerySet[Any], columns: list[Column]) -> Iterator[list[str]]:
    """Yield the headings, then the cells of each row."""
    yield [outgoing(column.title) for column in columns]
    for row in resource.rows_to_export(rows).iterator(chunk_size=AT_ONCE):
        yield [outgoing(value) for value in resource.values_of(row, columns)]


def csv_lines(cells: Iterable[list[str]]) -> Iterator[bytes]:
    """Yield the bytes of a CSV file, marked as UTF-8 for spreadsheets, some rows at a time."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for number, row in enumerate(cells, 1):
        writer.writerow(row)
        if number % 100 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """Return a download of these rows, few enough to be written at once."""
    content = b"".join(csv_lines([outgoing(value) for value in row] for row in rows))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(content, content_type=CSV_TYPE, headers=headers)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def workbook(cells: Iterable[list[str]]) -> Iterator[bytes]:
    """Write an XLSX file to disk row by row, then yield its bytes. Every cell is text."""
    with tempfile.TemporaryFile() as file:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in cells:
            sheet.append([_text_cell(sheet, value) for value in row])
        book.save(file)
        file.seek(0)
        while part := file.read(BYTES_AT_ONCE):
            yield part


def _text_cell(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
