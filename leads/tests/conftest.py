"""What the tests of all screens share."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def bare_frame(settings: Any) -> None:
    """Leave out what all pages share, where it makes no difference: it takes most of their time."""
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [Path(__file__).with_name("bare_frame"), *engine["DIRS"]]}]
