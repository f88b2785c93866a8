"""What the pages of all models have in common."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.admin.history import history_page
from crm.admin.paging import BoundedPaginator

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _UnfoldAdmin = ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as _UnfoldAdmin


class StaffList(ChangeList):
    """A list that does not offer to show all: what is filtered says so itself."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class StaffAdmin(_UnfoldAdmin):
    """A list of 25 rows in our own template, and pages that never walk over thousands of children.

    `phone` says where on a phone's two-line card a column goes (`title`, `end`, `line`, `badge`); the others are left
    out there. `linked_lookups` are filters that other pages link with; nothing else can be asked for in the address.
    """

    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by = ()
    paginator = BoundedPaginator
    change_list_template = "migochat/list.html"
    list_fullwidth = True
    list_disable_select_all = True
    show_add_link = False
    phone: dict[str, str] = {}  # noqa: RUF012 - Django's own style for options
    linked_lookups: tuple[str, ...] = ()
    deletable = False
    empty_icon = "inbox"
    empty_title: Any = ""
    empty_hint: Any = ""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse to filter by anything but what a page offers: a filter by `password` or `phone_key` tells too much."""
        named = {getattr(entry, "parameter_name", "") for entry in self.list_filter}
        return lookup in named or lookup in self.linked_lookups

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StaffList

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the buttons that add, change or delete the chosen row: each has a page of its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what our own part of a row's page shows."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if obj is not None:
            # A form that was refused has left what was typed in on `obj`.
            row = obj if request.method != "POST" else self.get_object(request, str(obj.pk))
            context |= self.page_context(request, row)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def does_not_exist(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead back to the list with a word about it, as Django does for its own pages."""
        answer: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]  # not in the stubs
        return answer

    def row_url(self, obj: Model) -> str:
        """Return where a click on a row leads."""
        return self.page_url(obj)

    def page_url(self, obj: Model) -> str:
        options = obj._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[obj.pk])

    def row_class(self, obj: Any) -> str:
        """Return CSS classes for a row of the list."""
        return ""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return history_page(self, request, object_id) or super().history_view(request, object_id, extra_context)


class ReadOnly:
    """Mixed in before `StaffAdmin`: rows that nobody adds or changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
