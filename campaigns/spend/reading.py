"""Reading a file of spend: CSV as ad platforms and spreadsheets write it.

Columns are known by their first line, in any order: the ad's id, the day (`2026-05-31`), the spend, its currency,
impressions and clicks; the ad's, ad set's and campaign's names and ids besides, if they are there. A line that makes no
sense is named with the reason and passed over.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from types import MappingProxyType

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from crm.amounts import TooMuch, read_amount

MOST_BYTES = 20 * 1024 * 1024
MOST_LINES = 200_000
HIGHEST_COUNT = 2**63 - 1
#: What the columns are called, by ad platforms and by us.
TITLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ad_id": ("ad id", "ad", "id"),
        "day": ("day", "date", "reporting starts"),
        "spend": ("spend", "spent", "amount spent", "cost"),
        "currency": ("currency", "account currency"),
        "impressions": ("impressions",),
        "clicks": ("clicks", "link clicks", "clicks (all)"),
        "title": ("ad name", "title"),
        "ad_set_id": ("ad set id", "adset id"),
        "ad_set_name": ("ad set name", "adset name", "ad set"),
        "campaign_id": ("campaign id",),
        "campaign_name": ("campaign name", "campaign"),
    }
)
NEEDED = ("ad_id", "day", "spend")
NAMES = ("title", "ad_set_id", "ad_set_name", "campaign_id", "campaign_name")
#: `Amount spent (EGP)`
WITH_CURRENCY = re.compile(r"(.+) \(([A-Z]{3})\)")
CURRENCY = re.compile(r"[A-Z]{3}")
#: In a file whose cells semicolons part: thousands, or decimals of one.
EITHER = re.compile(r"\d{1,3}[.,]\d{3}")
COUNT = re.compile(r"\d{1,3}([.,]\d{3})+|\d+")


class Unreadable(Exception):
    """The file as a whole makes no sense; the message says what to do."""


class BadLine(Exception):
    """One line makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one ad cost on one day; `line` is where it stands in the file."""

    line: int
    ad_id: str
    day: date
    spend: Decimal
    currency: str
    impressions: int
    clicks: int
    names: dict[str, str] = field(default_factory=dict)


def decoded(content: bytes) -> str:
    """Return the text of a file, which spreadsheets save in one of two ways; raises `Unreadable`."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_("This is not a text file. Save it as “CSV UTF-8” and try again.")) from None


def costs_in(text: str, currency: str) -> Iterator[Cost | tuple[int, str]]:
    """Yield each line as a cost, or as its number and what is wrong with it. `currency` is for lines that name none.

    Raises:
        Unreadable: a needed column is missing, or there are too many lines.
    """
    if "\0" in text:
        raise Unreadable(_("This is not a text file. Save it as “CSV UTF-8” and try again."))
    first, _newline, _rest = text.partition("\n")
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        places, in_title = _columns(next(rows, []))
        for row in rows:
            if rows.line_num > MOST_LINES:
                raise Unreadable(_("More than %(count)d lines. Give fewer days at a time.") % {"count": MOST_LINES})
            if not any(cell.strip() for cell in row):
                continue
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
            try:
                if delimiter == ";" and EITHER.fullmatch(cells["spend"]):
                    raise BadLine(
                        _("“%(text)s” can be read in two ways; write no sign between thousands.")
                        % {"text": cells["spend"]}
                    )
                yield _cost(rows.line_num, cells, in_title or currency)
            except BadLine as bad:
                yield rows.line_num, str(bad)
    except csv.Error as error:
        raise Unreadable(_("This is not a CSV file: %(error)s") % {"error": error}) from None


def _columns(titles: list[str]) -> tuple[dict[str, int], str]:
    """Return the place of each column that we know, and the currency in the title of the spend."""
    places: dict[str, int] = {}
    in_title = ""
    for place, title in enumerate(titles):
        plain, currency = title.strip(), ""
        if named := WITH_CURRENCY.fullmatch(plain):
            plain, currency = named[1], named[2]
        plain = " ".join(plain.lower().replace("_", " ").split())
        name = next((name for name, known in TITLES.items() if plain in known), None)
        if name and name not in places:
            places[name] = place
            in_title = currency if name == "spend" else in_title
    missing = [name.replace("_", " ") for name in NEEDED if name not in places]
    if missing:
        hint = _("The first line must name the columns “ad id”, “day” and “spend”; missing: %(names)s.")
        raise Unreadable(hint % {"names": ", ".join(missing)})
    return places, in_title


def _cost(line: int, cells: dict[str, str], currency: str) -> Cost:
    ad_id = cells["ad_id"].removeprefix("a:")
    if not ad_id or len(ad_id) > 200:
        raise BadLine(_("No ad id."))
    if re.fullmatch(r"\d[.,]\d+[eE]\+?\d+", ad_id):
        raise BadLine(_("A spreadsheet rounded the ad id to %(id)s. Format the column as text.") % {"id": ad_id})
    currency = cells.get("currency", "").upper() or currency
    if not CURRENCY.fullmatch(currency):
        raise BadLine(_("No currency in three letters, such as EGP."))
    return Cost(
        line=line,
        ad_id=ad_id,
        day=_day(cells["day"]),
        spend=_amount(cells["spend"]),
        currency=currency,
        impressions=_count(cells.get("impressions", "")),
        clicks=_count(cells.get("clicks", "")),
        names={name: cells[name][: 200 if name.endswith("_id") else 500] for name in NAMES if cells.get(name)},
    )


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadLine(_("“%(text)s” is no day; write it as 2026-05-31.") % {"text": text[:40]})
    return day


def _amount(text: str) -> Decimal:
    """Read a figure; an empty one is 0."""
    try:
        return read_amount(text) if text else Decimal(0)
    except TooMuch:
        raise BadLine(_("“%(text)s” is too much.") % {"text": text[:40]}) from None
    except ValueError:
        raise BadLine(_("“%(text)s” is no amount.") % {"text": text[:40]}) from None


def _count(text: str) -> int:
    digits = re.sub("[.,]", "", text) if COUNT.fullmatch(text) else "" if text else "0"
    if not digits or len(digits) > 19 or int(digits) > HIGHEST_COUNT:
        raise BadLine(_("“%(text)s” is no whole number.") % {"text": text[:40]})
    return int(digits)
