"""Showing where in a text the words of a search stand, on the letters as they were written, though both are compared folded."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from crm.folding import fold

ELLIPSIS = "…"
BEFORE = 40  # letters shown in front of the first hit
MOST_READ = 20_000  # letters of a text


class Part(NamedTuple):
    """A piece of a text; `hit` where it is what was looked for."""

    text: str
    hit: bool = False


def excerpt(text: str, words: Sequence[str], length: int = 160) -> list[Part]:
    """Return one line of about so many letters around the first hit, with every hit in it; its beginning where there is none."""
    line = " ".join(text[:MOST_READ].split())
    edges = _edges(line)
    hits = _hits(line, edges, words)
    start = max(0, hits[0][0] - BEFORE) if hits and len(line) > length else 0
    start = _back_to_a_word(line, start, edges)
    end = edges[min(bisect_left(edges, min(start + length, len(line))), len(edges) - 1)]
    shown = list(_parts(line, start, end, hits))
    if start:
        shown.insert(0, Part(ELLIPSIS))
    if end < len(line):
        shown.append(Part(ELLIPSIS))
    return shown


def _parts(line: str, start: int, end: int, hits: list[tuple[int, int]]) -> Iterator[Part]:
    at = start
    for first, last in hits:
        if first >= end:
            break
        if first > at:
            yield Part(line[at:first])
        yield Part(line[first : min(last, end)], hit=True)
        at = min(last, end)
    if at < end:
        yield Part(line[at:end])


def _hits(line: str, edges: list[int], words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the words stand, in order; what overlaps or touches is one."""
    letters = list(fold(line)) if line.isascii() else [_folded(line[start:end]) for start, end in pairwise(edges)]
    folded = "".join(letters)
    starts, length = list[int](), 0  # of each piece of the line, where it begins in what is compared
    for piece in letters:
        starts.append(length)
        length += len(piece)
    found: list[tuple[int, int]] = []
    for word in {fold(word) for word in words} - {""}:
        at = folded.find(word)
        while at >= 0:
            # What folding drops has no letters of its own: the last piece that begins there is the one that is seen.
            first, last = bisect_right(starts, at) - 1, bisect_left(starts, at + len(word)) - 1
            while not letters[last]:
                last -= 1
            found.append((edges[first], edges[last + 1]))
            at = folded.find(word, at + len(word))
    return _joined(sorted(found))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _edges(line: str) -> list[int]:
    """Return where letters begin, each with the marks upon it, and the end: so a letter is never shown without its marks."""
    if line.isascii():
        return list(range(len(line) + 1))
    return [place for place, letter in enumerate(line) if not place or not _is_mark(letter)] + [len(line)]


@lru_cache(maxsize=4096)
def _is_mark(letter: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) != 0


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str:
    return fold(letter)


def _back_to_a_word(line: str, start: int, edges: list[int]) -> int:
    """Begin with a whole word where one begins nearby."""
    space = line.rfind(" ", max(0, start - BEFORE // 2), start + 1)
    return space + 1 if start and space >= 0 else edges[bisect_left(edges, start)]
