"""The admin site."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite


class MigochatAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # the package has no types
    """The admin, arranged by what people do and not by app; its front page is the page of one's role."""

    enable_nav_sidebar = True

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("home")


class MigochatAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS for `django.contrib.admin`."""

    default_site = "crm.admin_site.MigochatAdminSite"
