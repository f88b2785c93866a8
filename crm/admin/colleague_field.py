"""Choosing a colleague, or nobody on purpose."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import User

NOBODY = "nobody"


def _choices() -> list[tuple[str, Any]]:
    active = User.objects.filter(is_active=True).order_by("full_name", "email").only("pk", "full_name", "email")
    return [("", _("Choose…")), (NOBODY, _("Nobody")), *((str(user.pk), str(user)) for user in active)]


class ColleagueField(forms.TypedChoiceField):
    """Its value is a user, or None where "nobody" was chosen; nothing chosen is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=_choices, coerce=self._chosen, **kwargs)

    @staticmethod
    def _chosen(value: str) -> User | None:
        return None if value == NOBODY else User.objects.get(pk=value)
