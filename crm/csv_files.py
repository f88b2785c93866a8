"""CSV files that spreadsheets open as they are meant."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

#: What makes a spreadsheet take a text for a formula, which could send the sheet's other cells away.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: Any) -> Any:
    """Return what to write for a value: numbers as they are, texts that would run as a formula behind an apostrophe."""
    if not isinstance(value, str):
        return "" if value is None else value
    return f"'{value}" if value.lstrip(" \u00a0").startswith(FORMULA) else value


def csv_response(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """Return a download of these rows; the mark at its start tells spreadsheets that it is UTF-8."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return response
