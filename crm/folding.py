"""Folding text so that a search finds it however it was typed.

Lower case; Arabic letter forms and digits unified; vowel signs, accents, invisible characters and decorated alphabets
taken back to plain letters. Built from PostgreSQL's own functions alone, so that a dump restores anywhere. A change of
the rules needs a new column: generated columns cannot be altered in place.
"""

import re
import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, TextField
from django.db.models.sql.compiler import SQLCompiler

#: Dropped after decomposition: accents, the hamza, tatweel, vowel signs, joiners, direction and variation marks.
_DROPPED = (
    r"\u00ad\u0300-\u036f\u0621\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
)
_FROM = "ىةٱکی" + "٠١٢٣٤٥٦٧٨٩" + "۰۱۲۳۴۵۶۷۸۹"
_TO = "يهاكي" + "0123456789" * 2
_DROP = re.compile(f"[{_DROPPED}]+")
_TRANSLATE = str.maketrans(_FROM, _TO)


def fold(text: str) -> str:
    """Return what `Folded` makes of a text, without asking the database: for words that are compared with folded columns."""
    if text.isascii():
        return text.lower()
    # Letter by letter, as PostgreSQL does: Python alone knows a sigma for the ends of words.
    lowered = "".join(map(str.lower, unicodedata.normalize("NFKD", text)))
    return _DROP.sub("", lowered).translate(_TRANSLATE)


class Folded(Func):
    """The folded form of a column or a value, computed by the database: `filter(folded__contains=Folded(Value(q)))`.

    Text of ASCII alone takes a short cut: `translate` looks through all its letters for each one of the text.
    """

    output_field = TextField()
    template = (
        "CASE WHEN octet_length(%(expressions)s) = char_length(%(expressions)s) THEN lower(%(expressions)s) "
        "ELSE translate(regexp_replace(lower(normalize(%(expressions)s, NFKD)), "
        f"'[{_DROPPED}]+', '', 'g'), '{_FROM}', '{_TO}') END"
    )

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *args: Any, **context: Any) -> Any:
        sql, params = super().as_sql(compiler, connection, *args, **context)
        return sql, [*params] * self.template.count("%(expressions)s")
