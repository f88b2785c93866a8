"""The board: leads in columns by stage, to be moved by hand."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.admin.pages import staff_page
from crm.markup import grouped
from crm.models import Channel, Customer
from crm.visibility import user_of
from leads.activities import Cause
from leads.admin import board_faces, board_words
from leads.admin.board_cards import Deck
from leads.board import changes, columns
from leads.board.columns import Head, Place
from leads.board.selection import ALL, MINE, TEAM, Selection
from leads.models import LostReason, Stage
from leads.services.stages import MovedMeanwhile, MoveRefused, move_lead
from messaging.models import Message

OK, NOT_NOW, CONFLICT, GONE = 200, 422, 409, 404


class MoveForm(forms.Form):
    """What a move says: which lead, to which stage, and which stage the colleague saw it in."""

    lead = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    to = forms.ModelChoiceField(Stage.objects.all(), to_field_name="slug")
    expected = forms.ModelChoiceField(Stage.objects.all(), to_field_name="slug")
    lost_reason = forms.ChoiceField(choices=LostReason.choices, required=False)
    lost_note = forms.CharField(max_length=500, required=False)
    value = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, required=False)


@staff_page("leads/board/", name="leads_board", permission="leads.view_lead")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show all columns with the first cards of the open ones; closed ones load theirs when they are opened."""
    selection = _selection(request)
    mark, leads = changes.Mark.now(), selection.leads()
    stages = _stages()
    heads = columns.heads(leads)
    pages = columns.first_pages(leads, [stage for stage in stages.values() if stage.is_open and stage.pk in heads])
    empty, deck = columns.Page([], None), _deck(request, stages)
    shown = [
        board_faces.column_face(
            stage, heads.get(pk, Head()), pages.get(pk, empty) if stage.is_open or pk not in heads else None, deck
        )
        for pk, stage in stages.items()
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("Board"),
        "columns": shown,
        "is_empty": not heads,
        "mark": mark,
        "may_move": request.user.has_perm("leads.change_lead"),
        "may_add": request.user.has_perm("leads.add_lead"),
        "reasons": LostReason.choices,
        "words": board_words.words(),
        "thousands": grouped(1000)[1:-3],
        "query": urlencode(selection.parameters()),
        **_filters(selection),
    }
    return TemplateResponse(request, "leads/board.html", context)


