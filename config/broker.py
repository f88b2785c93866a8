"""What brokers and caches need to be told, by their kind."""

from pathlib import Path
from typing import Any

#: Whoever leaves a hint tries once more and goes on; workers have a patience of their own.
BRIEFLY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """Return the transport's options: folders for `filesystem://`, short deadlines for Redis, which may hang."""
    if url.startswith("filesystem"):
        return {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
        }
    if url.startswith("redis"):
        # Without these a publisher hung for over 40 s while Redis stood still. A hint needs no redelivery for a long time.
        return {**BRIEFLY, "socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 12 * 3600}
    return dict(BRIEFLY)


def redis_with_limits(cache: dict[str, Any]) -> dict[str, Any]:
    """Return a cache's settings so that a Redis that stands still keeps no page, with options of the address as Redis names them."""
    if "redis" not in cache["BACKEND"].lower():
        return cache
    given = {name.lower(): value for name, value in cache.get("OPTIONS", {}).items()}
    return {**cache, "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, **given}}
