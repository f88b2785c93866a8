"""The rules that a new installation begins with; staff change them in the admin.

A migration puts them in. What it has put in is not changed here any more: better rules come as further entries that a new
migration seeds.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple


class Shipped(NamedTuple):
    """A classification rule. `phrases` are parted by commas or lines; `{a|b}` stands for either; `!` begins an exception."""

    aspect: str
    value: str
    language: str
    weight: int
    order: int
    phrases: str

    @property
    def keywords(self) -> str:
        """Return the phrases as the rule keeps them, one a line."""
        return "\n".join(dict.fromkeys(expanded(self.phrases)))


class Points(NamedTuple):
    """A scoring rule. `phrases` names the phrases of every language where it looks for words."""

    name: str
    looks_for: str
    value: str = ""
    phrases: str = ""
    points: int = 0
    ceiling: int = 100
    half_life_days: int | None = None


def expanded(text: str) -> Iterator[str]:
    """Yield every phrase of a text with each of its alternatives."""
    for phrase in text.replace("\n", ",").split(","):
        if phrase := " ".join(phrase.split()):
            parts = [part.split("|") for part in phrase.replace("}", "{").split("{")]
            yield from (" ".join("".join(chosen).split()) for chosen in product(*parts))
