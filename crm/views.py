"""The front door."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of `HOME_PAGES` that one may see."""
    if not admin.site.has_permission(request):
        return redirect("admin:login")
    for permission, page in settings.HOME_PAGES:
        if request.user.has_perm(permission):
            return redirect(page)
    context = {**admin.site.each_context(request), "title": _("Welcome")}
    return TemplateResponse(request, "migochat/no_role.html", context)
