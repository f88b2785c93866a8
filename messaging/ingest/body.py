"""Reading a request's raw body, within bounds."""

from django.http import HttpRequest

PIECE = 64 * 1024


class BodyRefused(Exception):
    """The body cannot be taken; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(request: HttpRequest, limit: int) -> bytes:
    """Return the raw bytes of a request.

    Without Content-Length the stream itself is read: Django would take a chunked body for an empty one.

    Raises:
        BodyRefused: 415 compressed, 413 larger than `limit` bytes, 411 neither length nor body, 400 shorter than announced.
    """
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise BodyRefused(415)
    announced = request.META.get("CONTENT_LENGTH") or None
    if announced is None:
        body = _read(request, limit + 1)
        if not body:
            raise BodyRefused(411)
    else:
        try:
            length = int(announced)
        except ValueError:
            raise BodyRefused(400) from None
        if length > limit:
            raise BodyRefused(413)
        body = _read(request, length)
        if len(body) < length:
            raise BodyRefused(400)
    if len(body) > limit:
        raise BodyRefused(413)
    return body


def _read(request: HttpRequest, size: int) -> bytes:
    stream = request.META["wsgi.input"]
    pieces: list[bytes] = []
    while size > 0:
        piece: bytes = stream.read(min(size, PIECE))
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
