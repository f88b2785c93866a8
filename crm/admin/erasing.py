"""The page that erases a person."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.admin.pages import staff_page
from crm.backups.refusals import TROUBLES
from crm.backups.restoring import old_databases
from crm.erasure.erasing import counts_of, erase
from crm.erasure.person import family_of
from crm.erasure.refusals import ErasureRefused
from crm.models import Customer
from crm.visibility import user_of, visible


@staff_page("customers/<int:pk>/erase/", name="erase_customer", permission="crm.erase_customer")
@require_http_methods(["GET", "HEAD", "POST"])
def erase_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes when a person is erased; whoever types the customer's number does it."""
    customer = get_object_or_404(visible(user_of(request), Customer), pk=pk, erased_at=None)
    person = family_of(pk)
    if request.method == "POST":
        if request.POST.get("number", "").strip() != str(pk):
            messages.error(request, _("That was another number. Nothing was changed."))
            return redirect("admin:erase_customer", pk)
        try:
            erase(person)
        except (ErasureRefused, *TROUBLES) as refused:
            messages.error(request, _("Not erased: %(reason)s") % {"reason": refused})
            return redirect("admin:erase_customer", pk)
        messages.success(request, _("Customer %(number)s was erased.") % {"number": pk})
        return redirect("admin:crm_customer_changelist")
    context = {
        **admin.site.each_context(request),
        "title": _("Erase %(customer)s") % {"customer": customer},
        "customer": customer,
        "family": [number for number in person.customers if number != pk],
        "counts": _shown(counts_of(person)),
        "old_databases": old_databases(),
    }
    return TemplateResponse(request, "migochat/erase.html", context)


def _shown(counts: dict[str, tuple[int, bool]]) -> Iterator[tuple[Any, int, bool]]:
    """Yield name, count and whether rows stay of what has a name for people."""
    for label, (count, stays) in counts.items():
        model = apps.get_model(label)
        if count and "verbose_name" in model._meta.original_attrs:
            yield model._meta.verbose_name_plural, count, stays
