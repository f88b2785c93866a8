"""The history page of a row: who changed which field when, from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Field, ForeignKey, Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.models import User

SHOWN = 100
KNOWN_BEFORE = "before"
"""Label of events that keep a row as it was before an update; others keep it as it became."""


@dataclass(frozen=True)
class Change:
    field: str
    old: str | None
    new: str


@dataclass(frozen=True)
class Entry:
    """What one statement changed. `who` is empty where the system itself did it."""

    at: datetime
    who: str
    created: bool
    changes: list[Change]


def history_page(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse | None:
    """Return the page of a row whose named fields are tracked; None where its model has no history of its own."""
    events = _event_model(model_admin.model)
    if events is None:
        return None
    row = model_admin.get_object(request, unquote(object_id))
    if row is None:
        answer: HttpResponse = model_admin.does_not_exist(request, object_id)
        return answer
    if not model_admin.has_view_or_change_permission(request, row):
        raise PermissionDenied
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("History: %s") % row,
        "entries": entries(row, events),
        "shown": SHOWN,
        "object": row,
        "opts": model_admin.model._meta,
        "module_name": capfirst(str(model_admin.model._meta.verbose_name_plural)),
        "preserved_filters": model_admin.get_preserved_filters(request),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "migochat/history.html", context)


def _event_model(model: type[Model]) -> Any:
    related = (relation.related_model for relation in model._meta.related_objects)
    return next((found for found in related if getattr(found, "pgh_tracked_model", None) is model), None)


def entries(row: Model, event_model: Any) -> list[Entry]:
    """Return the changes of a row, newest first, without names looked up one by one."""
    newest = event_model.objects.filter(pgh_obj_id=row.pk).select_related("pgh_context").order_by("-pgh_id")[:SHOWN]
    events = list(newest)
    names = _Names(event_model, [*events, row])
    found = []
    for place, event in enumerate(events):
        later = events[place - 1] if place else row
        earlier = events[place + 1] if place + 1 < len(events) else None
        old, new = (event, later) if event.pgh_label == KNOWN_BEFORE else (earlier, event)
        changes = [
            Change(
                capfirst(str(field.verbose_name)),
                None if old is None else names.shown(field, old),
                names.shown(field, new),
            )
            for field in names.fields
            if old is None or getattr(old, field.attname) != getattr(new, field.attname)
        ]
        found.append(Entry(event.pgh_created_at, names.writer(event), event.pgh_label == "insert", changes))
    return found


class _Names:
    """What the values of tracked fields are called; people and other rows are read at once."""

    def __init__(self, event_model: Any, rows: Iterable[Any]) -> None:
        own = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context"}
        self.fields: list[Field[Any, Any]] = [f for f in event_model._meta.fields if f.name not in own]
        rows = list(rows)
        self.called: dict[tuple[str, Any], str] = {}
        writers = {user for row in rows if (user := _writer_id(row)) is not None}
        for field in self.fields:
            if isinstance(field, ForeignKey):
                ids = {getattr(row, field.attname) for row in rows} - {None}
                self._learn(field.name, field.related_model, ids)
        self._learn("", User, writers)

    def _learn(self, field: str, model: Any, ids: set[Any]) -> None:
        if ids:
            self.called |= {(field, row.pk): str(row) for row in model._default_manager.filter(pk__in=ids)}

    def shown(self, field: "Field[Any, Any]", row: Any) -> str:
        value = getattr(row, field.attname)
        if value in (None, ""):
            return ""
        if isinstance(field, ForeignKey):
            return self.called.get((field.name, value), str(value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        choices = dict(field.flatchoices)
        return str(choices.get(value, value))

    def writer(self, event: Any) -> str:
        return self.called.get(("", _writer_id(event)), "")


def _writer_id(event: Any) -> Any:
    context = getattr(event, "pgh_context", None)
    return context.metadata.get("user") if context else None
