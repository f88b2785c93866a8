"""Serving our copies of files to staff who may see their message.

What we did not find to be harmless is downloaded, never shown.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from crm.admin.pages import staff_page
from crm.visibility import user_of, visible
from messaging.media.thumbnails import MIME_TYPE
from messaging.models import Attachment
from messaging.sniffing import PLAYED, SHOWN, UNKNOWN

DAY = 60 * 60 * 24
CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
#: A page of its own for whoever opens the file itself, which runs nothing and loads nothing but the file.
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


@staff_page("attachments/<int:pk>/", name="attachment_file", permission="messaging.view_attachment", cacheable=True)
@require_safe
def attachment_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a file, or the part of it that a player asks for."""
    item = _attachment(request, pk)
    inline = may_be_shown(item)
    file = _opened(item.file)
    wanted = _part(request.headers.get("Range", ""), item.file.size) if inline else None
    response: HttpResponseBase
    if wanted == range(0):
        response = FileResponse(status=416)
        response["Content-Range"] = f"bytes */{item.file.size}"
        file.close()
    elif wanted:
        response = StreamingHttpResponse(_read(file, wanted), status=206)
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{item.file.size}"
        response["Content-Length"] = str(len(wanted))
    else:
        response = FileResponse(file)
        response["Content-Length"] = str(item.file.size)
    response["Content-Type"] = item.found_type if inline else UNKNOWN
    response["Content-Disposition"] = cast(
        "str", content_disposition_header(not inline, item.name or f"{item.type}-{pk}")
    )
    if inline:
        response["Accept-Ranges"] = "bytes"
    return _guarded(response)


@staff_page(
    "attachments/<int:pk>/thumbnail/",
    name="attachment_thumbnail",
    permission="messaging.view_attachment",
    cacheable=True,
)
@require_safe
def attachment_thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the small picture that we made."""
    return _guarded(FileResponse(_opened(_attachment(request, pk).thumbnail), content_type=MIME_TYPE))


def may_be_shown(item: Attachment) -> bool:
    """Tell whether a browser may show a file: a picture that we read to its end, or something that only plays."""
    return (item.found_type in SHOWN and bool(item.thumbnail)) or item.found_type in PLAYED


def _attachment(request: HttpRequest, pk: int) -> Attachment:
    among: QuerySet[Attachment] = visible(user_of(request), Attachment)
    return get_object_or_404(among, pk=pk, message__deleted_at=None)


def _opened(stored: Any) -> Any:
    if not stored:
        raise Http404
    try:
        return stored.open("rb")
    except FileNotFoundError:
        raise Http404 from None


def _part(header: str, size: int) -> range | None:
    """Return the bytes that a `Range` header asks for; all (None) where it is not simple, `range(0)` where there are none such.

    https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    """
    asked = RANGE.fullmatch(header.strip())
    if asked is None or asked[0] == "bytes=-":
        return None
    first, last = asked[1], asked[2]
    if not first:
        return range(max(size - int(last), 0), size) if int(last) and size else range(0)
    start, stop = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    return range(start, stop) if start < stop else range(0)


def _read(file: Any, part: range) -> Iterator[bytes]:
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = f"private, max-age={DAY}"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
