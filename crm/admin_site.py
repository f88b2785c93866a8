"""The admin site."""

from typing import Any

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
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

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("home")


class MigochatAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS for `django.contrib.admin`."""

    default_site = "crm.admin_site.MigochatAdminSite"
