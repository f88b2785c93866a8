"""The page of settings declared in code."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from crm import runtime_settings
from crm.admin.staff_admin import StaffAdmin
from crm.models import Setting, User
from crm.runtime_settings import Declared


@admin.register(Setting)
class SettingAdmin(StaffAdmin):
    """Lists what is declared, not what happens to have a row; each setting has a page of its own by its key."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        edit = path("edit/<str:key>/", self.admin_site.admin_view(self.edit_view), name="crm_setting_edit")
        return [edit, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        settings = sorted(runtime_settings.all_declared(), key=lambda setting: str(setting.category))
        context = {
            **self._context(request),
            "title": _("Settings"),
            "groups": [
                (category, [_line(setting) for setting in group])
                for category, group in groupby(settings, key=lambda setting: str(setting.category))
            ],
        }
        return TemplateResponse(request, "migochat/settings.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self.does_not_exist(request, object_id)
        return HttpResponseRedirect(reverse("admin:crm_setting_edit", args=[row.key]))

    def edit_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show one setting; POST changes it or, with `reset`, goes back to the default."""
        try:
            setting = runtime_settings.declared(key)
        except KeyError:
            raise Http404 from None
        may_change = self.has_change_permission(request)
        if not (may_change if request.method == "POST" else self.has_view_or_change_permission(request)):
            raise PermissionDenied
        form = _form(setting, request.POST if request.method == "POST" else None, may_change)
        if request.method == "POST" and ("reset" in request.POST or form.is_valid()):
            self._write(request, setting, form)
            return HttpResponseRedirect(reverse("admin:crm_setting_changelist"))
        context = {
            **self._context(request),
            "title": setting.title,
            "form": form,
            "setting": _line(setting),
            "may_change": may_change,
        }
        return TemplateResponse(request, "migochat/setting.html", context)

    def _write(self, request: HttpRequest, setting: Declared, form: forms.Form) -> None:
        assert isinstance(request.user, User)  # noqa: S101 - the admin lets nobody else in
        if "reset" in request.POST:
            runtime_settings.reset(key=setting.key)
            messages.success(request, _("Back to the default."))
        else:
            row = runtime_settings.change(key=setting.key, value=form.cleaned_data["value"], by=request.user)
            self.log_change(request, row, [{"changed": {"fields": [str(setting.title)]}}])
            messages.success(request, _("Changed. Every process follows within seconds."))

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {**self.admin_site.each_context(request), "opts": Setting._meta}


def _line(setting: Declared) -> dict[str, Any]:
    value = runtime_settings.value_of(setting.key)
    overridden = runtime_settings.is_overridden(setting.key)
    return {
        "key": setting.key,
        "title": setting.title,
        "help": setting.help,
        "shown": (_("set") if overridden else _("not set")) if setting.sensitive else _shown(setting, value),
        "default": "" if setting.sensitive else _shown(setting, setting.default),
        "overridden": overridden,
    }


def _shown(setting: Declared, value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(setting.choices).get(str(value), value))


def _form(setting: Declared, data: Any, may_change: bool) -> forms.Form:
    field = setting.form_field()
    widgets = {
        "whole number": UnfoldAdminIntegerFieldWidget,
        "yes or no": UnfoldBooleanSwitchWidget,
        "text": UnfoldAdminPasswordWidget if setting.sensitive else UnfoldAdminTextInputWidget,
    }
    attributes = {"autocomplete": "off"}
    for bound in ("minimum", "maximum"):
        if getattr(setting, bound) is not None:
            attributes[bound[:3]] = str(getattr(setting, bound))
    if setting.choices:
        field.widget = UnfoldAdminSelectWidget(choices=setting.choices)
    else:
        field.widget = widgets[setting.kind](attrs=attributes)
    field.disabled = not may_change
    if not setting.sensitive:
        field.initial = runtime_settings.value_of(setting.key)
    form = forms.Form(data)
    form.fields["value"] = field
    return form
