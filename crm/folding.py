"""Folding text so that a search finds it however it was typed.

Lower case, Arabic letter forms and digits unified, vowel signs and Latin accents dropped. Built from PostgreSQL's own
functions alone, so that a dump restores anywhere. A change of the rules needs a new column: generated columns cannot be
altered in place.
"""

from django.db.models import Func, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

_LETTERS = {
    "أإآٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ک": "ك", "ی": "ي",
    "áàâãäå": "a", "éèêë": "e", "íìîï": "i", "óòôõö": "o", "úùûü": "u", "ç": "c", "ñ": "n", "ý": "y",
}  # fmt: skip
_DIGITS = {"٠١٢٣٤٥٦٧٨٩": "0123456789", "۰۱۲۳۴۵۶۷۸۹": "0123456789"}
_DROPPED = "ـًٌٍَُِّْٰ"

_FROM = "".join(_LETTERS) + "".join(_DIGITS) + _DROPPED
_TO = "".join(target * len(forms) for forms, target in _LETTERS.items()) + "".join(_DIGITS.values())


class Folded(Func):
    """The folded form of a column or a value, computed by the database: `filter(folded__contains=Folded(Value(q)))`."""

    function = "translate"
    output_field = TextField()

    def __init__(self, text: Combinable | str) -> None:
        super().__init__(Lower(text), Value(_FROM), Value(_TO))
