"""Serving the pictures of customers to those who may see them."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from crm.admin.pages import staff_page
from crm.models import Customer
from crm.pictures import mime_type_of
from crm.visibility import user_of, visible

WEEK = 60 * 60 * 24 * 7


@staff_page("pictures/<int:pk>/", name="customer_picture", permission="crm.view_customer", cacheable=True)
@require_safe
def customer_picture(request: HttpRequest, pk: int) -> FileResponse:
    """Send a customer's picture, to be kept by this browser alone."""
    customer = get_object_or_404(visible(user_of(request), Customer).only("picture"), pk=pk)
    mime_type = mime_type_of(customer.picture)
    if not mime_type:
        raise Http404
    try:
        file: Any = default_storage.open(customer.picture)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=mime_type)
    response["Cache-Control"] = f"private, max-age={WEEK}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
