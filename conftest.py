"""What all tests share."""

import os
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

# Playwright's synchronous browser runs an event loop in the test's thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords quickly: what a guesser may not do at speed, hundreds of tests must."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _stages(request: pytest.FixtureRequest, _django_db_helper: None) -> None:
    """Put the stages back that a migration seeded: a test with transactions of its own leaves all tables empty."""
    if request.node.get_closest_marker("django_db") and not apps.get_model("leads", "Stage").objects.exists():
        import_module("leads.migrations.0002_seed_stages").seed(apps, connection.schema_editor())
