"""The small pieces of HTML that pages are made of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from crm import markup

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=6, hours=23), "6 days"),
        (timedelta(days=7), "May 13"),
        (timedelta(days=200), "11/01/2025"),
    ],
)
def test_relative_time_is_short(gone: timedelta, said: str) -> None:
    with translation.override("en"):
        assert markup.since(NOW - gone, NOW) == said


def test_relative_time_carries_the_exact_one() -> None:
    shown = markup.ago(NOW)
    assert 'datetime="2026-05-20T12:00:00+00:00"' in shown
    assert f'title="{markup.moment(NOW)}"' in shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mona Adel", "MA"), ("ana", "A"), ("أحمد فتحي", "أف"), ("  ", "?"), ("", "?"), ("\u202eevil", "E"),
        ("<script>", "S"), ("++ --", "?"), ("João da Silva", "JS"),
    ],
)  # fmt: skip
def test_an_avatar_has_the_first_letters_of_a_name(name: str, letters: str) -> None:
    assert markup.initials(name) == letters


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"'><img src=x onerror=y>", "&lt;b&gt;"])
def test_nothing_a_person_wrote_becomes_markup(text: str) -> None:
    pieces = (
        markup.chip(text, title=text), markup.person(text, text), markup.words(text), markup.left_to_right(text),
        markup.link("/", text), markup.to_copy(text), markup.json_block({text: text}), markup.chips([text] * 5),
    )  # fmt: skip
    for piece in pieces:
        assert "<script" not in piece
        assert "<img" not in piece
        assert "<b>" not in piece


def test_json_too_deep_to_lay_out_is_shown_all_the_same() -> None:
    deep: list[object] = []
    for _number in range(600):
        deep = [deep]
    assert "[[[" in markup.json_block(deep)


@pytest.mark.parametrize(
    ("language", "whole", "broken"),
    [("en", "1,234,567", "1,234.50"), ("ar", "1,234,567", "1,234.50"), ("pt-br", "1.234.567", "1.234,50")],
)
def test_thousands_stand_apart_in_every_language(language: str, whole: str, broken: str) -> None:
    with translation.override(language):
        assert (markup.grouped(1_234_567), markup.amount(Decimal("1234.5"))) == (whole, broken)
