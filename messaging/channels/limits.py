"""How much text a platform takes in one message, each in its own measure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What is counted: letters, bytes of UTF-8, or the units of UTF-16 (as JavaScript counts, where most emoji are two)."""

    LETTERS = "letters"
    BYTES = "bytes"
    UTF16 = "utf16"


_COUNT: Mapping[Unit, Callable[[str], int]] = {
    Unit.LETTERS: len,
    Unit.BYTES: lambda text: len(text.encode()),
    Unit.UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that is taken, in units."""

    most: int
    unit: Unit = Unit.LETTERS

    def length(self, text: str) -> int:
        """Return how long a text is as this platform counts."""
        return _COUNT[self.unit](text)
