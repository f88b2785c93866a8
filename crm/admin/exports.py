"""Lists out to files: all that one sees of a list, or the rows that were ticked."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.admin.imports import IMPORT, resource_of
from crm.markup import grouped
from crm.transfer.exporting import CSV_TYPE, MAX_WORKBOOK_ROWS, cells_of, columns_for, csv_lines, workbook

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

EXPORT_PERSONAL = "crm.export_customer"
CONTENT_TYPES = {
    "csv": CSV_TYPE,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ACTION_TITLES = {"csv": gettext_lazy("Export as CSV"), "xlsx": gettext_lazy("Export as XLSX")}


class Exports(_Admin):
    """Mixed in before `StaffAdmin`: the list as one sees it, with its filters and order, as a file; or its ticked rows.

    `transfer` is the kind of its rows. Phone numbers and e-mail addresses are left out without the permission.
    """

    transfer = ""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"export.{ending}",
                self.admin_site.admin_view(require_safe(partial(self.export_list, ending=ending))),
                name=f"{self.opts.app_label}_{self.opts.model_name}_export_{ending}",
            )
            for ending in CONTENT_TYPES
        ]
        return [*own, *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the ticked rows as a file to whoever sees the list."""
        found: dict[str, Any] = super().get_actions(request)
        if request.GET.get("_popup") is None and self.has_view_permission(request):
            for ending, title in ACTION_TITLES.items():
                found[f"export_{ending}"] = (_exporting(ending), f"export_{ending}", title)
        return found

    def export_list(self, request: HttpRequest, ending: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return self._back_to_list(request)  # where a word is said about it
        return self.file_of(request, rows, ending)

    def file_of(self, request: HttpRequest, rows: QuerySet[Any], ending: str) -> HttpResponseBase:
        """Return these rows as a download, read while it is sent; too many for a workbook are refused, not cut off."""
        if ending == "xlsx" and rows.order_by()[: MAX_WORKBOOK_ROWS + 1].count() > MAX_WORKBOOK_ROWS:
            text = _("A workbook holds at most %(count)s rows: narrow the list down, or export it as CSV.")
            messages.error(request, text % {"count": grouped(MAX_WORKBOOK_ROWS)})
            return self._back_to_list(request)
        resource = resource_of(self.transfer)
        cells = cells_of(resource, rows, columns_for(resource, personal=request.user.has_perm(EXPORT_PERSONAL)))
        name = f"{self.transfer}-{timezone.localdate()}.{ending}"
        return StreamingHttpResponse(
            workbook(cells) if ending == "xlsx" else csv_lines(cells),
            content_type=CONTENT_TYPES[ending],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _back_to_list(self, request: HttpRequest) -> HttpResponseRedirect:
        listing = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{listing}?{request.GET.urlencode()}" if request.GET else listing)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        query = request.GET.copy()
        query.pop("p", None)
        transfers = {
            "kind": self.transfer,
            "may_import": request.user.has_perm(IMPORT),
            "query": f"?{query.urlencode()}" if query else "",
        }
        return super().changelist_view(request, {"transfers": transfers, **(extra_context or {})})


def _exporting(ending: str) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponseBase]:
    """Return what Django calls with the rows that were chosen."""

    def export(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        answer: HttpResponseBase = model_admin.file_of(request, queryset, ending)
        return answer

    return export
