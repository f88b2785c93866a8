"""The columns of a transfer: what each is called, and which column of a file is likely to be which."""

import unicodedata
from typing import Any

from import_export.fields import Field

from crm.transfer.widgets import Text

_ARABIC = str.maketrans("ىة", "يه")


class Column(Field):  # type: ignore[misc]  # the package has no types
    """One of our fields. `also` are other names of it, in the languages of our users.

    A blank cell changes nothing; what differs from what is stored is noted in the row's `changed`.
    """

    def __init__(
        self, name: str, title: Any, widget: Any = None, *, also: tuple[str, ...] = (), personal: bool = False,
        attribute: str = "", one_way: bool = False,
    ) -> None:  # fmt: skip
        """`personal`: exported with a permission alone. `one_way`: only on the way in."""
        super().__init__(attribute=attribute or name, column_name=name, widget=widget or Text(200))
        self.title, self.also, self.personal, self.one_way = title, also, personal, one_way

    def save(self, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        if row.get(self.column_name):
            self.put(instance, self.clean(row))

    def put(self, instance: Any, value: Any) -> None:
        """Set the value where it differs."""
        if getattr(instance, self.attribute) != value:
            setattr(instance, self.attribute, value)
            instance.changed.add(self.attribute)


class Contact(Column):
    """A phone number or e-mail address, kept with the key it is found by. One that we know already stays."""

    def put(self, instance: Any, value: Any) -> None:
        if not getattr(instance, self.attribute):
            getattr(instance, f"set_{self.attribute}")(value)
            instance.changed |= {self.attribute, f"{self.attribute}_key"}


class Wish(Column):
    """What is not a column of the row itself but is to be done along with it, by name in `wishes`."""

    def put(self, instance: Any, value: Any) -> None:
        instance.wishes[self.column_name] = value


def plain(text: str) -> str:
    """Return the letters and digits of a heading, without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_ARABIC)
    return "".join(letter for letter in letters if letter.isalnum())


def guess(headings: list[str], columns: list[Column]) -> list[str]:
    """Return for each heading of a file the name of our column, empty for none; each of ours once."""
    known: dict[str, str] = {}
    for column in columns:
        for name in (column.column_name, str(column.title), *column.also):
            known.setdefault(plain(name), column.column_name)
    found: list[str] = []
    for heading in headings:
        name = known.get(plain(heading), "")
        found.append("" if name in found else name)
    return found
