"""The page of a lead, made of sections that are rendered anew on their own after each change."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone

from crm import runtime_settings
from crm.visibility import staff_for, user_of
from leads.admin import lead_facts, lead_origin
from leads.models import Lead, LostReason, ScoreEntry, Stage
from leads.scoring import explain, total
from messaging.admin import labels

JOINED = (
    "customer", "stage", "owner", "team", "first_message", "first_post", "first_ad", "last_message", "last_post", "last_ad",
)  # fmt: skip
UNREAD = tuple(
    f"{which}_message__{name}" for which in ("first", "last") for name in ("text_folded", "referral", "entities")
)
SNIPPET = 120
ENTRIES_SHOWN = 5

# Who began with a comment: their first message after it. Each conversation is read by its own index.
FIRST_DIRECT = """
    CASE WHEN leads_lead.first_source = 'comment' THEN (
        SELECT jsonb_build_object('id', found.id, 'conversation', talk.id, 'at', found.at)
        FROM crm_identity AS who
        JOIN messaging_conversation AS talk ON talk.identity_id = who.id
        CROSS JOIN LATERAL (
            SELECT id, at FROM messaging_message
            WHERE conversation_id = talk.id AND at >= leads_lead.first_touch_at AND direction = 'in' AND source <> 'comment'
            ORDER BY at, id LIMIT 1
        ) AS found
        WHERE who.customer_id = leads_lead.customer_id
        ORDER BY found.at, found.id LIMIT 1
    ) END
"""
# The conversation to go on in.
CONVERSATION = """
    SELECT talk.id FROM messaging_conversation AS talk JOIN crm_identity AS who ON who.id = talk.identity_id
    WHERE who.customer_id = leads_lead.customer_id
    ORDER BY talk.status = 'open' DESC, talk.last_activity_at DESC LIMIT 1
"""


def number(text: str) -> int:
    """Return the id that an address holds, 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def one_lead(leads: "QuerySet[Lead]", object_id: str) -> Any:
    """Return a lead with all that its page shows of the rows it points to; None where it is not among `leads`."""
    found = leads.select_related(*JOINED).defer(*UNREAD).filter(pk=number(object_id))
    return found.annotate(
        first_direct=RawSQL(FIRST_DIRECT, (), lead_origin.JSON),  # noqa: S611 - a constant
        conversation_id=RawSQL(CONVERSATION, ()),  # noqa: S611 - a constant
    ).first()


def page(model_admin: Any, request: HttpRequest, lead: Any) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        **_common(model_admin, request, lead),
        "title": str(lead.customer),
        "opts": Lead._meta,
        "original": lead,
    }
    for name in SECTIONS:
        context |= SECTIONS[name](request, lead)
    return TemplateResponse(request, "leads/lead.html", context)


@dataclass
class Answer:
    """What came of an action: what to say, or by field why not, and the dialog that is to open again."""

    said: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    reopen: str = ""


def sections(model_admin: Any, request: HttpRequest, lead: Any, names: Iterable[str], answer: Answer) -> str:
    """Render some sections to take the place of those on the page, and what to say about it."""
    context = _common(model_admin, request, lead) | asdict(answer) | {"in_place": True}
    parts = [
        render_to_string(f"leads/lead/{name}.html", context | SECTIONS[name](request, lead), request) for name in names
    ]
    return "".join([*parts, render_to_string("leads/lead/said.html", context, request)])


def _common(model_admin: Any, request: HttpRequest, lead: Any) -> dict[str, Any]:
    user = user_of(request)
    return {
        "lead": lead,
        "customer": lead.customer,
        "may_change": model_admin.has_change_permission(request, lead) and lead.merged_into_id is None,
        "may_change_customer": user.has_perm("crm.change_customer"),
        "may_see_customer": user.has_perm("crm.view_customer"),
        "may_note": user.has_perm("crm.add_note"),
        "wrong": {},
    }


def _head(request: HttpRequest, lead: Any) -> dict[str, Any]:
    return {
        "staff": [colleague for colleague in staff_for(request.user) if colleague.is_active],
        "mine": lead.owner_id == request.user.pk,
        "may_see_conversation": request.user.has_perm("messaging.view_conversation"),
    }


def _value_input(lead: Lead) -> str:
    """Return a value as a field for numbers takes it, without decimals where there are none."""
    return "" if lead.value is None else f"{lead.value.normalize():f}"


def _steps(request: HttpRequest, lead: Any) -> dict[str, Any]:
    stages = list(Stage.objects.order_by("order", "id"))
    open_ones = [stage for stage in stages if stage.is_open]
    place = next((index for index, stage in enumerate(open_ones) if stage.pk == lead.stage_id), -1)
    return {
        "steps": [(stage, _state(index, place)) for index, stage in enumerate(open_ones)],
        "won_stages": [stage for stage in stages if stage.kind == Stage.Kind.WON],
        "lost_stages": [stage for stage in stages if stage.kind == Stage.Kind.LOST],
        "lost_reasons": LostReason.choices,
        "value_input": _value_input(lead),
        "currency": lead.currency or runtime_settings.value_of("leads.currency"),
    }


def _state(index: int, place: int) -> str:
    return "current" if index == place else "passed" if index < place else "ahead"


def _next(request: HttpRequest, lead: Any) -> dict[str, Any]:
    planned = lead.next_follow_up_at
    return {
        "planned_input": timezone.localtime(planned).strftime("%Y-%m-%dT%H:%M") if planned else "",
        "is_late": planned is not None and planned < timezone.now(),
    }


def _facts(request: HttpRequest, lead: Any) -> dict[str, Any]:
    return {
        "aspects": lead_facts.aspects_of(lead.customer),
        "value_input": _value_input(lead),
        "priorities": lead._meta.get_field("priority").choices,
        "currency": lead.currency or runtime_settings.value_of("leads.currency"),
    }


def _origin(request: HttpRequest, lead: Any) -> dict[str, Any]:
    return {"origin": lead_origin.origin_of(request, lead), "last_touch": lead_origin.last_touch_of(request, lead)}


def _score(request: HttpRequest, lead: Any) -> dict[str, Any]:
    entries: QuerySet[Any] = (
        ScoreEntry.objects.filter(lead=lead, superseded_at=None)
        .select_related("rule", "message")
        .annotate(text=Left("message__text", SNIPPET))
        .defer("message__text", "message__text_folded", "message__referral", "message__entities", "rule__keywords")
    )
    found = list(entries)
    for entry in found:
        entry.short = " ".join(entry.text.split()) or labels.kind_name(entry.message.type)
    sums = explain(found, timezone.now())
    return {
        "sums": sums,
        "score_now": total(sums),
        "entries_shown": f":{ENTRIES_SHOWN}",
        "more_from": f"{ENTRIES_SHOWN}:",
    }


Section = Callable[[HttpRequest, Any], dict[str, Any]]
SECTIONS: MappingProxyType[str, Section] = MappingProxyType(
    {
        "head": _head,
        "steps": _steps,
        "next": _next,
        "origin": _origin,
        "score": _score,
        "facts": _facts,
        "note": lambda request, lead: {},
    }
)
