"""The payload fixtures: a body as the platform would send it, and beside it the events that must be read in it."""

from pathlib import Path
from typing import Any

import orjson

PAYLOADS = Path(__file__).parent / "payloads"
EXPECTATION = ".events.json"


def payload_files(platform: str = "*") -> list[Path]:
    """Return the bodies of one platform, or of all, in a stable order."""
    return sorted(file for file in PAYLOADS.glob(f"{platform}/*") if not file.name.endswith(EXPECTATION))


def expectation_files() -> list[Path]:
    """Return the expectations of all platforms, in a stable order."""
    return sorted(PAYLOADS.glob(f"*/*{EXPECTATION}"))


def expectation_of(payload: Path) -> Path:
    """Return where the expected events of a body are written down."""
    return payload.with_name(payload.stem + EXPECTATION)


def expected_events(payload: Path) -> Any:
    """Return the events expected of a body, as the vocabulary writes them."""
    return orjson.loads(expectation_of(payload).read_bytes())
