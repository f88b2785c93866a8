"""What stands for names in a canned reply: `{first_name}` and the like."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What each variable stands for, in the order that people are told them.
VARIABLES = {
    "customer_name": gettext_lazy("the customer's name"),
    "first_name": gettext_lazy("the customer's first name"),
    "city": gettext_lazy("the customer's city"),
    "seller_name": gettext_lazy("the name of who answers"),
    "seller_first_name": gettext_lazy("the first name of who answers"),
    "shop_name": gettext_lazy("the shop's name"),
}
_BRACES = re.compile(r"\{([^{}\n]*)\}")
_GAP = "\x00"
# What a value that is not known leaves behind: blanks before it, with a comma of names ("Hello {first_name}, …" → "Hello, …").
_GAPS = re.compile(rf"[ \t]*{_GAP}")


def refuse_unknown(text: str) -> None:
    """Check that all that stands in braces is a variable.

    Raises:
        ValueError: with what is not, and what there is.
    """
    unknown = [f"{{{name}}}" for name in _BRACES.findall(text) if name.strip() not in VARIABLES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise ValueError(
            _("%(unknown)s stands for nothing. There are: %(known)s.") % {"unknown": unknown[0][:60], "known": known}
        )


def fill(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a text with its variables filled in, and the names of those whose value is not known.

    Those leave no gap. What stands in braces and is no variable stays as it is, and so do braces within a value.
    """
    missing: list[str] = []

    def value_of(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name not in VARIABLES:
            return found[0]
        value = values.get(name, "").replace(_GAP, "").strip()
        if not value and name not in missing:
            missing.append(name)
        return value or _GAP

    filled = _BRACES.sub(value_of, text.replace(_GAP, ""))
    return "\n".join(_closed(line) for line in filled.split("\n")), missing


def _closed(line: str) -> str:
    return _GAPS.sub("", line).strip() if _GAP in line else line
