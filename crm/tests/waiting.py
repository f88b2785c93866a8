"""Waiting for what another process does."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 30.0


def wait_until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return the condition's first true value.

    Raises:
        AssertionError: it did not become true.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {patience:.0f} s")
