"""What the tests of this app share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crm.models import User
from messaging.ingest.database import database, health
from messaging.ingest.known_channels import forget_channels
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.browser import DESK, Browser
from messaging.tests.door import open_door
from messaging.tests.sending_world import SendingWorld, sending_world

INBOX = "/admin/inbox/"

pytest.register_assert_rewrite("messaging.tests.adapter_contract", "messaging.tests.event_shapes")


@pytest.fixture(autouse=True)
def _fresh_intake() -> Iterator[None]:
    """Let no test see channels or connections of another."""
    forget_channels()
    health.forget()
    yield
    database.close()


@pytest.fixture
def world(settings: Any, transactional_db: None, tmp_path: Path) -> Iterator[SendingWorld]:
    """A stand-in of the platforms that reports to our endpoint, and channels to send by."""
    settings.MEDIA_ROOT = tmp_path
    with open_door() as address, sending_world(settings, address) as made:
        yield made


@pytest.fixture
def seller() -> User:
    """Who sells, and belongs to the team of the samples."""
    return colleague("seller")


@pytest.fixture
def client(seller: User) -> Client:
    """The seller, logged in."""
    return client_of(seller)


@pytest.fixture
def open_inbox(open_browser: Any) -> Any:
    """Return what opens the inbox in a browser that somebody is logged in to."""

    def open_one(user: User, window: dict[str, int] = DESK, language: str = "en-US", dark: bool = False) -> Browser:
        browser: Browser = open_browser(window, language, dark)
        browser.log_in(user)
        browser.open(INBOX)
        browser.page.locator("[data-ib]").wait_for()
        return browser

    return open_one
