"""Texts of a row in one folded column, for the searches of the admin."""

from itertools import chain
from typing import Any

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat

from crm.folding import Folded


def folded_texts(*names: str) -> Any:
    """Return the column that a row is searched by: its texts one below the other, folded when they are written.

    A search asks it alone, and never folds the texts, which are long.
    """
    lines = chain.from_iterable((Value("\n"), F(name)) for name in names)
    together = Concat(*list(lines)[1:], output_field=models.TextField())
    return models.GeneratedField(expression=Folded(together), output_field=models.TextField(), db_persist=True)
