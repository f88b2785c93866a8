"""What a colleague sets for themselves."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from crm.admin.pages import staff_page
from crm.models import User
from crm.notices_mail import mail_is_set_up
from crm.roles import SELLER
from crm.visibility import user_of


class OwnSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Name, availability (of sellers) and notices by e-mail (where the installation sends any)."""

    class Meta:
        model = User
        fields = ("full_name", "is_available", "wants_email")
        widgets = {  # noqa: RUF012 - Django's own style for options
            "full_name": UnfoldAdminTextInputWidget(attrs={"dir": "auto", "autocomplete": "name"}),
            "is_available": UnfoldBooleanSwitchWidget(),
            "wants_email": UnfoldBooleanSwitchWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.groups.filter(name=SELLER).exists():
            del self.fields["is_available"]
        wants_email = self.fields["wants_email"]
        wants_email.help_text = _("To %(address)s: new leads, customers who wait, follow-ups.") % {
            "address": self.instance.email
        }
        if not mail_is_set_up():
            wants_email.disabled = True
            wants_email.help_text = _("This installation sends no e-mail yet; an administrator can set EMAIL_URL.")


@staff_page("my-settings/", name="my_settings")
def my_settings(request: HttpRequest) -> HttpResponse:
    """Show and change one's own settings."""
    form = OwnSettingsForm(request.POST if request.method == "POST" else None, instance=user_of(request))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=[*form.fields, "updated_at"])
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:my_settings"))
    context = {**admin.site.each_context(request), "title": _("My settings"), "form": form}
    return TemplateResponse(request, "migochat/own_settings.html", context)
