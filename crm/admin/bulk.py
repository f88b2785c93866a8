"""Doing something with many rows of a list at once: one service call each, with honest counts.

The rows are fixed when they are chosen. Each request works for a few seconds and hands on what is left, so that a thousand rows
time out nowhere; whatever was done before an interruption is done, and doing it again changes nothing.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.log_format import place
from crm.markup import grouped
from crm.models import User
from crm.visibility import user_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

logger = logging.getLogger(__name__)

BOUND = 5000
AT_ONCE = 50
SECONDS = 4.0
REASONS_SHOWN = 5
SALT = "crm.bulk"


class Refused(Exception):
    """A row that cannot be changed so; the message says why, in words for a colleague."""


class BulkAction(ABC):
    """What can be done with rows of a list. Registered in `bulk_actions` of an admin, itself or by dotted name."""

    name: str
    title: Any
    #: All of them are needed.
    permissions: tuple[str, ...]
    form: type[forms.Form] = forms.Form

    def may(self, user: Any) -> bool:
        return bool(user.has_perms(self.permissions))

    @abstractmethod
    def apply(self, row_id: int, given: dict[str, Any], user: User) -> bool:
        """Change one row through its service, and say whether that changed anything.

        Raises:
            Refused: it cannot be; the others go on.
        """

    def said(self, count: int, given: dict[str, Any]) -> str:
        """Return in words that so many rows were changed."""
        return ngettext("%(count)s changed", "%(count)s changed", count) % {"count": grouped(count)}


@dataclass
class Tally:
    """What became of the rows so far."""

    changed: int = 0
    same: int = 0
    gone: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.changed + self.same + self.gone + self.refused.total()

    def packed(self) -> str:
        return signing.dumps([self.changed, self.same, self.gone, dict(self.refused)], salt=SALT)

    @classmethod
    def unpacked(cls, text: str) -> "Tally":
        """Return what the request before this one counted; nothing where there was none."""
        try:
            changed, same, gone, refused = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            return cls()
        return cls(changed, same, gone, Counter(refused))

    def in_words(self, action: BulkAction, given: dict[str, Any]) -> str:
        parts = [action.said(self.changed, given)]
        if self.same:
            parts.append(_("%(count)s were so already") % {"count": grouped(self.same)})
        if self.gone:
            parts.append(_("%(count)s are not there any more") % {"count": grouped(self.gone)})
        reasons = self.refused.most_common()
        parts += [f"{_('%(count)s refused') % {'count': grouped(n)}}: {why}" for why, n in reasons[:REASONS_SHOWN]]
        if others := sum(count for _why, count in reasons[REASONS_SHOWN:]):
            parts.append(_("%(count)s refused for other reasons") % {"count": grouped(others)})
        return "; ".join(part.rstrip(".") for part in parts) + "."


class BulkActions(_Admin):
    """Mixed into `StaffAdmin`: `bulk_actions` appear in the bar under a list as soon as a row is ticked."""

    bulk_actions: Sequence[BulkAction | str] = ()

    def all_bulk_actions(self) -> dict[str, BulkAction]:
        named = (import_string(action) if isinstance(action, str) else action for action in self.bulk_actions)
        return {action.name: action for action in named}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer each to those who may, beside Django's own."""
        found: dict[str, Any] = super().get_actions(request)
        if request.GET.get("_popup") is None:
            for action in self.all_bulk_actions().values():
                if action.may(request.user):
                    name = f"bulk_{action.name}"
                    found[name] = (_starting(action), name, action.title)
        return found

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_bulk"
        view = self.admin_site.admin_view(require_POST(self.bulk_view))
        own = [path("bulk/<slug:action>/", view, name=name)] if self.bulk_actions else []
        return [*own, *super().get_urls()]

    def bulk_view(self, request: HttpRequest, action: str) -> HttpResponse:
        """Do it to the rows in `ids` once the form is right, for a few seconds at a time."""
        doing = self.all_bulk_actions().get(action)
        if doing is None:
            raise Http404
        if not (self.has_view_or_change_permission(request) and doing.may(request.user)):
            raise PermissionDenied
        ids = _ids_in(request.POST.get("ids", ""))
        form = doing.form(request.POST)
        if not ids or not form.is_valid():
            return self.bulk_page(request, doing, ids, form)
        tally = Tally.unpacked(request.POST.get("tally", ""))
        left = self._work(request, doing, ids, form.cleaned_data, tally)
        if left:
            return self.bulk_page(request, doing, left, form, tally)
        level = messages.WARNING if tally.refused or tally.gone else messages.SUCCESS
        self.message_user(request, tally.in_words(doing, form.cleaned_data), level)
        return HttpResponseRedirect(self._list_address(request.POST.get("query", "")))

    def _work(
        self, request: HttpRequest, action: BulkAction, ids: list[int], given: dict[str, Any], tally: Tally
    ) -> list[int]:
        """Change rows until they are done or the time is up; return those that are left."""
        user, until = user_of(request), time.monotonic() + SECONDS
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            seen = set(self.get_queryset(request).filter(pk__in=some).order_by().values_list("pk", flat=True))
            for row_id in some:
                _one(partial(action.apply, row_id, given, user), tally, seen=row_id in seen)
            if time.monotonic() > until:
                return ids[begin + AT_ONCE :]
        return []

    def bulk_page(
        self, request: HttpRequest, action: BulkAction, ids: list[int], form: forms.Form, tally: Tally | None = None
    ) -> HttpResponse:
        """Ask what is to be done, or show how far it is."""
        if not ids:
            messages.error(request, _("Choose rows first."))
            return HttpResponseRedirect(self._list_address(request.POST.get("query", "")))
        options, done = self.model._meta, tally.total if tally else 0
        query = request.POST.get("query", request.GET.urlencode())
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": action.title,
            "opts": options,
            "form": form,
            "ids": ",".join(map(str, ids)),
            "count": len(ids) + done,
            "done": done,
            "tally": tally.packed() if tally else "",
            "query": query,
            "back": self._list_address(query),
            "action_url": reverse(f"admin:{options.app_label}_{options.model_name}_bulk", args=[action.name]),
        }
        return TemplateResponse(request, "migochat/bulk.html", context)

    def _list_address(self, query: str) -> str:
        options = self.model._meta
        listing = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        return f"{listing}?{query}" if query else listing


def _starting(action: BulkAction) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """Return what Django calls with the rows that were chosen."""

    def start(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: BOUND + 1])
        if len(ids) > BOUND:
            text = _("At most %(count)s rows at once: narrow the list down first.") % {"count": grouped(BOUND)}
            messages.error(request, text)
            return None
        page: HttpResponse = model_admin.bulk_page(request, action, sorted(ids), action.form())
        return page

    return start


def _one(change: Callable[[], bool], tally: Tally, *, seen: bool) -> None:
    if not seen:
        tally.gone += 1
        return
    try:
        changed = change()
    except Refused as refused:
        tally.refused[str(refused)] += 1
    except ObjectDoesNotExist:
        tally.gone += 1
    except DatabaseError as error:
        logger.error("A row could not be changed: %s", place(error), exc_info=error)
        tally.refused[_("it could not be saved; try again")] += 1
    else:
        tally.changed += changed
        tally.same += not changed


def _ids_in(text: str) -> list[int]:
    numbers: Iterable[str] = text.split(",")[: BOUND + 1]
    ids = [int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 19]
    return list(dict.fromkeys(ids))[:BOUND]
