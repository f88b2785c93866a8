"""Reading hostile JSON, ids that may be numbers, and clocks that may be wrong."""

from datetime import UTC, datetime

import pytest

from messaging.channels import MalformedPayload
from messaging.channels.reading import MAX_DEPTH, instant, load_object, object_of, objects_of, text_of

TEN = datetime(2026, 4, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_it_refuses_numbers_that_no_column_holds(number: str) -> None:
    with pytest.raises(MalformedPayload):
        load_object(f'{{"lat": {number}}}'.encode())


def test_it_reads_ordinary_numbers_beside_broken_text() -> None:
    assert load_object(b'{"lat": 31.25, "n": -7, "text": "\xff"}') == {"lat": 31.25, "n": -7, "text": "�"}


@pytest.mark.parametrize("brackets", [b'{"a":', b'{"a":['])
def test_it_refuses_what_is_nested_too_deep(brackets: bytes) -> None:
    closing = brackets.count(b"{") * b"}" if b"[" not in brackets else b"]}"
    allowed = MAX_DEPTH // (brackets.count(b"{") + brackets.count(b"["))
    load_object(brackets * allowed + b"1" + closing * allowed)
    with pytest.raises(MalformedPayload, match="nested"):
        load_object(brackets * (allowed + 1) + b"1" + closing * (allowed + 1))


def test_brackets_in_text_are_not_nesting() -> None:
    assert load_object(b'{"text": "' + b"[{" * 500 + b'\\"' + b"[" * 500 + b'"}')["text"].startswith("[{[{")


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud83d", "\\udc00"])
def test_keys_and_values_hold_only_what_can_be_stored(escape: str) -> None:
    found = load_object(f'{{"a{escape}": ["b{escape}", {{"c": "{escape}"}}]}}'.encode())
    text = str(found)
    assert "\\x00" not in text
    assert text.encode()
    assert "�" in text


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert load_object(b'{"text": "\\ud83d\\ude00 \\ud83d"}') == {"text": "😀 �"}


@pytest.mark.parametrize(
    "value", [1775037600, 1775037600000, "1775037600", "1775037600000", 1775037600.0, " 1775037600 "]
)
def test_a_moment_comes_as_seconds_or_milliseconds(value: object) -> None:
    assert instant(value) == TEN


def test_milliseconds_are_kept() -> None:
    assert instant(1775037600250) == TEN.replace(microsecond=250_000)


@pytest.mark.parametrize(
    "value",
    [0, -1, 1, "", "soon", None, True, [], {}, "nan", "inf", 9e18, 10**30, "9" * 5000, 946_684_799, 4_102_444_800],
)
def test_an_absurd_moment_is_none(value: object) -> None:
    assert instant(value) is None


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (17, "17"), (-1, "-1"), (True, ""), (None, ""), (1.5, ""), ([], ""), ({}, "")]
)
def test_ids_are_text(value: object, text: str) -> None:
    assert text_of(value) == text


def test_what_is_no_object_is_left_out() -> None:
    assert objects_of([{"a": 1}, None, [], "x", {}]) == [{"a": 1}, {}]
    assert objects_of({"a": 1}) == objects_of("x") == objects_of(None) == []
    assert object_of([1]) == object_of("x") == object_of(None) == {}
