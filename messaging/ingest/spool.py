"""Deliveries on disk, while the database is away or has too much waiting.

One encrypted file each: written under another name, synced, renamed, and its folder synced, so that an answered delivery
survives a power cut. The drain puts them into the inbox table, where the digest absorbs whatever was stored already.
"""

import logging
import os
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from crm.encryption import Undecryptable, decrypt, encrypt
from crm.whole_files import PARTIAL, whole_file
from messaging.channels.contract import Received
from messaging.keys import delivery_digest

logger = logging.getLogger(__name__)

LABEL = "spool"
SUFFIX = ".delivery"
UNVERIFIED = ".unverified"
RECOUNT_SECONDS = 5.0
#: A partial file this old has no writer any more: it was killed before it answered, so nobody counts on the file.
LEFTOVER_SECONDS = 600.0


class SpoolFull(Exception):
    """The spool has reached its bound."""


@dataclass(frozen=True)
class Spooled:
    """A delivery read back from disk."""

    slug: str
    received: Received
    received_at: datetime
    verified: bool


class _Fill:
    """How full the spool is: counted from the folder once in a while, and kept up between."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counted_at = float("-inf")
        self.bytes = self.unverified = 0

    def reserve(self, size: int, *, verified: bool) -> None:
        """Raises SpoolFull where no more fits."""
        with self.lock:
            if time.monotonic() - self.counted_at > RECOUNT_SECONDS:
                self._count()
            if self.bytes + size > settings.SPOOL_MAX_BYTES:
                raise SpoolFull("SPOOL_MAX_BYTES is reached")
            if not verified and self.unverified >= settings.SPOOL_UNVERIFIED_MAX:
                raise SpoolFull("SPOOL_UNVERIFIED_MAX is reached")
            self.bytes += size
            self.unverified += not verified

    def release(self, size: int, *, verified: bool) -> None:
        """Give back what was reserved for a file that could not be written."""
        with self.lock:
            self.bytes = max(0, self.bytes - size)
            self.unverified = max(0, self.unverified - (not verified))

    def _count(self) -> None:
        self.bytes = self.unverified = 0
        for entry in os.scandir(settings.SPOOL_DIR):
            if entry.is_file():
                try:
                    self.bytes += entry.stat().st_size
                except FileNotFoundError:  # drained meanwhile
                    continue
                self.unverified += UNVERIFIED in entry.name
        self.counted_at = time.monotonic()


_fill = _Fill()


def write(slug: str, received: Received, *, verified: bool) -> None:
    """Put a delivery on disk for good before returning.

    Raises:
        SpoolFull: the bound is reached.
        OSError: the disk did not take it.
    """
    folder: Path = settings.SPOOL_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    uid, now = uuid.uuid4(), time.time_ns()
    facts = {"slug": slug, "url": received.url, "headers": dict(received.headers), "at": now, "verified": verified}
    sealed = uid.bytes + encrypt(LABEL, uid, orjson.dumps(facts) + b"\n" + received.body)
    _fill.reserve(len(sealed), verified=verified)
    digest = delivery_digest(received.body, received.url).hex()
    path = folder / f"{now:020d}-{digest}{'' if verified else UNVERIFIED}{SUFFIX}"
    try:
        with whole_file(path) as file:
            file.write(sealed)
    except OSError:
        _fill.release(len(sealed), verified=verified)
        raise


def waiting() -> list[Path]:
    """Return the files, oldest first."""
    folder: Path = settings.SPOOL_DIR
    if not folder.is_dir():
        return []
    return [folder / name for name in sorted(name for name in os.listdir(folder) if name.endswith(SUFFIX))]


def remove_leftovers() -> None:
    """Remove what killed writers left half-written; a file that may still have its writer stays."""
    folder: Path = settings.SPOOL_DIR
    for partial in folder.glob(f"*{PARTIAL}"):
        with suppress(FileNotFoundError):  # its writer, or another drain, was faster
            if time.time() - partial.stat().st_mtime > LEFTOVER_SECONDS:
                partial.unlink()
                logger.warning("Removed %s, whose writer died before it answered", partial.name)


def read(path: Path) -> Spooled:
    """Read a file back.

    Raises:
        Undecryptable: it is damaged, or our keys are not those it was written with.
        FileNotFoundError: another drain took it.
    """
    raw = path.read_bytes()
    try:
        plain = decrypt(LABEL, uuid.UUID(bytes=raw[:16]), raw[16:])
        head, _, body = plain.partition(b"\n")
        facts: dict[str, Any] = orjson.loads(head)
    except ValueError:
        raise Undecryptable("not a spooled delivery") from None
    received = Received(body=body, method="POST", url=facts["url"], headers=facts["headers"])
    at = datetime.fromtimestamp(facts["at"] / 1e9, UTC)
    return Spooled(facts["slug"], received, at, facts["verified"])


def set_aside(path: Path, reason: str) -> None:
    """Move a file that cannot be taken in to where an operator finds it; nothing accepted is ever thrown away."""
    folder = settings.SPOOL_DIR / "unreadable"
    folder.mkdir(exist_ok=True, mode=0o700)
    path.rename(folder / path.name)
    logger.error("Spooled delivery %s set aside: %s", path.name, reason)
