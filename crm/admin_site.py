"""The admin site."""

from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.sites import UnfoldAdminSite


@dataclass(frozen=True, slots=True)
class Ways:
    """The lines that lead through the admin: the sidebar by group, the phones' bars by permission, pages by their key."""

    sidebar: list[tuple[str, list[dict[str, Any]]]]
    phone_bars: list[tuple[str, list[dict[str, Any]]]]
    go_keys: list[tuple[str, dict[str, Any]]]


def _ways() -> Ways:
    return _ways_in(get_language() or settings.LANGUAGE_CODE)


@cache
def _ways_in(_language: str) -> Ways:
    """Return all lines, with titles and links as text: to translate and resolve a hundred anew took a tenth of a page's time."""

    def said(line: dict[str, Any]) -> dict[str, Any]:
        return line | {"title": str(line["title"]), "link": str(line["link"])}

    groups = settings.UNFOLD["SIDEBAR"]["navigation"]
    return Ways(
        [(str(group["title"]), [said(line) for line in group["items"]]) for group in groups],
        [(permission, [said(line) for line in lines]) for permission, lines in settings.PHONE_BARS],
        [(key, said(line)) for key, line in settings.GO_KEYS.items()],
    )


def _for(request: HttpRequest, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that this colleague may follow, each with whether one is there."""
    path = request.path
    return [line | {"active": path.startswith(line["link"])} for line in lines if line["permission"](request)]


#: Link, icon and title of a line of the sidebar, and whether one is there.
Line = tuple[str, str, str, bool]


# Pages x languages x what roles may see. To write its lines anew took a tenth of a page's time.
@lru_cache(maxsize=1000)
def _sidebar(groups: tuple[tuple[str, tuple[Line, ...]], ...]) -> SafeString:
    return render_to_string("migochat/sidebar.html", {"groups": groups})


def phone_bar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the lines at the foot of a phone, each with whether one is there."""
    may = request.user.has_perm
    return next((_for(request, lines) for permission, lines in _ways().phone_bars if may(permission)), [])


def go_keys(request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
    """Return the pages that one may go to by the key g and these letters."""
    return [(key, place) for key, place in _ways().go_keys if place["permission"](request)]


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
        lines = tuple(
            (
                group["title"],
                tuple((line["link"], line["icon"], line["title"], line["active"]) for line in group["items"]),
            )
            for group in context["sidebar_navigation"]
        )
        return context | {"sidebar": _sidebar(lines), "phone_bar": phone_bar(request), "go_keys": go_keys(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the models by app. No page of ours shows them all, so all are looked up only where somebody asks."""
        found = partial(super().get_app_list, request, app_label)
        return found() if app_label else SimpleLazyObject(found)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the sidebar with the lines that are for this colleague, and of its groups those that have any.

        Unfold copies the whole of it in depth and makes a class for each permission that it asks, which took a quarter of
        the time of a page's frame.
        """
        groups = [(title, _for(request, lines)) for title, lines in _ways().sidebar]
        return [{"title": title, "items": lines} for title, lines in groups if lines]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("home")


class MigochatAdminConfig(SimpleAdminConfig):
    """Stands in INSTALLED_APPS for `django.contrib.admin`; the screens are loaded with the addresses: drains need neither."""

    default_site = "crm.admin_site.MigochatAdminSite"
