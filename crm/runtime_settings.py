"""Settings that administrators change while the system runs, each declared here with its type, default and help.

A row of `Setting` overrides the default. Processes keep what they read for a few seconds.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm.encrypted_fields import Unreadable
from crm.models import Setting, User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Value = int | bool | str
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Declared:
    """One setting. `minimum` and `maximum` bound whole numbers; a sensitive one is stored encrypted and never shown.

    Of a text, `choices` names all that it can be, as (value, title), or `check` raises `ValueError` with what is wrong.
    """

    key: str
    kind: Literal["whole number", "yes or no", "text"]
    default: Value
    title: "_StrPromise"
    help: "_StrPromise"
    category: "_StrPromise"
    sensitive: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, "_StrPromise"], ...] = ()
    check: Callable[[str], object] | None = None

    def form_field(self) -> forms.Field:
        """Return the form field that validates a value of it."""
        if self.kind == "whole number":
            return forms.IntegerField(
                label=self.title, help_text=self.help, min_value=self.minimum, max_value=self.maximum
            )
        if self.kind == "yes or no":
            return forms.BooleanField(label=self.title, help_text=self.help, required=False)
        if self.choices:
            return forms.ChoiceField(label=self.title, help_text=self.help, choices=self.choices)
        validators = [self._validate] if self.check else []
        return forms.CharField(
            label=self.title, help_text=self.help, max_length=2000, required=self.sensitive, validators=validators
        )

    def _validate(self, text: str) -> None:
        if self.check is not None:
            try:
                self.check(text)
            except ValueError as error:
                raise ValidationError(str(error)) from None


_declared: dict[str, Declared] = {}
_lock = Lock()
_kept: tuple[float, dict[str, Any]] | None = None


def declare(*settings: Declared) -> None:
    """Add settings; upper apps call this as they are loaded."""
    for setting in settings:
        if setting.key in _declared and _declared[setting.key] != setting:
            raise ValueError(f"The setting {setting.key} is declared twice.")
        _declared[setting.key] = setting


def all_declared() -> Iterable[Declared]:
    """Return every setting, in the order of declaration."""
    return tuple(_declared.values())


def declared(key: str) -> Declared:
    """Return one setting. Raises `KeyError` for a key that nobody declared."""
    return _declared[key]


def value_of(key: str) -> Any:
    """Return the value in force: the row's, or the default where there is none or it no longer fits the type."""
    return _in_force(declared(key), _rows())


def last_known(key: str) -> Any:
    """Return the value as this process read it last, or the default; the database is not asked, as it may be away."""
    return _in_force(declared(key), _kept[1] if _kept else {})


def _in_force(setting: Declared, rows: dict[str, Any]) -> Any:
    key = setting.key
    if key not in rows:
        return setting.default
    found = rows[key]
    if isinstance(found, Unreadable):
        return setting.default
    try:
        return setting.form_field().clean(found)
    except ValidationError:
        return setting.default


def is_overridden(key: str) -> bool:
    """Tell whether a row overrides the default."""
    return key in _rows()


def forget() -> None:
    """Read the rows anew at the next question."""
    global _kept
    _kept = None


def _rows() -> dict[str, Any]:
    global _kept
    kept = _kept
    if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
        with _lock:
            rows = {row.key: _stored(row) for row in Setting.objects.all()}
        kept = _kept = (time.monotonic(), rows)
    return kept[1]


def _stored(row: Setting) -> Any:
    known = _declared.get(row.key)
    return row.sensitive_value if known and known.sensitive else row.value


@transaction.atomic
def change(*, key: str, value: object, by: User) -> Setting:
    """Override the default of a setting.

    Raises:
        ValidationError: the value is not of its type or outside its bounds.
    """
    setting = declared(key)
    clean = setting.form_field().clean(value)
    row = Setting.objects.select_for_update().filter(key=key).first() or Setting(key=key)
    if setting.sensitive:
        row.sensitive_value, row.value = clean, None
    else:
        row.value = clean
    row.updated_by = by
    row.save()
    transaction.on_commit(forget)
    forget()
    return row


@transaction.atomic
def reset(*, key: str) -> None:
    """Go back to the default of a setting."""
    Setting.objects.filter(key=declared(key).key).delete()
    transaction.on_commit(forget)
    forget()


declare(
    Declared(
        key="channels.silent_after_hours",
        kind="whole number",
        default=48,
        minimum=1,
        maximum=24 * 90,
        title=_("A channel counts as silent after (hours)"),
        help=_("Channels that received something before and nothing for so long are marked in the list of channels."),
        category=_("Channels"),
    ),
    Declared(
        key="channels.token_warning_days",
        kind="whole number",
        default=14,
        minimum=1,
        maximum=365,
        title=_("Warn before a token expires (days)"),
        help=_("Channels whose access token runs out within so many days are marked in the list of channels."),
        category=_("Channels"),
    ),
    Declared(
        key="conversations.late_after_minutes",
        kind="whole number",
        default=60,
        minimum=1,
        maximum=60 * 24 * 14,
        title=_("An answer is late after (minutes)"),
        help=_("Conversations that wait longer for our answer show their waiting time in red."),
        category=_("Conversations"),
    ),
    Declared(
        key="api.requests_per_minute",
        kind="whole number",
        default=600,
        minimum=1,
        maximum=1_000_000,
        title=_("Requests of a token in a minute"),
        help=_("A program that asks more often is told to wait."),
        category=_("API"),
    ),
)
