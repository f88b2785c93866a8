"""Buttons on a row's page: each a POST to an address of its own, then back to the page."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from crm.admin.staff_admin import StaffAdmin as _Admin
else:
    _Admin = object


class ActionRefused(Exception):
    """An action that cannot be done now; the message says why."""


class PageActions(_Admin):
    """Mixed in before `StaffAdmin`. An action `close` is the method `do_close(request, row)`, which returns what to say."""

    page_actions: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        options = self.model._meta
        own = [
            path(
                f"<int:pk>/{action.replace('_', '-')}/",
                self.admin_site.admin_view(require_POST(partial(self.act, action=action))),
                name=f"{options.app_label}_{options.model_name}_{action}",
            )
            for action in self.page_actions
        ]
        return [*own, *super().get_urls()]

    def may_act(self, request: HttpRequest, row: Model, action: str) -> bool:
        """Tell whether this colleague may do this; by default who may change the row."""
        return self.has_change_permission(request, row)

    def act(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.may_act(request, row, action):
            raise PermissionDenied
        try:
            said = getattr(self, f"do_{action}")(request, row)
        except ActionRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, said)
        return HttpResponseRedirect(self._back(request, row))

    def _back(self, request: HttpRequest, row: Any) -> str:
        wanted = request.POST.get("next", "")
        if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            return wanted
        return self.page_url(row)
