"""What was looked for is shown on the letters as they were written."""

import pytest

from crm.excerpts import ELLIPSIS, Part, excerpt


def marked(text: str, *words: str, length: int = 160) -> str:
    return "".join(f"[{part.text}]" if part.hit else part.text for part in excerpt(text, words, length))


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("A red dress", ["DRESS"], "A red [dress]"),
        ("A red dress, red shoes", ["red", "dress"], "A [red] [dress], [red] shoes"),
        ("dressing", ["dress", "sing"], "[dressing]"),
        ("عايزة الفُستان ده", ["فستان"], "عايزة ال[فُستان] ده"),
        ("الفستـــان الأحمر", ["فستان", "احمر"], "ال[فستـــان] ال[أحمر]"),
        ("فَسَّ", ["فس"], "[فَسَّ]"),
        ("على مكتبة", ["علي", "مكتبه"], "[على] [مكتبة]"),
        ("بكام؟ ٢٥٠ جنيه", ["250"], "بكام؟ [٢٥٠] جنيه"),
        ("Não é", ["nao"], "[Não] é"),
        ("Na\u0303o", ["nao"], "[Na\u0303o]"),
        ("Straße ﬁne", ["fi"], "Straße [ﬁ]ne"),
        ("ﬁne", ["ine"], "[ﬁne]"),
        ("𝗦𝗔𝗟𝗘 now", ["sale"], "[𝗦𝗔𝗟𝗘] now"),
        ("سوء فهم", ["سو"], "[سو]ء فهم"),
        ("line\n one", ["one"], "line [one]"),
        ("<b>x</b>", ["b"], "<[b]>x</[b]>"),
        ("nothing", ["else"], "nothing"),
        ("nothing", ["\u0301"], "nothing"),
        ("", ["x"], ""),
    ],
)
def test_hits_are_marked_whatever_was_folded(text: str, words: list[str], shown: str) -> None:
    assert marked(text, *words) == shown


def test_a_long_text_is_shown_around_the_first_hit() -> None:
    text = "before " * 100 + "a red dress" + " after" * 100
    line = marked(text, "dress", length=100)
    assert line.startswith(f"{ELLIPSIS}before")
    assert "a red [dress] after" in line
    assert line.endswith(ELLIPSIS)
    assert len(line) < 140


def test_a_letter_is_never_cut_from_its_marks() -> None:
    parts = excerpt("بِ" * 500, ["x"], 101)
    assert parts == [Part("بِ" * 51), Part(ELLIPSIS)]


def test_what_has_no_hit_begins_at_its_beginning() -> None:
    assert marked("word " * 100, "else", length=20).startswith("word word")


@pytest.mark.parametrize("text", ["الفُستـان الأحمر ٢٥٠", "Não ﬁne İstanbul ΣΑΣ", "a\u0327\u0301b 한국 ء𝗦"])
def test_all_of_a_text_is_a_hit_of_itself(text: str) -> None:
    assert excerpt(text, [text]) == [Part(text, hit=True)]
