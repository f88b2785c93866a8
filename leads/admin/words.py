"""What happened to a lead, in words."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.governorates import Governorate
from crm.models import Customer, User
from leads.markup import amount, day_and_time
from leads.models import ActivityKind, LeadActivity, LostReason, Stage

#: What a colleague who did a planned step leaves as the reason.
DONE = "done"
#: What the services leave as reasons of their own, in words; what goes without saying is left out.
REASONS: MappingProxyType[tuple[str, str], Any] = MappingProxyType(
    {
        (ActivityKind.FOLLOW_UP, DONE): "",
        (ActivityKind.ASSIGNMENT, "assignment"): "",
        (ActivityKind.ASSIGNMENT, "owner of the customer"): gettext_lazy("the customer is theirs"),
    }
)
BY_SCORE = re.compile(r"score (\d+)")
ARROW = SafeString('<span class="mc-arrow">→</span>')

ICONS = MappingProxyType(
    {
        ActivityKind.OPENED: "flag",
        ActivityKind.STAGE_CHANGE: "moving",
        ActivityKind.SCORE_UPDATE: "speed",
        ActivityKind.ASSIGNMENT: "person",
        ActivityKind.QUALIFIED: "verified",
        ActivityKind.VALUE_CHANGE: "payments",
        ActivityKind.FOLLOW_UP: "event",
        ActivityKind.MERGE: "merge",
        ActivityKind.NOTE: "sticky_note_2",
    }
)
CHOICES: MappingProxyType[str, Any] = MappingProxyType(
    {
        ActivityKind.LABEL_CHANGE: Customer.Label,
        ActivityKind.TYPE_CHANGE: Customer.Type,
        ActivityKind.TRADE_CHANGE: Customer.Trade,
        ActivityKind.PERSONA_CHANGE: Customer.Persona,
        ActivityKind.PLACE_CHANGE: Governorate,
    }
)


def with_names(activities: "QuerySet[LeadActivity]") -> "QuerySet[Any]":
    """Add `old_name` and `new_name`: of the stages and colleagues that activities hold by slug and id."""
    return activities.annotate(**{f"{side}_name": _name(side) for side in ("old", "new")})


def _name(side: str) -> Case:
    stage = Stage.objects.filter(slug=OuterRef(side)).values("name")[:1]
    name = Coalesce(NullIf(F("full_name"), Value("")), F("email"), output_field=CharField())
    user = User.objects.annotate(number=Cast("pk", CharField()), shown=name).filter(number=OuterRef(side))
    return Case(
        When(kind__in=[ActivityKind.STAGE_CHANGE, ActivityKind.OPENED], then=Subquery(stage)),
        When(kind=ActivityKind.ASSIGNMENT, then=Subquery(user.values("shown")[:1])),
        output_field=CharField(),
    )


def sentence(activity: Any) -> SafeString:
    """Say what happened; `activity` comes from `with_names`."""
    kind = activity.kind
    who, old, new = _actor(activity), _shown(activity, "old"), _shown(activity, "new")
    if kind == ActivityKind.OPENED:
        return _put(_("{who} opened the lead") if who else _("The lead was opened"), who=who)
    if kind == ActivityKind.STAGE_CHANGE:
        text = _("{who} moved it from {old} to {new}") if who else _("Moved from {old} to {new}")
        return _put(text, who=who, old=old, new=new)
    if kind == ActivityKind.ASSIGNMENT:
        return _put(_assigned(activity, who), who=who, old=old, new=new)
    if kind == ActivityKind.FOLLOW_UP:
        return _put(_planned(activity, who), who=who, new=new)
    if kind in (ActivityKind.QUALIFIED, ActivityKind.MERGE, ActivityKind.NOTE):
        return _put(_("{kind} by {who}") if who else "{kind}", who=who, kind=activity.get_kind_display())
    text = "{kind} {old} {arrow} {new}" if activity.old else "{kind} {new}"
    if who:
        text += " · {who}"
    return _put(text, who=who, kind=activity.get_kind_display(), old=old, new=new or _("none"))


def reason(activity: LeadActivity) -> str:
    """Return why, in words; codes that the services leave are translated."""
    why = activity.reason
    if activity.kind == ActivityKind.STAGE_CHANGE and why in LostReason.values:
        return str(LostReason(why).label)
    if activity.kind == ActivityKind.STAGE_CHANGE and (score := BY_SCORE.fullmatch(why)):
        return _("score %(score)s") % {"score": score[1]}
    return str(REASONS.get((activity.kind, why), why))


def icon(activity: LeadActivity) -> str:
    return ICONS.get(ActivityKind(activity.kind), "label")


def _put(text: str, **values: str) -> SafeString:
    """Fill in a sentence; each value reads in its own direction."""
    shown = {name: format_html("<bdi>{}</bdi>", value) for name, value in values.items()}
    return format_html(text, arrow=ARROW, **shown)


def _actor(activity: LeadActivity) -> str:
    """Return who did it, empty where it happened by itself."""
    if activity.automated:
        return ""
    if activity.actor and activity.by == LeadActivity.Actor.API:
        return _("%(name)s (by the API)") % {"name": activity.actor}
    return str(activity.actor) if activity.actor else str(activity.get_by_display())


def _assigned(activity: LeadActivity, who: str) -> str:
    if not activity.new:
        return _("{who} took it from {old}") if who else _("Taken from {old}")
    by_oneself = activity.by == LeadActivity.Actor.PERSON
    if by_oneself and activity.actor_id and str(activity.actor_id) == activity.new:
        return _("{who} took it")
    return _("{who} gave it to {new}") if who else _("Given to {new}")


def _planned(activity: LeadActivity, who: str) -> str:
    if activity.new:
        return _("{who} planned the next step for {new}") if who else _("Next step planned for {new}")
    if activity.reason == DONE:
        return _("{who} did what was planned")
    return _("{who} took the plan back") if who else _("The plan was taken back")


def _shown(activity: Any, side: str) -> str:
    value: str = getattr(activity, side)
    if name := getattr(activity, f"{side}_name"):
        return str(name)
    if activity.kind in CHOICES:
        return str(dict(CHOICES[activity.kind].choices).get(value, value))
    if activity.kind == ActivityKind.FOLLOW_UP and value:
        return day_and_time(datetime.fromisoformat(value))
    if activity.kind == ActivityKind.VALUE_CHANGE and value:
        try:
            return amount(Decimal(value))
        except InvalidOperation:
            return value
    return value
