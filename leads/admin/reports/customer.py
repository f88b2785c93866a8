"""A customer's figures, on their page: loaded after it, so that it need not wait for sums."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from crm.admin.pages import staff_page
from crm.models import Customer
from crm.visibility import user_of, visible
from leads.admin.reports import tables
from leads.reports.customers import customer_figures

TEMPLATE = "leads/reports/customer_panel.html"


def figures_panel(request: HttpRequest, customer: Customer) -> SafeString | str:
    """Return where the figures come; empty for those who may see no leads."""
    if not request.user.has_perm("leads.view_lead"):
        return ""
    return render_to_string(TEMPLATE, {"customer": customer}, request)


@staff_page("leads/figures/customers/<int:pk>/", name="leads_customer_figures", permission="leads.view_lead")
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the panel with what there is to tell of a customer."""
    user = user_of(request)
    customer = get_object_or_404(visible(user, Customer).defer("phone", "email"), pk=pk)
    found = customer_figures(user=user, customer=customer)
    context = {
        "found": found,
        "value": tables.sums(found.value).shown,
        "between": tables.lasting(found.between_purchases),
    }
    return TemplateResponse(request, TEMPLATE, context)
