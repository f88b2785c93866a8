"""Folded text as words, and the forms under which a word is looked for."""

import re
from functools import lru_cache

#: How much of a message is read, in characters. What somebody wants stands in its beginning.
READ_UP_TO = 4000
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
# Words; signs that people use as words (emoji, arrows, currencies, per cent), one by one.
_WORD = re.compile(r"[^\W_]+|[%$\u20a0-\u20cf\u2190-\u2bff\U0001f000-\U0001faff]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")

#: Arabic writes "and", "so", "in", "to", "as", "on the" and the article in front of a word without a space.
_WITH_ARTICLE = ("وال", "فال", "بال", "كال", "عال", "لل", "ولل", "فلل")
_ARTICLE = "ال"
_LETTERS = ("و", "ف", "ب", "ل", "ك")
_SHORTEST_STEM = 3
_LONGEST_WORD = 40


def words_of(folded: str) -> list[str]:
    """Return the words of a folded text in their order. An apostrophe parts no word: don't is dont."""
    return _WORD.findall(folded[:READ_UP_TO].translate(_APOSTROPHES))


@lru_cache(maxsize=50_000)
def forms_of(word: str) -> tuple[str, ...]:
    """Return a word as it stands, then without what is written in front of it, then without letters that are drawn out."""
    if len(word) > _LONGEST_WORD:
        return (word,)
    found = dict.fromkeys((word, *_stems(word)))
    if _DRAWN_OUT.search(word):
        for short in (_DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word)):
            found |= dict.fromkeys((short, *_stems(short)))
    return tuple(found)


def without_article(word: str) -> str:
    """Return an Arabic word without its article, any other as it is."""
    return word[2:] if word.startswith(_ARTICLE) and len(word) >= 2 + _SHORTEST_STEM else word


def _stems(word: str) -> list[str]:
    if not "\u0620" <= word[0] <= "\u064a":
        return []
    found = [word[1:]] if word[0] in _LETTERS else []
    if word[0] == "و" and word[1:2] in ("ب", "ل", "ف", "ك"):
        found.append(word[2:])
    for prefix in _WITH_ARTICLE:
        if word.startswith(prefix):
            found += (_ARTICLE + word[len(prefix) :], word[len(prefix) :])
    if word.startswith(_ARTICLE):
        found.append(word[2:])
    return [stem for stem in found if len(stem.removeprefix(_ARTICLE)) >= _SHORTEST_STEM]
