"""What all tests share."""

import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from messaging.tests.installation import TEMPLATE

# Playwright's synchronous browser runs an event loop in the test's thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords quickly: what a guesser may not do at speed, hundreds of tests must.

    Make a place for the installation that others are copied from; workers of this run inherit it.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.BACKUP_KEYS_DIR = Path(tempfile.mkdtemp(prefix="migochat-keys-"))
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}  # files of tests are nobody's
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    if not is_worker(config):
        # Not below pytest's own folder, which is closed to the user that the database runs as when we are root.
        os.environ[TEMPLATE] = tempfile.mkdtemp(prefix="migochat-template-")
        Path(os.environ[TEMPLATE]).chmod(0o755)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.BACKUP_KEYS_DIR, ignore_errors=True)
    if not is_worker(config):
        shutil.rmtree(os.environ.pop(TEMPLATE), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end.

    Files with a test that leaves all tables empty come after all those that read what migrations put there.
    """
    emptying = {item.path for item in items if empties_tables(item)}
    items.sort(
        key=lambda item: (
            item.path in emptying,
            -max((mark.args[0] for mark in item.iter_markers("takes")), default=0),
        )
    )


def empties_tables(item: pytest.Item) -> bool:
    """Tell whether a test has transactions of its own, after which the tables are emptied."""
    marker = item.get_closest_marker("django_db")
    by_mark = marker is not None and bool(marker.kwargs.get("transaction"))
    return by_mark or "transactional_db" in getattr(item, "fixturenames", ())


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this is one of several processes that pytest-xdist started."""
    return hasattr(config, "workerinput")


@pytest.fixture(autouse=True)
def _stages(request: pytest.FixtureRequest, _django_db_helper: None) -> None:
    """Put the stages back that a migration seeded: a test with transactions of its own leaves all tables empty."""
    if request.node.get_closest_marker("django_db") and not apps.get_model("leads", "Stage").objects.exists():
        import_module("leads.migrations.0002_seed_stages").seed(apps, connection.schema_editor())
