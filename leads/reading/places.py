"""Where in Egypt somebody lives, by what they write."""

from collections.abc import Iterator
from typing import NamedTuple

from crm.folding import fold
from crm.phrases import Hit
from leads.reading.egypt import PLACES


class Place(NamedTuple):
    """A governorate, and the city or district in it where one is named."""

    governorate: str
    city: str = ""


#: After these a name that may mean something else is a place.
_DWELLING = (
    "ساكن", "ساكنة", "ساكنين", "ساكن في", "ساكنة في", "ساكنين في", "ساكن ف", "ساكنة ف", "عايش في", "عايشة في", "مقيم في",
    "عنواني", "عنوانى", "العنوان", "عنوان", "مدينة", "محافظة", "مركز", "منطقة", "حي", "توصيل", "التوصيل", "شحن", "الشحن", "توصلوا",
    "بتوصلوا", "بتشحنوا", "i live in", "live in", "living in", "based in", "deliver to", "delivery to", "ship to", "shipping to",
    "address", "my address is", "saken fe", "saken f", "saken fi", "sakna fe", "sakna f", "sakna fi", "sakn fe", "3enwany", "3nwany",
    "moro em", "morando em", "entrega em", "entregam em",
)  # fmt: skip
_FROM = (
    "من", "في", "ف", "انا من", "احنا من", "بلدي", "from", "in", "im from", "i am from", "mn", "men", "ana men", "ana mn", "fe", "fi",
    "near", "around", "sou de",
)  # fmt: skip
#: What only looks like a place; found as a longer phrase, it hides the one within.
_NOT_PLACES = (
    "يوم 6 اكتوبر", "شهر اكتوبر", "في اكتوبر", "on 6 october", "6 october 2024", "6 october 2025", "6 october 2026", "نادي الزمالك",
    "ماتش الزمالك", "قناة السويس", "suez canal", "حرام عليك", "مصر للطيران", "تاريخ 6 اكتوبر",
)  # fmt: skip
#: The words before the place where somebody says that it is theirs.
_OWN = frozenset(
    map(
        fold,
        ("من", "ساكن", "ساكنة", "ساكنين", "عايش", "عايشة", "مقيم", "عنواني", "from", "live", "living", "address", "saken", "sakna",
         "mn", "men", "moro"),
    )
)  # fmt: skip


def place_phrases() -> Iterator[tuple[str, Place | None]]:
    """Yield every name of a place with what it means; None: it means no place."""
    for phrase in _NOT_PLACES:
        yield phrase, None
    for governorate, lines in PLACES.items():
        for line in lines.strip().splitlines():
            city, names = ("", line[1:]) if line.startswith("*") else line.split(":", 1)
            yield from _spellings(names, Place(governorate.value, city))


def place_in(hits: list[Hit[Place | None]], words: list[str]) -> Place | None:
    """Choose from the outermost names in a text: the one that somebody says is theirs, else the first; a city of it if any."""
    named = [(hit, hit.tag) for hit in hits if hit.tag is not None]
    if not named:
        return None
    own = [place for hit, place in named if not _OWN.isdisjoint(words[max(0, hit.start - 2) : hit.start])]
    chosen = (own or [place for _hit, place in named])[0]
    if not chosen.city:
        for _hit, place in named:
            if place.governorate == chosen.governorate and place.city:
                return place
    return chosen


def _spellings(names: str, place: Place) -> Iterator[tuple[str, Place]]:
    for name in map(str.strip, names.split(",")):
        if name[0] not in "?!":
            yield name, place
            continue
        for hint in _DWELLING + (_FROM if name[0] == "?" else ()):
            yield f"{hint} {name[1:]}", place
