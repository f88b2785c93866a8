"""Tags of our own templates."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm import markup
from crm.mentions import mentions_in
from crm.visibility import staff_for

register = template.Library()

CHECKBOX = "action_checkbox"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@register.simple_tag
def list_rows(cl: Any) -> SafeString:
    """Render the rows of a list: every cell once, without the widgets and per-row headers of the stock template."""
    names = [name for name in cl.list_display if name != CHECKBOX]
    phone = cl.model_admin.phone
    headers = [capfirst(str(label_for_field(name, cl.model, model_admin=cl.model_admin))) for name in names]
    classes = [f"field-{name} mc-at-{phone.get(name, 'none')}" for name in names]
    ticks = CHECKBOX in cl.list_display
    head = format_html_join("", '<th scope="col" class="{}">{}</th>', zip(classes, headers, strict=True))
    body = SafeString("".join(_row(cl, row, names, classes, ticks) for row in cl.result_list))
    return format_html(
        '<table id="result_list" class="mc-list{}"><thead><tr>{}{}</tr></thead><tbody>{}</tbody></table>',
        " mc-ticks" if ticks else "",
        _tick_all() if ticks else "",
        head,
        body,
    )


def _tick_all() -> SafeString:
    return format_html(
        '<th scope="col" class="mc-tick"><input type="checkbox" id="action-toggle" aria-label="{}"></th>',
        _("Select all rows on this page"),
    )


def _row(cl: Any, row: Any, names: list[str], classes: list[str], ticks: bool) -> SafeString:
    cells: list[SafeString] = []
    if ticks:
        cells.append(
            format_html(
                '<td class="mc-tick"><input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}"></td>',
                ACTION_CHECKBOX_NAME,
                str(row.pk),
                _("Select this row"),
            )
        )
    url = _popup_url(cl, row) or format_html(' href="{}"', cl.model_admin.row_url(row))
    for number, (name, css) in enumerate(zip(names, classes, strict=True)):
        inner = _cell(cl.model_admin, row, name)
        if number == 0:
            inner = format_html('<a class="mc-row-link"{}>{}</a>', url, inner)
        cells.append(format_html('<td class="{}">{}</td>', css, inner))
    return format_html('<tr class="{}">{}</tr>', cl.model_admin.row_class(row), SafeString("".join(cells)))


def _popup_url(cl: Any, row: Any) -> SafeString:
    """In a pop-up that chooses a row for a form, a click hands it back."""
    return format_html(' href="#" data-popup-opener="{}"', row.pk) if cl.is_popup else SafeString("")


def _cell(model_admin: Any, row: Any, name: str) -> Any:
    try:
        field, attribute, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return markup.DASH
    empty = getattr(attribute, "empty_value_display", markup.DASH)
    if field is None:
        return value if isinstance(value, SafeString) and value else display_for_value(value, empty)
    if field.is_relation:
        return conditional_escape(empty if value is None else value)
    return display_for_field(value, field, empty)


@register.filter
def ago(when: datetime | None) -> SafeString:
    """Relative time, exact on hover."""
    return markup.ago(when)


@register.filter
def moment(when: datetime) -> str:
    """A point in time in full."""
    return markup.moment(when)


@register.filter
def clock(when: datetime) -> str:
    """The time of day."""
    return markup.clock(when)


@register.filter
def day_key(when: datetime) -> str:
    """The day, as scripts compare it."""
    return timezone.localdate(when).isoformat()


@register.filter
def micros(when: datetime) -> str:
    """A time as whole microseconds, as scripts compare it."""
    return str((when - EPOCH) // timedelta(microseconds=1))


@register.filter
def avatar(who: object) -> SafeString:
    """The picture of a customer, or the initials of a name."""
    return markup.avatar(who)


@register.filter
def tabs(specs: list[Any]) -> list[Any]:
    """Those of a list's filters that show as tabs."""
    return [spec for spec in specs if getattr(spec, "is_tabs", False)]


@register.filter
def dropdowns(specs: list[Any]) -> list[Any]:
    """Those of a list's filters that show as drop-downs."""
    return [spec for spec in specs if not getattr(spec, "is_tabs", False)]


@register.simple_tag
def filter_choices(spec: Any, cl: Any) -> Iterator[Any]:
    """The choices of a filter on this page."""
    found: Iterator[Any] = spec.choices(cl)
    return found


@register.filter
def with_mentions(text: str, user: Any) -> SafeString:
    """What a colleague wrote, with the names of colleagues in it marked; one's own more than others'."""
    parts, done = [], 0
    for mention in mentions_in(text, staff_for(user)):
        own = any(named.pk == user.pk for named in mention.users)
        marked = format_html(
            '<span class="mc-mention{}"><bdi>{}</bdi></span>',
            " mc-mention-own" if own else "",
            text[mention.start : mention.end],
        )
        parts += [conditional_escape(text[done : mention.start]), marked]
        done = mention.end
    return SafeString("".join([*parts, conditional_escape(text[done:])]))


@register.simple_tag
def page_links(cl: Any) -> dict[str, str]:
    """The addresses of the pages before and after this one, empty where there is none."""
    return {
        "newer": cl.get_query_string({PAGE_VAR: cl.page_num - 1}) if cl.page_num > 1 else "",
        "older": cl.get_query_string({PAGE_VAR: cl.page_num + 1}) if cl.page_num < cl.paginator.num_pages else "",
    }


@register.simple_tag
def copyable(text: str) -> SafeString:
    """An address with a button that copies it."""
    return markup.to_copy(text)
