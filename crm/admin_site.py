"""The admin site."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


def phone_bar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the lines at the foot of a phone, each with whether one is there."""
    lines: list[dict[str, Any]] = next(
        (lines for permission, lines in settings.PHONE_BARS if request.user.has_perm(permission)), []
    )
    return [
        line | {"active": request.path.startswith(str(line["link"]))} for line in lines if line["permission"](request)
    ]


def go_keys(request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
    """Return the pages that one may go to by the key g and these letters."""
    return [(key, place) for key, place in settings.GO_KEYS.items() if place["permission"](request)]


def _line(line: dict[str, Any], index: str, request: HttpRequest) -> dict[str, Any]:
    """Return a line of the sidebar with what Unfold's template asks of it: whether one is there, and whether one may go."""
    link = str(line["link"])
    here = link in request.path and link != index
    return line | {"link": link, "active": here, "has_permission": line["permission"](request)}


class MigochatAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # the package has no types
    """The admin, arranged by what people do and not by app; its front page is the page of one's role."""

    enable_nav_sidebar = True

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from crm.admin.pages import page_urls

        # Nothing of ours has a page outside of here, and the address for it fails on rows that are in no table.
        stock = [found for found in super().get_urls() if getattr(found, "name", "") != "view_on_site"]
        return [*page_urls(self.admin_view), *stock]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return context | {"phone_bar": phone_bar(request), "go_keys": go_keys(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the models by app. No page of ours shows them all, so all are looked up only where somebody asks."""
        found = partial(super().get_app_list, request, app_label)
        return found() if app_label else SimpleLazyObject(found)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the sidebar with the lines that are for this colleague.

        Unfold copies the whole of it in depth and makes a class for each permission that it asks, which took a quarter of
        the time of a page's frame.
        """
        index = reverse("admin:index")
        groups = self._get_config("SIDEBAR", request)["navigation"]
        return [group | {"items": [_line(line, index, request) for line in group["items"]]} for group in groups]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("home")


class MigochatAdminConfig(SimpleAdminConfig):
    """Stands in INSTALLED_APPS for `django.contrib.admin`; the screens are loaded with the addresses: drains need neither."""

    default_site = "crm.admin_site.MigochatAdminSite"
