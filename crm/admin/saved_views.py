"""Lists as people like to see them: which columns, which order, which rows, kept under a name.

All of it is in the address: `columns` (repeated), `order`, `view` (the kept one that it began with), and the filters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.models import SavedView, User
from crm.visibility import user_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

VIEW, COLUMNS, ORDER = OUR_OWN = ("view", "columns", "order")
SHOWN = 100
NAME_LENGTH = 60
QUERY_LENGTH = 2000


class NotKept(Exception):
    """A view cannot be kept so; the message says why."""


@dataclass(frozen=True)
class State:
    """What an address asks of a list; only what the list knows, so that old addresses do no harm."""

    query: str = ""
    columns: tuple[str, ...] = ()

    def address(self, view: SavedView | None = None) -> str:
        own = [(COLUMNS, name) for name in self.columns] + ([(VIEW, str(view.pk))] if view else [])
        return "?" + "&".join(filter(None, (self.query, urlencode(own))))


def without_our_own(params: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what narrows a list down, without a character that the database does not take."""
    kept = {name: values for name, values in params.items() if name not in OUR_OWN}
    return {name: [value.replace("\x00", "") for value in values] for name, values in kept.items()}


def columns_offered(model_admin: Any) -> tuple[str, ...]:
    return (*model_admin.list_display, *model_admin.list_display_more)


def columns_in(model_admin: Any, names: Any) -> tuple[str, ...]:
    """Return those columns that there are, in the list's order, its first always; none where it is as it comes."""
    offered = columns_offered(model_admin)
    chosen = set(names) if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names) else set()
    found = tuple(name for place, name in enumerate(offered) if place == 0 or name in chosen)
    return () if not chosen & set(offered) or found == tuple(model_admin.list_display) else found


def chosen_ordering(model_admin: Any, request: HttpRequest) -> list[Any]:
    """Return the order asked for in the address, empty where that is the list's own."""
    asked = request.GET.get(ORDER, "")
    return next((list(fields) for key, _title, fields in model_admin.orderings if key == asked), [])


def state_of(model_admin: Any, request: HttpRequest, asked: QueryDict) -> State:
    """Return what an address asks for, without what the list does not know (any more)."""
    named = {getattr(entry, "parameter_name", "") for entry in model_admin.get_list_filter(request)}
    known = named | set(model_admin.linked_lookups) | {"q"}
    pairs = [
        (name, value.replace("\x00", ""))
        for name, values in sorted(asked.lists())
        for value in values
        if value and name in known
    ]
    order = asked.get(ORDER, "")
    if order in {key for key, _title, _fields in model_admin.orderings}:
        pairs.append((ORDER, order))
    return State(urlencode(pairs), columns_in(model_admin, asked.getlist(COLUMNS)))


