"""What all tests share."""

import asyncio
import fcntl
import gc
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

from crm.roles import ensure_roles
from crm.tests.emptying import empty, emptying
from messaging.tests.browser import Browser
from messaging.tests.chromium import chromium
from messaging.tests.installation import TEMPLATE
from messaging.tests.visitors import Visitors

# Playwright's synchronous browser runs an event loop in the test's thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytest_plugins = ["crm.tests.resolving"]

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
    """Begin with files that want to be alone, so that they wait for each other only, then with those that take longest."""
    alone = {item.path for item in items if item.get_closest_marker("alone")}
    items.sort(
        key=lambda item: (
            item.path not in alone,
            -max((mark.args[0] for mark in item.iter_markers("takes")), default=0),
        )
    )


def pytest_collection_finish() -> None:
    """Let nobody look for garbage among what stays until the end: that took a tenth of the time."""
    gc.collect()
    gc.freeze()


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
    """Have the database of the tests with the roles, and note what is in it so far: each test finds that."""
    with django_db_blocker.unblock():
        ensure_roles()
        emptying()


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


@pytest.fixture(scope="session")
def visitors(django_db_setup: None, live_server: Any) -> Iterator[tuple[Visitors, asyncio.AbstractEventLoop]]:
    """Who looks at pages in the real browser, started once for all tests, and the loop that the browser runs in."""
    with chromium() as browser:
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield Visitors(browser, live_server.url, PATIENCE), loop
        asyncio._set_running_loop(loop)


@pytest.fixture(scope="module")
def present_visitors(visitors: tuple[Visitors, asyncio.AbstractEventLoop]) -> Iterator[Visitors]:
    """The same for a file: tests of others are not within the browser's loop, where Django has connections of its own."""
    present, loop = visitors
    asyncio._set_running_loop(loop)
    yield present
    connections.close_all()
    asyncio._set_running_loop(None)


@pytest.fixture
def open_browser(present_visitors: Visitors, live_server: Any) -> Iterator[Callable[..., Browser]]:
    """Return what opens a page of a new visitor, see `Visitors.arrive`; what a test opened ends with the test."""
    yield present_visitors.arrive
    present_visitors.leave()
