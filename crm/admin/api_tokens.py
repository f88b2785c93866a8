"""Tokens of programs: made here, shown once, and taken away again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.page_actions import PageActions
from crm.admin.staff_admin import StaffAdmin
from crm.api.tokens import keep_secret, new_secret, revoke_token
from crm.markup import column
from crm.models import ApiToken, User
from crm.visibility import user_of


@admin.register(ApiToken)
class ApiTokenAdmin(PageActions, StaffAdmin):
    """Whose token it is stays as it is: make another for somebody else. Only superusers make one for a superuser."""

    list_display = ("who", "kind", "state", "begins", "last_use")
    list_select_related = ("user",)
    list_filter = (
        choice_filter(
            "active",
            gettext_lazy("state"),
            [("True", gettext_lazy("Active")), ("False", gettext_lazy("Revoked"))],
            "is_active",
        ),
    )
    phone = {"who": "title", "last_use": "end", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name", "user", "is_bot", "expires_at")
    page_actions = ("revoke",)
    change_form_outer_before_template = "migochat/api_token.html"
    empty_icon = "api"
    empty_title = gettext_lazy("No API tokens yet")
    empty_hint = gettext_lazy("A bot or another program needs one to read and write here.")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return ("user",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            offered = User.objects.filter(is_active=True)
            kwargs["queryset"] = offered if user_of(request).is_superuser else offered.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        if obj is not None and obj.user.is_superuser and not user_of(request).is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def page_context(self, request: HttpRequest, row: ApiToken) -> dict[str, Any]:
        return {"token": row, "state": _state(row), "may_change": self.has_change_permission(request, row)}

    def save_model(self, request: HttpRequest, obj: ApiToken, form: "forms.ModelForm[ApiToken]", change: bool) -> None:
        if change:
            if form.changed_data:
                obj.save(update_fields=[*form.changed_data, "updated_at"])
            return
        secret = new_secret()
        keep_secret(obj, secret)
        obj.created_by = user_of(request)
        obj.save()
        # Kept for the answer to this one request, which shows it.
        request.new_token_secret = secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the token, once: no page, message or cookie holds it afterwards."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The token of %(name)s") % {"name": obj},
            "opts": self.opts,
            "original": obj,
            "secret": getattr(request, "new_token_secret", ""),
            "page_url": self.page_url(obj),
        }
        request.current_app = self.admin_site.name
        answer = TemplateResponse(request, "migochat/new_api_token.html", context)
        add_never_cache_headers(answer)
        return answer

    def do_revoke(self, request: HttpRequest, token: ApiToken) -> str:
        revoke_token(name=token.name)
        return _("Revoked: it opens nothing any more.")

    @column(gettext_lazy("Program"))
    def who(self, token: ApiToken) -> str:
        return markup.person(token, _("acts for %(name)s") % {"name": token.user})

    @column(gettext_lazy("Kind"))
    def kind(self, token: ApiToken) -> str:
        return markup.chip(_("Bot"), "accent") if token.is_bot else markup.chip(_("People write by it"))

    @column(gettext_lazy("State"))
    def state(self, token: ApiToken) -> str:
        return _state(token)

    @column(gettext_lazy("Begins with"))
    def begins(self, token: ApiToken) -> str:
        return markup.left_to_right(f"{token.hint}…")

    @column(gettext_lazy("Last used"))
    def last_use(self, token: ApiToken) -> str:
        return markup.ago(token.last_used_at)


def _state(token: ApiToken) -> str:
    if not token.is_active:
        return markup.chip(_("Revoked"), "bad")
    if not token.user.is_active:
        return markup.chip(_("Its colleague is inactive"), "bad")
    return markup.chip(_("Active"), "good") if token.is_usable else markup.chip(_("Expired"), "warning")
