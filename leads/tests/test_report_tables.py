"""Figures as reports show them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from crm.markup import DASH
from leads.admin.reports import tables
from leads.reports.money import Money


@pytest.mark.parametrize(
    ("part", "shown"),
    [(0, "0%"), (1, "100%"), (4 / 17, "24%"), (0.125, "13%"), (0.0625, "6.3%"), (12 / 204, "5.9%"), (0.0004, "0.0%")],
)
def test_a_share_is_rounded_to_what_is_nearest(part: float, shown: str) -> None:
    assert tables.percent(part) == shown


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=5, minutes=7), "5 h 7 min"),
        (timedelta(days=3, hours=2, minutes=50), "3 d 2 h"),
    ],
)
def test_a_length_of_time_is_told_in_two_units_at_most(time: timedelta, shown: str) -> None:
    assert tables.lasting(time) == f"<bdi>{shown}</bdi>"


def test_sums_stand_by_currency_and_large_ones_may_be_whole() -> None:
    value = Money({"USD": Decimal("7.50"), "EGP": Decimal("58250.49"), "BRL": Decimal(0)})
    assert str(tables.sums(value, whole=True).shown).count("<br>") == 1
    assert "58,250 <small>EGP" in str(tables.sums(value, whole=True).shown)
    with translation.override("ar"):
        assert "58,250.49 <small>EGP" in str(tables.sums(value).shown)
    with translation.override("pt-br"):
        assert "58.250,49 <small>EGP" in str(tables.sums(value).shown)


def test_the_rows_of_a_chart_say_what_it_shows() -> None:
    series = (tables.Series("In", [1234, None], "won"), tables.Series("Out", [0, 5], "all"))
    with translation.override("en"):
        rows = str(tables.Chart("Messages", "Channel", ["<b>Shop</b>", "Café"], series).rows)
    figures = [
        '<td class="lr-figure">1,234</td><td class="lr-figure">0</td>',
        f'<td class="lr-figure">{DASH}</td>',
    ]
    assert rows.split("</tr>")[:-1] == [
        f'<tr><th scope="row"><bdi>&lt;b&gt;Shop&lt;/b&gt;</bdi></th>{figures[0]}',
        f'<tr><th scope="row"><bdi>Café</bdi></th>{figures[1]}<td class="lr-figure">5</td>',
    ]
