"""What all tests share."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.template import Template
from django.test import TransactionTestCase
from django.test.signals import template_rendered
from playwright.sync_api import Browser as Chrome

from crm.tests.emptying import empty, remember
from messaging.tests.browser import DESK, Browser
from messaging.tests.chromium import chromium
from messaging.tests.installation import TEMPLATE

# Playwright's synchronous browser runs an event loop in the test's thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

#: How long a browser waits for what a test expects of a page, in milliseconds.
PATIENCE = 30_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seeds", type=int, default=1, help="how often to play the tests that kill at random, each otherwise"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, metafunc.config.getoption("--seeds") + 1))


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords and empty tables quickly: what a guesser may not do at speed, hundreds of tests must.

    Make a place for the installation that others are copied from; workers of this run inherit it.
    """
    import_module(settings.ROOT_URLCONF)  # and with the addresses the screens
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    TransactionTestCase._fixture_teardown = lambda test: empty()  # type: ignore[attr-defined]  # Django's own hook
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}  # files of tests are nobody's
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    if not is_worker(config):
        # Not below pytest's own folder, which is closed to the user that the database runs as when we are root.
        os.environ[TEMPLATE] = tempfile.mkdtemp(prefix="migochat-template-")
        Path(os.environ[TEMPLATE]).chmod(0o755)
    settings.BACKUP_KEYS_DIR = Path(os.environ[TEMPLATE]) / "backup-keys"


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.BACKUP_KEYS_DIR, ignore_errors=True)
    if not is_worker(config):
        shutil.rmtree(os.environ.pop(TEMPLATE), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: -max((mark.args[0] for mark in item.iter_markers("takes")), default=0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let what is measured by the clock run alone: no other worker is in a test meanwhile."""
    folder = Path(os.environ[TEMPLATE])
    with (folder / "gate").open("a") as gate, (folder / "room").open("a") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)  # held while one waits to be alone, so that nobody else goes in before
        fcntl.flock(room, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this is one of several processes that pytest-xdist started."""
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Have the database of the tests, and note what migrations put there: each test finds it."""
    with django_db_blocker.unblock():
        remember()


@pytest.fixture(autouse=True, scope="session")
def _context_of_pages(django_test_environment: None) -> Iterator[None]:
    """Keep for tests the context of each page, and not a copy for every template in it: that took a third of their time."""

    def render(template: Template, context: Any) -> str:
        if context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        rendered: str = template.nodelist.render(context)
        return rendered

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(scope="module")
def started_chromium() -> Iterator[Chrome]:
    """The real browser, started once for a file."""
    with chromium() as browser:
        yield browser
        connections.close_all()  # in the loop of the browser Django opened another connection than outside of it


@pytest.fixture
def chrome(started_chromium: Chrome, live_server: Any) -> Iterator[Chrome]:
    """The real browser beside a running server; what a test opened in it ends with the test."""
    yield started_chromium
    for context in started_chromium.contexts:
        context.close()


@pytest.fixture
def open_browser(chrome: Chrome, live_server: Any) -> Callable[..., Browser]:
    """Return what opens a page of a new visitor, in a window, a language, light or dark."""

    def open_one(
        window: Any = DESK, language: str = "en-US", dark: bool = False, patience: int = PATIENCE, **more: Any
    ) -> Browser:
        context = chrome.new_context(
            viewport=window,
            locale=language,
            color_scheme="dark" if dark else "light",
            extra_http_headers={"Accept-Language": language},
            **more,
        )
        context.set_default_timeout(patience)
        return Browser(context.new_page(), live_server.url)

    return open_one
