"""The WSGI application that granian serves."""

import os
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class WebhookHandler(WSGIHandler):
    """Django without middleware: sessions, languages and content policies are for people, and took a third of the time."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        self._view_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # Django's


for_people = get_wsgi_application()
for_platforms = WebhookHandler()


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a request, one for a webhook without the middleware."""
    if environ["PATH_INFO"].startswith("/webhooks/"):
        return for_platforms(environ, start_response)
    answer = for_people(environ, start_response)
    settle()  # all pages are loaded with the first one
    return answer


from crm.canary import check_keys_when_possible  # noqa: E402 - needs the apps
from crm.processes.lifeline import die_with_parent  # noqa: E402
from crm.processes.settling import settle  # noqa: E402

if "granian" in sys.modules:
    die_with_parent(signal.SIGKILL)  # the workers of a killed server would keep its port
check_keys_when_possible()
