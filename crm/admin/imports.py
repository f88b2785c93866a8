"""Bringing files in."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.admin.pages import staff_page
from crm.encrypted_fields import Unreadable
from crm.models import ImportFile
from crm.transfer.columns import guess
from crm.transfer.files import MAX_BYTES, MAX_ROWS, Table, read_table
from crm.transfer.importing import Outcome, import_table
from crm.transfer.refused import FileRefused
from crm.visibility import user_of

IMPORT = "crm.import_customer"
SAMPLES = 3


def resource_of(kind: str) -> Any:
    """Return the resource of a kind of rows. Raises `Http404` where there is none."""
    for found in map(import_string, settings.TRANSFERS):
        if found.kind == kind:
            return found
    raise Http404


@staff_page("import/<slug:kind>/", name="import", permission=IMPORT)
@require_http_methods(["GET", "POST"])
def upload_page(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a file in, to be looked at before anything is written."""
    resource, user, error = resource_of(kind), user_of(request), ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise FileRefused(_("Choose a file."))
            if (file.size or 0) > MAX_BYTES:
                raise FileRefused(_("The file is bigger than %(size)d MB. Divide it.") % {"size": MAX_BYTES // 1024**2})
            content = file.read()
            table = read_table(content)
        except FileRefused as refused:
            error = str(refused)
        else:
            columns = guess(table.columns, resource(user).columns())
            name = (file.name or "")[:200].replace("\x00", "")
            kept = ImportFile.objects.create(by=user, kind=kind, name=name, content=content, columns=columns)
            return redirect("admin:import_file", kept.pk)
    context = {"resource": resource, "columns": resource(user).columns(), "error": error, "most": MAX_ROWS}
    return _page(request, "migochat/import.html", _("Import %(what)s") % {"what": resource.noun}, **context)


@staff_page("import-file/<int:pk>/", name="import_file", permission=IMPORT)
@require_safe
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show which column is which and what would happen; after the import, what did."""
    file = _own(request, pk)
    resource = resource_of(file.kind)
    title = _("Import %(what)s") % {"what": resource.noun}
    if file.done_at:
        return _page(request, "migochat/import_done.html", title, file=file, outcome=file.outcome, resource=resource)
    try:
        table = _table(file)
        outcome: Outcome | None = import_table(resource(user_of(request)), table, file.columns, write=False)
    except FileRefused as refused:
        messages.error(request, str(refused))
        return redirect("admin:import", file.kind)
    choices = resource(user_of(request)).columns()
    mapping = [
        (place, heading, file.columns[place], [cells[place] for _line, cells in table.rows if cells[place]][:SAMPLES])
        for place, heading in enumerate(table.columns)
    ]
    context = {"file": file, "mapping": mapping, "choices": choices, "outcome": outcome, "resource": resource}
    return _page(request, "migochat/import_file.html", title, **context)


@staff_page("import-file/<int:pk>/columns/", name="import_columns", permission=IMPORT)
@require_POST
def set_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which column is which."""
    file = _own(request, pk)
    known = {column.column_name for column in resource_of(file.kind)(user_of(request)).columns()}
    chosen: list[str] = []
    for place in range(len(file.columns)):
        name = request.POST.get(f"column-{place}", "")
        if name in chosen and name:
            messages.error(request, _("Two columns cannot be the same field; the first one counts."))
        chosen.append(name if name in known and name not in chosen else "")
    ImportFile.objects.filter(pk=file.pk, done_at=None).update(columns=chosen, updated_at=timezone.now())
    return redirect("admin:import_file", file.pk)


@staff_page("import-file/<int:pk>/run/", name="import_run", permission=IMPORT)
@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Import a file, once; all of its rows that can be read, or nothing."""
    _own(request, pk)
    try:
        with transaction.atomic():
            file = ImportFile.objects.select_for_update().get(pk=pk)
            if file.done_at is None:
                outcome = import_table(resource_of(file.kind)(user_of(request)), _table(file), file.columns, write=True)
                file.outcome, file.done_at, file.content = outcome.as_json(), timezone.now(), b""
                file.save()
    except FileRefused as refused:
        messages.error(request, str(refused))
    return redirect("admin:import_file", pk)


def _own(request: HttpRequest, pk: int) -> ImportFile:
    file: ImportFile = get_object_or_404(ImportFile, pk=pk, by=user_of(request))
    return file


def _table(file: ImportFile) -> Table:
    if isinstance(file.content, Unreadable):
        raise FileRefused(_("The file cannot be decrypted any more. Upload it again."))
    return read_table(file.content)


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})
