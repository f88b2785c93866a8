"""Tags of the pages of figures."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def figure_rows(table: Any, rows: Any) -> SafeString:
    """Render rows of a table of figures in one go: a template for each cell would take longer than the sums."""
    return SafeString("".join(_row(table, row) for row in rows))


@register.filter
def alone(row: Any) -> list[Any]:
    """A row as a list of one."""
    return [row]


def _row(table: Any, row: Any) -> SafeString:
    if row.url:
        name = format_html('<a class="lr-name" href="{}"><bdi>{}</bdi></a>', row.url, row.title)
    else:
        name = format_html('<span class="lr-name"><bdi>{}</bdi></span>', row.title)
    below = format_html('<span class="mc-sub"><bdi>{}</bdi></span>', row.below) if row.below else ""
    cells = format_html_join(
        "",
        '<td class="{}" data-title="{}">{}</td>',
        ((column.css, column.title, _shown(cell)) for column, cell in zip(table.columns, row.cells, strict=True)),
    )
    return format_html('<tr><th scope="row">{}{}</th>{}</tr>', name, below, cells)


def _shown(cell: Any) -> Any:
    return format_html('<a href="{}">{}</a>', cell.url, cell.shown) if cell.url else cell.shown
