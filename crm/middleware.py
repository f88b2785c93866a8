"""Middleware of the admin."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from pghistory.middleware import HistoryMiddleware


class StaffHistoryMiddleware(HistoryMiddleware):
    """Note who made a change, for the history of named fields; webhooks change none and are spared the cost."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/webhooks/"):
            get_response: Callable[[HttpRequest], HttpResponse] = self.get_response
            return get_response(request)
        response: HttpResponse = super().__call__(request)  # type: ignore[no-untyped-call]  # the package has no types
        return response
