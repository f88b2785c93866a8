"""What the tests of this app share."""

from collections.abc import Iterator

import pytest

from messaging.ingest.database import database, health
from messaging.ingest.known_channels import forget_channels

pytest.register_assert_rewrite("messaging.tests.adapter_contract", "messaging.tests.event_shapes")


@pytest.fixture(autouse=True)
def _fresh_intake() -> Iterator[None]:
    """Let no test see channels or connections of another."""
    forget_channels()
    health.forget()
    yield
    database.close()
