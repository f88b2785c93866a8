"""How a cell becomes a value and a value a cell. What does not read is a `ValueError` in words for a colleague."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from import_export.widgets import Widget

from crm.amounts import read_amount
from crm.contact_details import phone_key

_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


class Text(Widget):  # type: ignore[misc]  # the package has no types
    """Text of a limited length."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        if len(value) > self.limit:
            raise ValueError(_("longer than %(most)d letters") % {"most": self.limit})
        return value

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Phone(Text):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not phone_key(value) or len(value) > 40:
            raise ValueError(_("“%(text)s” is not a phone number") % {"text": value[:40]})
        return value


class Email(Text):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        try:
            validate_email(value)
        except ValidationError:
            raise ValueError(_("“%(text)s” is not an e-mail address") % {"text": value[:60]}) from None
        return value


class Choice(Widget):  # type: ignore[misc]  # the package has no types
    """One of a few values, given by its code or by its name in English or in the reader's language."""

    def __init__(self, choices: Iterable[tuple[Any, Any]]) -> None:
        super().__init__()
        self.choices = [(code, title) for code, title in choices if code != ""]

    @cached_property
    def codes(self) -> dict[str, Any]:
        """Each value by all that it is called; asked for within a request, in the reader's language."""
        found: dict[str, Any] = {}
        for language in (get_language(), "en"):
            with override(language):
                found |= {str(title).casefold(): code for code, title in self.choices}
        return found | {str(code).casefold(): code for code, _title in self.choices}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        if (code := self.codes.get(value.casefold())) is not None:
            return code
        known = ", ".join(str(title) for _code, title in self.choices[:10])
        raise ValueError(_("“%(text)s” is none of: %(known)s") % {"text": value[:40], "known": known})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return next((str(title) for code, title in self.choices if code == value), "")


class Known(Widget):  # type: ignore[misc]  # the package has no types
    """A row that is there already, by what it is called; `rows` is filled when an import begins."""

    def __init__(self, unknown: Any) -> None:
        super().__init__()
        self.rows: Mapping[str, Any] = {}
        self.unknown = unknown

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        try:
            return self.rows[value.casefold()]
        except KeyError:
            raise ValueError(str(self.unknown) % {"text": value[:60]}) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Amount(Widget):  # type: ignore[misc]  # the package has no types
    """A sum of money."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Decimal:
        try:
            return read_amount(value)
        except ValueError:
            raise ValueError(_("“%(text)s” is not a sum") % {"text": value[:40]}) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:.2f}"


class Moment(Widget):  # type: ignore[misc]  # the package has no types
    """A day or a point in time: 2026-05-04, 2026-05-04 17:30, or 4/5/2026 with the day first."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> datetime:
        text = value
        if match := _DAY_FIRST.fullmatch(value):
            day, month, year = match.groups()
            text = f"{year}-{int(month):02}-{int(day):02}"
        try:
            when = parse_datetime(text)
            date = parse_date(text) if when is None else None
        except ValueError:
            when = date = None
        if date is not None:
            when = datetime.combine(date, time(9, 0))
        if when is None or not 1970 < when.year < 2200:
            raise ValueError(_("“%(text)s” is not a date, such as 2026-05-04 17:30") % {"text": value[:40]})
        return timezone.make_aware(when) if timezone.is_naive(when) else when.astimezone(UTC)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


class Currency(Text):
    """The three letters of a currency, in capitals."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not _CURRENCY.fullmatch(value.upper()):
            raise ValueError(_("“%(text)s” is not a currency in three letters, such as EGP") % {"text": value[:40]})
        return value.upper()


class Names(Text):
    """Several names, parted by commas."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in re.split(r"[,،;]", value) if name.strip()))
        for name in names:
            super().clean(name)
        return names