@staff_page("leads/board/column/<slug:slug>/", name="leads_board_column", permission="leads.view_lead")
@require_safe
def column(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with cards of one column, those after a place where the browser names one."""
    stages = _stages()
    stage = next((stage for stage in stages.values() if stage.slug == slug), None)
    if stage is None:
        raise Http404
    page = columns.next_page(_selection(request).leads(), stage, Place.read(request.GET.get("after", "")))
    context = {
        "cards": _deck(request, stages).cards(page.leads),
        "after": page.after,
    }
    return TemplateResponse(request, "leads/board_cards.html", context)


@staff_page("leads/board/move/", name="leads_board_move", permission="leads.change_lead")
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move a lead and answer with what to say, its card where it is now, and the heads of all columns."""
    form = MoveForm(request.POST)
    selection = _selection(request)
    if not form.is_valid():
        return _answer(request, selection, None, NOT_NOW, _said(form))
    given = form.cleaned_data
    everything = Selection(selection.user).leads()
    lead = everything.filter(pk=given["lead"]).only("value").first()
    if lead is None:
        return _answer(request, selection, given["lead"], GONE, _("You do not see this lead any more."))
    if given["to"].kind == Stage.Kind.WON and given["value"] is None and lead.value is None:
        return _answer(request, selection, lead.pk, NOT_NOW, _("Say what it was sold for."))
    try:
        move_lead(
            lead_id=lead.pk,
            to=given["to"],
            expected=given["expected"],
            cause=Cause.person(selection.user),
            lost_reason=given["lost_reason"],
            lost_note=given["lost_note"],
            value=given["value"],
        )
    except MovedMeanwhile as moved:
        return _answer(request, selection, lead.pk, CONFLICT, str(moved))
    except MoveRefused as refused:
        return _answer(request, selection, lead.pk, NOT_NOW, str(refused))
    said = _("Moved to %(stage)s.") % {"stage": given["to"]}
    return _answer(request, selection, lead.pk, OK, said)


@staff_page("leads/board/poll/", name="leads_board_poll", permission="leads.view_lead")
@require_safe
def poll(request: HttpRequest) -> HttpResponse:
    """Answer with what changed since a mark, or 204 where nothing did; without a mark, or after too much: read all anew."""
    mark = changes.Mark.read(request.GET.get("mark", ""))
    if mark is None:
        return JsonResponse({"mark": str(changes.Mark.now()), "reload": True, "heads": _heads(_selection(request))})
    now, lead_ids = changes.since(mark)
    if not lead_ids:
        return HttpResponse(status=204)
    selection = _selection(request)
    answer: dict[str, Any] = {"mark": str(now), "heads": _heads(selection)}
    if len(lead_ids) > changes.MOST:
        return JsonResponse({**answer, "reload": True})
    shown = _cards(request, selection, lead_ids)
    return JsonResponse({**answer, "cards": shown, "gone": sorted(set(lead_ids) - {card["id"] for card in shown})})


def _selection(request: HttpRequest) -> Selection:
    return Selection.asked(user_of(request), request.GET)


def _stages() -> dict[int, Stage]:
    """Return the stages in the order of their columns: the closed ones last."""
    found = sorted(Stage.objects.all(), key=lambda stage: (not stage.is_open, stage.kind != Stage.Kind.WON))
    return {stage.pk: stage for stage in found}


def _heads(selection: Selection) -> dict[str, Any]:
    heads = columns.heads(selection.leads())
    return {stage.slug: asdict(board_faces.head_face(heads.get(pk, Head()))) for pk, stage in _stages().items()}


def _cards(request: HttpRequest, selection: Selection, lead_ids: list[int]) -> list[dict[str, Any]]:
    found = columns.cards(selection.leads().filter(pk__in=lead_ids))
    made = _deck(request, _stages()).cards(found)
    return [{"id": card.lead_id, "stage": card.stage, "html": card.html} for card in made]


def _deck(request: HttpRequest, stages: dict[int, Stage]) -> Deck:
    return Deck(stages, may_move=request.user.has_perm("leads.change_lead"))


def _answer(request: HttpRequest, selection: Selection, lead_id: int | None, status: int, said: str) -> JsonResponse:
    found = _cards(request, selection, [lead_id]) if lead_id else []
    answer = {"said": said, "card": found[0] if found else None, "heads": _heads(selection)}
    return JsonResponse(answer, status=status)


def _said(form: MoveForm) -> str:
    """Return what is wrong with a move, in a sentence."""
    typed = [str(error) for name in ("value", "lost_reason", "lost_note") for error in form.errors.get(name, ())]
    return " ".join(typed) or _("This stage is no more. Open the board again.")


def _filters(selection: Selection) -> dict[str, Any]:
    """Return what narrows the board: tabs, drop-downs, and the search."""
    whose = [(MINE, _("Mine")), *([(TEAM, _("My team"))] if selection.user.team_id else []), (ALL, _("All"))]
    channels = [(str(pk), name) for pk, name in Channel.objects.order_by("name").values_list("pk", "name")]
    kinds = (
        ("source", _("Source"), [(str(key), label) for key, label in Message.Source.choices], selection.source),
        ("channel", _("Channel"), channels, str(selection.channel or "")),
        ("label", _("Label"), [(str(key), label) for key, label in Customer.Label.choices], selection.label),
    )
    return {
        "selection": selection,
        "hidden": {name: value for name, value in selection.parameters().items() if name != "q"},
        "tabs": [(_address(selection, owned=key), title, key == selection.whose) for key, title in whose],
        "clear": _address(selection, q="", source="", channel="", label=""),
        "among_all": _address(selection, owned=ALL),
        "list_url": reverse("admin:leads_lead_changelist"),
        "dropdowns": [
            (
                title,
                bool(chosen),
                [(_address(selection, **{name: key}), text, key == chosen) for key, text in [("", _("All")), *choices]],
            )
            for name, title, choices, chosen in kinds
        ],
    }


def _address(selection: Selection, **changed: str) -> str:
    return "?" + urlencode(selection.parameters(**changed))
