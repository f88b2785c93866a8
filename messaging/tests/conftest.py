"""What the tests of this app share."""

from collections.abc import Iterator

import pytest

from messaging.ingest import intake
from messaging.ingest.known_channels import forget_channels

pytest.register_assert_rewrite("messaging.tests.adapter_contract", "messaging.tests.event_shapes")


@pytest.fixture(autouse=True)
def _fresh_intake() -> Iterator[None]:
    """Let no test see channels or connections of another."""
    forget_channels()
    intake.health.forget()
    yield
    intake.database.close()
