"""Adding a lead by hand: for a customer who is found by name, phone or e-mail, or for a new one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.customers import CustomerForm
from crm.models import Customer, User
from crm.models.customer import CURRENT
from crm.visibility import user_of, visible
from leads.admin.lead_page import number
from leads.models import Lead, Stage
from leads.services.adding import NewLead, add_lead
from leads.services.opening import AlreadyOpen

FOUND_SHOWN = 8
INPUT = {"class": "mc-input"}

NewCustomerForm: Any = modelform_factory(
    Customer, form=CustomerForm, fields=["name"], widgets={"name": forms.TextInput({**INPUT, "dir": "auto"})}
)
for _name in ("phone_number", "email_address"):
    _kind = forms.EmailInput if _name == "email_address" else forms.TextInput
    NewCustomerForm.base_fields[_name].widget = _kind({**INPUT, "dir": "ltr", "autocomplete": "off"})


class AddLeadForm(forms.Form):
    """What a new lead begins with."""

    stage = forms.ModelChoiceField(Stage.objects.open(), label=gettext_lazy("Stage"), widget=forms.Select(INPUT))
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
        widget=forms.Select(INPUT),
    )
    value = forms.DecimalField(
        label=gettext_lazy("Value"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput({**INPUT, "dir": "ltr", "inputmode": "decimal"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({**INPUT, "rows": 3, "dir": "auto"}),
    )


def add_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer the form, what the search found for it, or the way to the new lead."""
    if request.headers.get("HX-Request") and request.method == "GET":
        context = _choice(request, request.GET.get("find", ""), None)
        return TemplateResponse(request, "leads/found_customers.html", context)
    chosen = (
        _visible(request).filter(pk=number(request.POST.get("customer") or request.GET.get("customer", ""))).first()
    )
    data = request.POST if request.method == "POST" else None
    form = AddLeadForm(data, initial={"owner": request.user.pk, "stage": Stage.objects.open().first()})
    person = NewCustomerForm(data if data and not chosen else None, initial={"name": request.GET.get("find", "")})
    person.user = user_of(request)
    if data is not None and form.is_valid() and (chosen or person.is_valid()):
        return _add(model_admin, request, chosen or _new(person), form.cleaned_data)
    request.current_app = model_admin.admin_site.name
    known = data.get("phone_number") or data.get("email_address") or "" if data and not chosen else ""
    context = {
        **model_admin.admin_site.each_context(request),
        **_choice(request, request.GET.get("find") or known, chosen),
        "title": _("Add lead"),
        "opts": Lead._meta,
        "form": form,
        "person": person,
    }
    return TemplateResponse(request, "leads/add_lead.html", context)


def _visible(request: HttpRequest) -> Any:
    return visible(user_of(request), Customer).filter(CURRENT)


def _choice(request: HttpRequest, find: str, chosen: Customer | None) -> dict[str, Any]:
    words = find.strip()
    found = _visible(request).matching(words).order_by("name", "pk")[:FOUND_SHOWN] if words and not chosen else ()
    return {"find": words, "chosen": chosen, "found": [chosen] if chosen else list(found)}


def _new(person: Any) -> Customer:
    """Return a customer as typed in, not saved yet."""
    customer = Customer(name=person.cleaned_data["name"])
    customer.set_phone(person.cleaned_data["phone_number"].strip())
    customer.set_email(person.cleaned_data["email_address"].strip())
    return customer


def _add(model_admin: Any, request: HttpRequest, customer: Customer, given: dict[str, Any]) -> HttpResponse:
    new = NewLead(given["stage"], given["owner"], given["value"], given["note"])
    try:
        lead = add_lead(customer=customer, lead=new, author=user_of(request))
    except AlreadyOpen as known:
        lead = known.lead
        text = _("%(customer)s has an open lead already: this one.")
        if not model_admin.get_queryset(request).filter(pk=lead.pk).exists():
            text = _("%(customer)s has an open lead already, of %(owner)s.")
        messages.warning(request, text % {"customer": customer, "owner": lead.owner or _("another team")})
    else:
        messages.success(request, _("Added."))
    if model_admin.get_queryset(request).filter(pk=lead.pk).exists():
        return HttpResponseRedirect(model_admin.page_url(lead))
    return HttpResponseRedirect(reverse("admin:leads_lead_changelist"))
