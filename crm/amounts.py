"""Sums of money as people and spreadsheets write them."""

import re
from decimal import Decimal

LARGEST = Decimal(10) ** 12
_POINT = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?|\d+(\.\d*)?|\.\d+")
_COMMA = re.compile(r"\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,}|\d+,\d{0,2}")
_SIGNS = str.maketrans({"٫": ".", "٬": ",", "\u00a0": None, "\u202f": None, " ": None})


class TooMuch(ValueError):
    """A sum that is no sum any more."""


def read_amount(text: str) -> Decimal:
    """Return a sum in hundredths, written with a point or a comma before its decimals, in any script's digits.

    `1,250` is a thousand and more, `12,5` twelve and a half; `1.250` is one and a bit, as a point is the rule.

    Raises:
        ValueError: it is none, or less than nothing.
        TooMuch: it is a million millions or more.
    """
    plain = text.translate(_SIGNS)
    if _POINT.fullmatch(plain):
        amount = Decimal(plain.replace(",", ""))
    elif _COMMA.fullmatch(plain):
        amount = Decimal(plain.replace(".", "").replace(",", "."))
    else:
        raise ValueError(text)
    if amount >= LARGEST:
        raise TooMuch(text)
    return amount.quantize(Decimal("0.01"))
