"""What is asked of a report by the address of its page, and the addresses of other questions."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.origins import Grouping
from crm.models import Channel
from crm.periods import DEFAULT, PRESETS, Period, preset
from crm.visibility import staff_for
from leads.reports.attribution import Touch

OWN_DAYS = "days"
NOBODY = 0


@dataclass(frozen=True)
class Asked:
    """The choices of a report's page. `trouble` says what was wrong with the days asked for; the usual ones are shown then."""

    choices: dict[str, str]
    period: Period
    period_name: str
    touch: Touch
    grouping: Grouping
    channel_id: int | None
    owner: int | None
    trouble: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        given = {name: request.GET[name] for name in request.GET}
        name = given.get("period", DEFAULT)
        period, trouble = None, ""
        if name == OWN_DAYS:
            period = Period.of(given.get("from", ""), given.get("to", ""))
            trouble = "" if period else _("Give a first day, and a last one that is not before it.")
        if period is None:
            name = name if name in PRESETS else DEFAULT
            period = preset(name)
        kept = ("period", "from", "to", "touch", "by", "channel", "owner", "sort")
        return cls(
            choices={key: given[key] for key in kept if given.get(key) and "\0" not in given[key]},
            period=period,
            period_name=name,
            touch=Touch(given["touch"]) if given.get("touch") in Touch.values else Touch.FIRST,
            grouping=Grouping(given["by"]) if given.get("by") in Grouping.values else Grouping.AD,
            channel_id=_number(given.get("channel", "")) or None,
            owner=_number(given.get("owner", "")),
            trouble=trouble,
        )

    def url(self, **changes: str) -> str:
        """Return the query of the same page with some choices changed; an empty one is left out."""
        choices = {name: value for name, value in {**self.choices, **changes}.items() if value}
        return f"?{urlencode(choices)}"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def toolbar(asked: Asked, *, channels: bool = False, owners_for: Any = None) -> dict[str, Any]:
    """Return what the row of choices above a report shows; owners are those whom a colleague may know of."""
    own = asked.period_name == OWN_DAYS
    titles = [(name, title, name == asked.period_name) for name, (title, _days) in PRESETS.items()]
    return {
        "periods": [*titles, (OWN_DAYS, _("Days of your choice"), own)],
        "own_days": own,
        "first": asked.period.first.isoformat(),
        "last": asked.period.last.isoformat(),
        "channels": _channels(asked) if channels else None,
        "owners": _owners(asked, owners_for) if owners_for else None,
        "kept": [(name, asked.choices[name]) for name in ("touch", "by", "sort") if name in asked.choices],
        "trouble": asked.trouble,
    }


def _channels(asked: Asked) -> list[tuple[int, str, bool]]:
    known = Channel.objects.order_by("name").values_list("pk", "name")
    return [(pk, name, pk == asked.channel_id) for pk, name in known]


def _owners(asked: Asked, user: Any) -> list[tuple[int, str, bool]]:
    staff = [(one.pk, str(one), one.pk == asked.owner) for one in staff_for(user)]
    return [(NOBODY, _("Nobody"), asked.owner == NOBODY), *staff]


def owner_parameter(user: Any, owner: int | None) -> Any:
    """Return how the list of leads names an owner; None: it is not narrowed down to one."""
    return "nobody" if owner == NOBODY else "me" if owner == user.pk else owner


def list_url(model: str, **parameters: Any) -> str:
    """Return where the rows behind a figure are; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(given)}"
