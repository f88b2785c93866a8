"""What a backup says of itself, sealed so that nobody without our keys can have said it."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from crm.backups.refusals import BackupRefused

FORMAT = 1
PRODUCT = "migochat"
MAC_PURPOSE = b"backup manifest\x00"


@dataclass
class TableContent:
    """A table's rows and the keyed hash of what is in them, whatever their order."""

    rows: int
    hash: str


@dataclass
class Manifest:
    """`at`: the snapshot's time (ISO, UTC). Sizes are bytes, before encryption."""

    name: str
    at: str
    postgres: str
    django: str
    migrations: list[str]
    tables: dict[str, TableContent] = field(default_factory=dict)
    database_bytes: int = 0
    database_sha256: str = ""
    media_files: int = 0
    media_bytes: int = 0
    media_sha256: str = ""

    def sealed(self, key: bytes) -> bytes:
        """Return it as JSON with a MAC under the installation's key."""
        content = {"product": PRODUCT, "format": FORMAT, **asdict(self)}
        return json.dumps({**content, "mac": _mac(content, key)}, indent=1, sort_keys=True).encode()

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables.values())


def parse_header(text: bytes) -> str:
    """Return the name that a backup's first part gives.

    Raises:
        BackupRefused: it is not ours, or of a newer release.
    """
    return str(_ours(text).get("name", ""))


def header(name: str) -> bytes:
    """Return the first part of a backup, which tells what it is."""
    return json.dumps({"product": PRODUCT, "format": FORMAT, "name": name}).encode()


def open_manifest(text: bytes, key: bytes | None) -> Manifest:
    """Read a manifest; `key` None: nobody can be asked whether it is ours.

    Raises:
        BackupRefused: it cannot be read, is of a newer release, or of another installation.
    """
    content = _ours(text)
    mac = str(content.pop("mac", ""))
    if key is not None and not hmac.compare_digest(mac.encode(), _mac(content, key).encode()):
        raise BackupRefused(
            "This backup was not made by this installation: its manifest is not sealed with our BLIND_INDEX_KEY."
        )
    tables = content.pop("tables", {})
    for name in ("product", "format"):
        content.pop(name)
    try:
        return Manifest(**content, tables={name: TableContent(**table) for name, table in tables.items()})
    except (TypeError, AttributeError):
        raise BackupRefused("The manifest in this file cannot be read.") from None


def _ours(text: bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("product") != PRODUCT:
        raise BackupRefused("This is no backup of Migochat.")
    if content.get("format") != FORMAT:
        raise BackupRefused(f"This backup is in format {content.get('format')}, made by a newer release. Update first.")
    return content


def _mac(content: dict[str, Any], key: bytes) -> str:
    said = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(key, MAC_PURPOSE + said, hashlib.sha256).hex()
