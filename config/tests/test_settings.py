"""The settings as a process gets them that runs no tests."""

import os
import subprocess
import sys

import orjson
from django.conf import settings

ASKED = """
import sys, orjson
from config import settings
pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
mail = {name: getattr(settings, name) for name in dir(settings) if name.startswith(("EMAIL_", "DEFAULT_FROM"))}
sys.stdout.buffer.write(orjson.dumps({"pool": pool, "drains": len(settings.DRAINS), "mail": mail}))
"""


def settings_with(**environment: str) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name != "EMAIL_URL"} | environment,
        capture_output=True,
        check=True,
    )
    found: dict[str, dict[str, object]] = orjson.loads(done.stdout)
    return found


def test_a_process_that_runs_all_drains_has_a_connection_for_each() -> None:
    found = settings_with(WEB_THREADS="1")
    assert found["pool"]["max_size"] > found["drains"]  # type: ignore[operator]  # a number, as JSON has it
    assert settings_with(WEB_THREADS="90")["pool"]["max_size"] == 90


def test_no_mail_is_sent_unless_a_server_is_named() -> None:
    found = settings_with(PUBLIC_BASE_URL="https://crm.example.com")["mail"]
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"
    assert found["DEFAULT_FROM_EMAIL"] == "Migochat <noreply@crm.example.com>"


def test_a_mail_server_is_named_by_an_address() -> None:
    found = settings_with(EMAIL_URL="smtp+tls://us%40er:pa%2Fss@mail.example.com:587")["mail"]
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("us@er", "pa/ss")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_TIMEOUT"]) == (True, 10)
