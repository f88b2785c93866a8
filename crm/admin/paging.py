"""Counting and paging that stay fast on big tables."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connections
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.markup import grouped

PAGES = 200
JOINED_PAGES = 20
ESTIMATE_FROM = 20_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Pages up to `PAGES` deep: an offset reads all that it skips.

    An unfiltered big table is counted by the planner's estimate, everything else up to the last page reachable.
    """

    template_name = "migochat/pagination.html"
    object_list: Any
    #: Fewer pages than `PAGES`, for lists whose rows are joined before they can be counted.
    pages: int | None = None
    #: Only rows up to the next page are counted, as more would take too long to find.
    looks_ahead = False

    @property
    def reachable(self) -> int:
        """Return how many rows the pages hold at most."""
        return (self.pages or PAGES) * self.per_page

    @cached_property
    def estimate(self) -> int | None:
        """Return the planner's number of rows where the list is a whole big table."""
        query = self.object_list.query
        if query.where or query.distinct or query.combinator:
            return None
        connection = connections[self.object_list.db]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [query.model._meta.db_table]
            )
            (rows,) = cursor.fetchone()
        return int(rows) if rows >= ESTIMATE_FROM else None

    @cached_property
    def count(self) -> int:
        if self.estimate is not None:
            return min(self.estimate, self.reachable)
        return int(self.object_list.order_by().values("pk")[: self.reachable + 1].count())

    @property
    def is_whole(self) -> bool:
        """Tell whether the pages hold all rows that there are, so that `count` is their true number."""
        return self.estimate is None and self.count <= self.reachable

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, self.pages or PAGES)

    def page(self, number: Any) -> Page[Any]:
        """Skip rows by their keys alone: what is joined to a row is read only for those that show."""
        found = super().page(number)
        if found.number <= JOINED_PAGES:
            return found
        rows: Any = self.object_list
        skipped = (found.number - 1) * self.per_page
        keys = list(rows.values_list("pk", flat=True)[skipped : skipped + self.per_page])
        return Page(rows.filter(pk__in=keys), found.number, self)

    @property
    def said(self) -> str:
        """Say how many there are, as far as it is known."""
        if self.estimate is not None:
            return _("about %(count)s") % {"count": grouped(round(self.estimate, -3))}
        if self.count > self.reachable:
            return _("more than %(count)s") % {"count": grouped(self.reachable)}
        return grouped(self.count)
