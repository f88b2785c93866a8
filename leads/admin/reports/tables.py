"""Tables and charts of figures, as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import localize, number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.markup import DASH, amount, grouped, money
from leads.reports.money import Money

FEW_PERCENT = 0.1
LARGE = 1000
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Column:
    """`url` sorts by it; `phone` tells that a phone shows it too; `hint` explains the figure on hover; `text`: no figure."""

    title: Any
    url: str = ""
    hint: Any = ""
    sorted: bool = False
    phone: bool = True
    text: bool = False

    @property
    def css(self) -> str:
        return f"{'lr-text' if self.text else 'lr-figure'}{'' if self.phone else ' lr-wide'}"


@dataclass(frozen=True, slots=True)
class Cell:
    shown: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    title: Any
    below: Any
    cells: Sequence[Cell]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What the first column is called is `of`; `total` stands below the rows. Where it is not complete, the rest is at `later`."""

    of: Any
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    caption: Any = ""
    later: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One bar or point for each label of a chart, none where a value is None; `tone` is one of `all`, `won` and `lost`."""

    title: Any
    values: Sequence[int | None]
    tone: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars by label, or lines `over_time`; the title says what is seen."""

    title: Any
    of: Any
    labels: Sequence[str]
    series: Sequence[Series] = field(default_factory=tuple)
    over_time: bool = False

    @property
    def data(self) -> dict[str, Any]:
        return {
            "labels": [str(label) for label in self.labels],
            "over_time": self.over_time,
            "series": [{"title": str(one.title), "values": list(one.values), "tone": one.tone} for one in self.series],
        }

    @property
    def rows(self) -> SafeString:
        """Return the same as the rows of a table; by a template, a line for each day took a third of a page's time."""
        figures = [
            [f'<td class="lr-figure">{DASH if value is None else localize(value)}</td>' for value in one.values]
            for one in self.series
        ]
        return SafeString(
            "".join(
                f'<tr><th scope="row"><bdi>{escape(label)}</bdi></th>{"".join(line)}</tr>'
                for label, *line in zip(self.labels, *figures, strict=True)
            )
        )


def count(number: int, url: str = "") -> Cell:
    """Return a number that leads to its rows, a dash for none."""
    return Cell(grouped(number), url) if number else Cell(DASH)


def share(part: float | None) -> Cell:
    return Cell(DASH) if part is None else Cell(percent(part))


def percent(part: float) -> str:
    """Return a share of one as so many of a hundred, finer where it is small."""
    places = 1 if 0 < part < FEW_PERCENT else 0
    figure = number_format(Decimal(part * 100).quantize(Decimal(10) ** -places, ROUND_HALF_UP), decimal_pos=places)
    return _("%(figure)s%%") % {"figure": figure}


def sums(value: Money, url: str = "", *, whole: bool = False) -> Cell:
    """Return an amount for each currency, one below the other, never added; `whole` leaves out the decimals of large ones."""
    shown = [
        (money(round(part, 0) if whole and part >= LARGE else part, currency),) for currency, part in value if part
    ]
    return Cell(format_html_join(SafeString("<br>"), "{}", shown), url) if shown else Cell(DASH)


def average(value: Money) -> Cell:
    """The same to the nearest hundredth."""
    return sums(Money({currency: part.quantize(Decimal("0.01")) for currency, part in value}))


def times(returns: dict[str, Decimal]) -> Cell:
    """Return how many times something came back, named by currency where there are several."""
    if not returns:
        return Cell(DASH)
    named = len(returns) > 1
    lines = [
        (amount(ratio.quantize(Decimal("0.01"))), currency if named else "") for currency, ratio in returns.items()
    ]
    return Cell(
        format_html_join(SafeString("<br>"), '<bdo dir="ltr" class="mc-money">{}× <small>{}</small></bdo>', lines)
    )


def lasting(time: timedelta | None) -> SafeString:
    """Say how long something took, in the two largest units at most."""
    return DASH if time is None else named(_lasting(int(time.total_seconds())))


def _lasting(seconds: int) -> str:
    if seconds < MINUTE:
        return _("%(count)d s") % {"count": seconds}
    if seconds < HOUR:
        return _("%(count)d min") % {"count": seconds // MINUTE}
    if seconds < DAY:
        return _("%(hours)d h %(minutes)d min") % {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
    return _("%(days)d d %(hours)d h") % {"days": seconds // DAY, "hours": seconds % DAY // HOUR}


def named(title: Any) -> SafeString:
    return format_html("<bdi>{}</bdi>", title)