def views_for(user: User, screen: str) -> QuerySet[SavedView]:
    """Return a colleague's own views of a list, and those shared by others."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), screen=screen).select_related("owner")


def may_edit(user: User, view: SavedView) -> bool:
    return view.owner_id == user.pk or (view.is_shared and user.has_perm("crm.change_user"))


@dataclass(frozen=True)
class Tab:
    view: SavedView
    url: str
    active: bool
    mine: bool


class ViewsMenu:
    """What stands above a list: the kept views as tabs, and the menu of columns, order and keeping. Read when it is shown."""

    def __init__(self, model_admin: Any, request: HttpRequest) -> None:
        self.model_admin, self.request, self.user = model_admin, request, user_of(request)
        self.now = state_of(model_admin, request, request.GET)
        self.action = reverse(f"admin:{_screen_name(model_admin)}_views")

    @cached_property
    def views(self) -> list[SavedView]:
        return list(views_for(self.user, screen_of(self.model_admin))[:SHOWN])

    @cached_property
    def current(self) -> SavedView | None:
        asked = self.request.GET.get(VIEW, "")
        return next((view for view in self.views if str(view.pk) == asked), None)

    @property
    def tabs(self) -> list[Tab]:
        return [
            Tab(view, kept_state(self, view).address(view), view == self.current, view.owner_id == self.user.pk)
            for view in self.views
        ]

    @property
    def changed(self) -> bool:
        return self.current is not None and kept_state(self, self.current) != self.now

    @property
    def may_edit(self) -> bool:
        return self.current is not None and may_edit(self.user, self.current)

    @property
    def kept_query(self) -> str:
        """What is kept when one keeps what one sees."""
        return self.now.address()[1:]

    @property
    def hidden(self) -> Iterator[tuple[str, str]]:
        """What of the address stays when other columns or another order are chosen."""
        for name, values in self.request.GET.lists():
            if name not in (COLUMNS, ORDER, "p"):
                yield from ((name, value) for value in values)

    @property
    def columns(self) -> list[tuple[str, str, bool, bool]]:
        """Return of each column its name, title, whether it shows, and whether it always does."""
        shown = self.now.columns or tuple(self.model_admin.list_display)
        model = self.model_admin.model
        return [
            (name, capfirst(str(label_for_field(name, model, self.model_admin))), name in shown, place == 0)
            for place, name in enumerate(columns_offered(self.model_admin))
        ]

    @property
    def orders(self) -> list[tuple[str, Any, bool]]:
        asked = self.request.GET.get(ORDER, "")
        return [(key, title, key == asked) for key, title, _fields in self.model_admin.orderings]


def kept_state(menu: ViewsMenu, view: SavedView) -> State:
    asked = QueryDict(view.query, mutable=True)
    asked.setlist(COLUMNS, view.columns if isinstance(view.columns, list) else [])
    return state_of(menu.model_admin, menu.request, asked)


def screen_of(model_admin: Any) -> str:
    return str(model_admin.model._meta.label_lower)


def _screen_name(model_admin: Any) -> str:
    return f"{model_admin.model._meta.app_label}_{model_admin.model._meta.model_name}"


class SavedViews(_Admin):
    """Mixed into `StaffAdmin`. `orderings` are (key, title, fields); `list_display_more` are columns shown when asked for."""

    orderings: tuple[tuple[str, Any, tuple[Any, ...]], ...] = ()
    list_display_more: tuple[str, ...] = ()

    def get_list_display(self, request: HttpRequest) -> Any:
        return columns_in(self, request.GET.getlist(COLUMNS)) or super().get_list_display(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.saved_view))
        return [path("views/", view, name=f"{_screen_name(self)}_views"), *super().get_urls()]

    def saved_view(self, request: HttpRequest) -> HttpResponse:
        """Keep, change or delete a view, and go back to the list as it then is."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        user = user_of(request)
        asked = state_of(self, request, QueryDict(request.POST.get("query", "")))
        back = reverse(f"admin:{_screen_name(self)}_changelist")
        do = request.POST.get("do", "")
        view: SavedView | None = None
        try:
            if do == "save":
                view = self._keep(SavedView(owner=user, screen=screen_of(self)), asked, request)
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(back + asked.address(view))
            view = _numbered(views_for(user, screen_of(self)), request.POST.get("id", ""))
            if view is None or not may_edit(user, view):
                raise NotKept(_("This view is not there any more, or is not yours to change."))
            if do == "delete":
                view.delete()
                messages.success(request, _("The view is deleted; the rows are as they were."))
                return HttpResponseRedirect(back + asked.address())
            self._keep(view, asked if do == "update" else None, request)
            messages.success(request, _("Saved."))
        except NotKept as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(back + asked.address(view))

    def _keep(self, view: SavedView, state: State | None, request: HttpRequest) -> SavedView:
        """Write a view: its rows and columns where a state is given, its name where one is typed in."""
        if state is not None:
            if len(state.query) > QUERY_LENGTH:
                raise NotKept(_("So much cannot be saved: search for fewer words."))
            view.query, view.columns = state.query, list(state.columns)
        if state is None or view.pk is None:
            view.name = _name_from(request.POST.get("name", ""))
            view.is_shared = "shared" in request.POST
        try:
            with transaction.atomic():
                view.save()
        except IntegrityError:
            raise NotKept(_("There is a view of this name already. Choose another.")) from None
        return view


def _name_from(text: str) -> str:
    name = " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())
    if not name:
        raise NotKept(_("Give the view a name."))
    return name[:NAME_LENGTH]


def _numbered(views: QuerySet[SavedView], number: str) -> SavedView | None:
    known = number.isascii() and number.isdigit() and len(number) < 19
    return views.filter(pk=int(number)).first() if known else None
