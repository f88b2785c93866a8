"""Finding many words and phrases in a short text at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from crm.folding import fold
from crm.words import forms_of, without_article, words_of

T = TypeVar("T")


class Hit(NamedTuple, Generic[T]):
    """A phrase found: its tag, itself as it was given, and its words in the text, from `start` up to before `end`."""

    tag: T
    phrase: str
    start: int
    end: int


@dataclass(slots=True)
class _Node(Generic[T]):
    """What may follow the words read so far, and what ends with them."""

    following: dict[str, "_Node[T]"] = field(default_factory=dict)
    ends: list[tuple[T, str]] = field(default_factory=list)


class Phrases(Generic[T]):
    """Words and phrases, each with a tag, that are found whole in folded text.

    A word is found with "and", "in", "to" or the article written in front of it, as Arabic does. With `bare`, phrases that begin
    their words with an article are found without it too.
    """

    def __init__(self, pairs: Iterable[tuple[str, T]], *, bare: bool = True) -> None:
        self._root: _Node[T] = _Node()
        for phrase, tag in pairs:
            self._add(phrase, tag, bare)

    def _add(self, phrase: str, tag: T, bare: bool) -> None:
        words = words_of(fold(phrase))
        spellings = {tuple(words)} | ({tuple(map(without_article, words))} if bare else set())
        for spelling in spellings:
            if not spelling:
                continue
            node = self._root
            for word in spelling:
                node = node.following.setdefault(word, _Node())
            if all(tag != known for known, _spelling in node.ends):
                node.ends.append((tag, phrase))

    def find(self, folded: str) -> list[Hit[T]]:
        """Return every phrase in a folded text in the order of their first words, those within others too."""
        return self.find_in([forms_of(word) for word in words_of(folded)])

    def find_in(self, forms: list[tuple[str, ...]]) -> list[Hit[T]]:
        """Return the same for a text already taken apart, with the forms of each word."""
        hits: list[Hit[T]] = []
        first = self._root.following
        for start, spellings in enumerate(forms):
            for spelling in spellings:
                if node := first.get(spelling):
                    self._follow(node, forms, start, start + 1, hits)
        return list(dict.fromkeys(hits)) if len(hits) > 1 else hits

    def _follow(self, node: _Node[T], forms: list[tuple[str, ...]], start: int, end: int, hits: list[Hit[T]]) -> None:
        for tag, phrase in node.ends:
            hits.append(Hit(tag, phrase, start, end))
        if node.following and end < len(forms):
            for spelling in forms[end]:
                if further := node.following.get(spelling):
                    self._follow(further, forms, start, end + 1, hits)


def outermost(hits: Iterable[Hit[T]]) -> list[Hit[T]]:
    """Leave out hits that lie within a longer one: "interested" within "not interested"."""
    kept: list[Hit[T]] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if kept and hit.end <= kept[-1].end and (hit.start, hit.end) != (kept[-1].start, kept[-1].end):
            continue
        kept.append(hit)
    return kept
