"""Small pieces of HTML that lists and pages are made of."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import orjson
from django.contrib.admin import display as _display
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.excerpts import Part
from crm.models import Customer
from crm.pictures import picture_url

Tone = Literal["neutral", "info", "accent", "good", "warning", "bad"]
DASH = SafeString('<span class="mc-none">–</span>')


def column(title: Any, *, empty: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Name a method of a ModelAdmin as a column of its list."""
    return _display(description=title, empty_value=empty or DASH)


def grouped(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return number_format(number, use_l10n=True, force_grouping=True)


def amount(value: Decimal) -> str:
    """Return a figure of money with its thousands apart, and without decimals where there are none."""
    places = 0 if value == value.to_integral_value() else 2
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def money(value: Decimal | None, currency: str) -> SafeString:
    """Return a value with its currency, in the order that figures are read in everywhere."""
    if value is None:
        return DASH
    return format_html('<bdo dir="ltr" class="mc-money">{} <small>{}</small></bdo>', amount(value), currency)


def moment(when: datetime) -> str:
    """Return a point in time in full, on the clock of the shop."""
    return _written(when, "DATETIME_FORMAT", get_language(), timezone.get_current_timezone_name())


def clock(when: datetime) -> str:
    """Return the time of the day of a point in time, on the clock of the shop."""
    return _written(when, "TIME_FORMAT", get_language(), timezone.get_current_timezone_name())


@lru_cache(maxsize=10_000)  # a page shows a hundred times, most of them as the page before it did
def _written(when: datetime, kind: str, _language: str | None, _zone: str) -> str:
    return date_format(timezone.localtime(when), kind)


def since(when: datetime, now: datetime | None = None) -> str:
    """Say how long ago something was, in one or two short words; after a week, its date."""
    gone = (now or timezone.now()) - when
    minutes = int(gone.total_seconds() // 60)
    if gone < timedelta(minutes=1):
        return _("now")
    if minutes < 60:
        return _("%(count)d min") % {"count": minutes}
    if minutes < 24 * 60:
        return _("%(count)d h") % {"count": minutes // 60}
    if gone < timedelta(days=7):
        return ngettext("%(count)d day", "%(count)d days", gone.days) % {"count": gone.days}
    local, today = timezone.localtime(when), timezone.localtime(now)
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == today.year else "SHORT_DATE_FORMAT")


def ago(when: datetime | None, *, late: bool = False) -> SafeString:
    """Return relative time with the exact one on hover."""
    if when is None:
        return DASH
    return format_html(
        '<time class="mc-time{}" dir="auto" datetime="{}" title="{}">{}</time>',
        " mc-late" if late else "",
        when.isoformat(),
        moment(when),
        since(when),
    )


def chip(text: Any, tone: Tone = "neutral", title: Any = "") -> SafeString:
    """Return a small label; its colour tells a state."""
    return format_html('<span class="mc-chip mc-{}" title="{}"><bdi>{}</bdi></span>', tone, title, text)


def chips(texts: Iterable[Any], most: int = 3) -> SafeString:
    """Return a few neutral labels side by side, and how many more there are."""
    texts = list(texts)
    shown = [chip(text) for text in texts[:most]]
    if len(texts) > most:
        shown.append(chip(f"+{len(texts) - most}", title=", ".join(map(str, texts[most:]))))
    return SafeString(" ".join(shown)) if shown else DASH


def initials(name: str) -> str:
    """Return up to two letters of a name for its avatar; signs and directional marks do not count."""
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.split()]
    letters = [word[0] for word in words if word]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper() or "?"


def avatar(who: object) -> SafeString:
    """Return the picture of a customer, where there is one, else the initials of a name."""
    url = picture_url(who) if isinstance(who, Customer) else ""
    if url:
        return format_html('<img class="mc-avatar" src="{}" alt="" width="36" height="36" loading="lazy">', url)
    return format_html('<span class="mc-avatar" aria-hidden="true">{}</span>', initials(str(who)))


def two_lines(above: Any, below: Any = "") -> SafeString:
    """Return a name over a line of small text. Each reads in its own direction, whatever is in it."""
    line = format_html('<span class="mc-sub"><bdi>{}</bdi></span>', below) if below else ""
    return format_html('<span class="mc-two-lines"><span class="mc-name"><bdi>{}</bdi></span>{}</span>', above, line)


def person(name: Any, below: Any = "") -> SafeString:
    """Return avatar and name, with a line of small text below."""
    return format_html('<span class="mc-person">{}{}</span>', avatar(name), two_lines(name, below))


def words(text: Any) -> SafeString:
    """Return people's text on one line, in its own direction but where the page begins its lines."""
    return format_html('<span class="mc-words"><bdi>{}</bdi></span>', text)


def marked(parts: Iterable[Part]) -> SafeString:
    """Return pieces of a text with what was looked for marked."""
    return SafeString("".join(f"<mark>{escape(part.text)}</mark>" if part.hit else escape(part.text) for part in parts))


def left_to_right(text: Any) -> SafeString:
    """Return a phone number, address or id, which read from left to right in every language."""
    return format_html('<bdo dir="ltr" class="mc-ltr">{}</bdo>', text)


def link(url: str, text: Any) -> SafeString:
    return format_html('<a class="mc-link" href="{}">{}</a>', url, text)


def json_block(value: Any) -> SafeString:
    """Return JSON with its lines apart, to be read from left to right."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # nested deeper than can be laid out
        text = str(value)
    return code_block(text)


def code_block(text: str) -> SafeString:
    return format_html('<pre class="mc-code" dir="ltr">{}</pre>', text)


def to_copy(text: str) -> SafeString:
    """Return an address with a button that copies it."""
    return format_html(
        '<span class="mc-copy"><code dir="ltr">{0}</code>'
        '<button type="button" class="mc-icon-button" data-mc-copy="{0}" title="{1}" aria-label="{1}">'
        '<span class="material-symbols-outlined" aria-hidden="true">content_copy</span></button></span>',
        text,
        _("Copy"),
    )
