"""Pages of our own in the admin, beside those of the models."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

View = Callable[..., HttpResponseBase]

_pages: list[tuple[str, View, str, bool]] = []


def staff_page(route: str, *, name: str, permission: str = "", cacheable: bool = False) -> Callable[[View], View]:
    """Serve a view below `/admin/` as `admin:<name>`, to those who have the permission; others get 403.

    No permission: to every colleague. Browsers keep none of these pages, but for those that are `cacheable` as they say themselves.
    """

    def register(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if permission and not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        _pages.append((route, guarded, name, cacheable))
        return guarded

    return register


def page_urls(wrap: Callable[[View, bool], View]) -> list[URLPattern]:
    """Return the addresses of all such pages, each view wrapped for logged-in staff."""
    return [path(route, wrap(view, cacheable), name=name) for route, view, name, cacheable in _pages]
