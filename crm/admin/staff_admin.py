"""What the pages of all models have in common."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldForeignKeyRawIdWidget

from crm.admin.bulk import BOUND, BulkActions
from crm.admin.history import history_page
from crm.admin.paging import BoundedPaginator
from crm.admin.saved_views import SavedViews, ViewsMenu, chosen_ordering, without_our_own
from crm.visibility import is_scoped, sees_everyone, sight, user_of, visible

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _UnfoldAdmin = ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as _UnfoldAdmin


class SeenRawIdWidget(UnfoldForeignKeyRawIdWidget):  # type: ignore[misc]  # the package has no types
    """Names the chosen row only to those who may see it."""

    rows: QuerySet[Any]

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        try:
            known = self.rows.filter(pk=value).exists()
        except (ValueError, TypeError):
            known = False
        return super().label_and_url_for_value(value) if known else ("", "")


class StaffList(ChangeList):
    """A list that does not offer to show all: what is filtered says so itself."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
        self.views_menu = ViewsMenu(self.model_admin, request)

    @property
    def selectable_across(self) -> bool:
        """Tell whether all rows that match can be changed at once, as their number is known and bounded."""
        paginator: Any = self.paginator
        return bool(paginator.is_whole) and self.result_count <= BOUND

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        return without_our_own(super().get_filters_params(params))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return chosen_ordering(self.model_admin, request) or super().get_ordering(request, queryset)


class StaffAdmin(SavedViews, BulkActions, _UnfoldAdmin):
    """A list of 25 rows in our own template, and pages that never walk over thousands of children.

    Rows that a colleague may not see (`crm.visibility`) are not there for them: in lists, pages, actions and choosers.

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
    #: As many pages at most for those who do not see everyone's rows, where finding theirs takes joins.
    pages_if_restricted: int | None = None
    looks_ahead_if_restricted = False
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.filter(sight(user_of(request), self.model))

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Any:
        found: Any = super().get_paginator(request, queryset, per_page, *args, **kwargs)
        if self.pages_if_restricted and not sees_everyone(user_of(request)):
            asked = request.GET.get("p", "")
            found.looks_ahead = self.looks_ahead_if_restricted
            ahead = int(asked) + 1 if asked.isascii() and asked.isdigit() and len(asked) < 9 else 2
            found.pages = min(self.pages_if_restricted, ahead if found.looks_ahead else self.pages_if_restricted)
        return found

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only rows that the colleague may see, and name no other when its number is typed in."""
        if is_scoped(db_field.related_model):
            kwargs.setdefault("queryset", visible(user_of(request), db_field.related_model))
            if db_field.name in self.raw_id_fields:
                kwargs["widget"] = SeenRawIdWidget(db_field.remote_field, self.admin_site)
                kwargs["widget"].rows = kwargs["queryset"]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

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
