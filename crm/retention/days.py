"""Settings that say in days how long something is kept."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from crm.runtime_settings import Declared

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

TEN_YEARS = 3650


def days_setting(key: str, *, default: int, title: "_StrPromise", help: "_StrPromise") -> Declared:
    """Return a setting of whole days; 0 means for ever."""
    return Declared(
        key=key,
        kind="whole number",
        default=default,
        minimum=0,
        maximum=TEN_YEARS,
        title=title,
        help=help,
        category=_("Retention"),
    )
