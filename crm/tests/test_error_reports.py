"""Errors go to Sentry where it is named, with nothing in them that people wrote."""

import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings as django_settings

from crm.tests.running import environment_without_database, free_port

pytestmark = pytest.mark.takes(6)
SECRET = "marker-of-a-secret"
FAIL = f"""
import sys
import django; django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from config import urls
def failing(request):
    words = request.POST["text"]
    raise LookupError(words)
urls.urlpatterns.insert(0, path("failing", failing))
client = Client(raise_request_exception=False, headers={{"host": "localhost"}})
headers = {{"X-Request-ID": "from-the-proxy", "Cookie": "a={SECRET}"}}
answer = client.post("/failing?q={SECRET}", {{"text": "{SECRET}"}}, headers=headers)
import logging
logging.getLogger("shop").error("Delivery %s failed", "{SECRET}")
print(answer.status_code, "sentry_sdk" in sys.modules)
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush(5)
"""


def fail(**environment: str) -> str:
    away = {"DATABASE_URL": f"postgres://shop@127.0.0.1:{free_port()}/shop"}
    done = subprocess.run(
        [sys.executable, "-c", FAIL],
        cwd=django_settings.BASE_DIR,
        env={**environment_without_database(), **away, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class Sentry(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_error_arrives_and_what_people_wrote_does_not() -> None:
    with Sentry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = fail(SENTRY_DSN=f"http://key@127.0.0.1:{server.server_address[1]}/1")
        server.shutdown()
    assert told == "500 True"
    whole = b"\n".join(server.taken).decode()
    assert SECRET not in whole
    events = [
        event for line in whole.splitlines() if line and "event_id" in (event := as_object(line)) and "level" in event
    ]
    failure = next(event for event in events if "exception" in event)
    [raised] = failure["exception"]["values"]
    assert (raised["type"], raised["value"]) == ("LookupError", "")
    assert raised["stacktrace"]["frames"][-1]["function"] == "failing"
    assert failure["tags"]["request_id"] == "from-the-proxy"
    assert not {"request", "user", "extra", "contexts", "breadcrumbs", "modules"} & set(failure)
    assert [event["logentry"] for event in events if event.get("logger") == "shop"] == [
        {"message": "Delivery %s failed"}
    ]


def test_without_an_address_nothing_of_it_is_imported() -> None:
    assert fail() == "500 False"


def as_object(line: str) -> dict[str, Any]:
    found = json.loads(line)
    return found if isinstance(found, dict) else {}
