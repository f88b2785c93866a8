"""`/healthz` and `/readyz`."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings as real_settings
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from crm.canary import create_canary
from crm.health import require_migrations
from crm.tests.running import environment_without_database, free_port
from crm.tests.test_canary import OTHER_KEY

WITHOUT_DATABASE = """
import json
from config import settings
settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 1
from config.wsgi import application
from django.test import Client
client = Client(headers={"host": "localhost"})
answers = {path: client.get(path) for path in ("/healthz", "/readyz")}
print(json.dumps({path: [answer.status_code, answer.json()] for path, answer in answers.items()}))
"""


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    require_migrations.cache_clear()
    yield
    require_migrations.cache_clear()


def test_alive_asks_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    create_canary()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_being_ready_is_asked_cheaply(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


@pytest.mark.django_db
def test_not_ready_before_migrating(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="crm").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "migrations")


@pytest.mark.django_db
def test_not_ready_with_wrong_keys(client: Client, settings: Settings) -> None:
    create_canary()
    settings.BLIND_INDEX_KEY = OTHER_KEY
    response = client.get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "keys")


def test_without_a_database_the_web_process_starts_and_says_so() -> None:
    away = {"DATABASE_URL": f"postgres://shop:secret@127.0.0.1:{free_port()}/shop"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DATABASE],
        cwd=real_settings.BASE_DIR,
        env={**environment_without_database(), **away, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "/healthz": [200, {"status": "ok"}],
        "/readyz": [503, {"status": "unavailable", "reason": "database"}],
    }
    assert "The keys could not be checked at start" in done.stderr
