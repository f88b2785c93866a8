"""Middleware of ours."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from pghistory.middleware import HistoryMiddleware

from crm.log_context import noted

#: What a proxy's own id may look like; anything else is nobody's business in our log.
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Give each request an id, or take that of the proxy in front, for the log and for who asks about an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        with noted(request_id=number):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = number
        return response


class StaffHistoryMiddleware(HistoryMiddleware):
    """Note who made a change, for the history of named fields; webhooks change none and are spared the cost."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/webhooks/"):
            get_response: Callable[[HttpRequest], HttpResponse] = self.get_response
            return get_response(request)
        response: HttpResponse = super().__call__(request)  # type: ignore[no-untyped-call]  # the package has no types
        return response
