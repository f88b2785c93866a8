"""The ledger: what was erased is noted beside the backups, so that a restored backup is erased again.

A note holds random ids, keyed digests and names of files that say nothing of anybody: without the erased rows it leads nowhere.
Customers and the ids on platforms stand there by `uid`, since numbers are given anew after a restore, with the number to find them
by. It is written before the erasure is committed: what is noted and not done is done by `manage.py erase_customer --replay`.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.backups import places
from crm.backups.making import manifest_key
from crm.backups.manifest import PRODUCT
from crm.backups.refusals import BackupFailed
from crm.erasure.refusals import ErasureRefused, NoteRefused
from crm.log_format import describe
from crm.whole_files import write_once

FORMAT = 1
NAME = re.compile(r"erased-\d{8}-\d{6}-[0-9a-f]{8}\.json")
MAC_PURPOSE = b"erasure note\x00"
#: Longer than any backup is kept here, for copies of backups that lie elsewhere.
KEPT = timedelta(days=400)


@dataclass
class Note:
    """One erasure. `customers` and `keys` (of `IdentityKey`) are numbers by uid, `deliveries` pairs of channel and digest in hex."""

    erased_at: str = field(default_factory=lambda: timezone.now().astimezone(UTC).isoformat())
    customers: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    deliveries: list[tuple[int, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.erased_at)

    def sealed(self) -> bytes:
        """Return it as JSON with a MAC under the installation's key."""
        content = {"product": PRODUCT, "format": FORMAT, **asdict(self)}
        return json.dumps({**content, "mac": _mac(content)}).encode()


def open_note(text: bytes) -> Note:
    """Read a note.

    Raises:
        NoteRefused: it is damaged, of a newer release, or another installation's.
    """
    try:
        content = json.loads(text)
        mac = content.pop("mac")
        kind = (content.get("product"), content.get("format"))
    except (ValueError, AttributeError, KeyError, TypeError):
        raise NoteRefused("it is damaged") from None
    if kind != (PRODUCT, FORMAT):
        raise NoteRefused("it is of a newer release, or none of ours")
    if not hmac.compare_digest(str(mac).encode(), _mac(content).encode()):
        raise NoteRefused("it is damaged or another installation's: it is not sealed with our BLIND_INDEX_KEY")
    return Note(**{name: value for name, value in content.items() if name not in ("product", "format")})


def _mac(content: dict[str, Any]) -> str:
    said = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(manifest_key(), MAC_PURPOSE + said, hashlib.sha256).hex()


def write_note(note: Note) -> str:
    """Keep a note beside the backups, on the disk or in the bucket when this returns; return its name.

    Raises:
        ErasureRefused: it did not arrive.
    """
    name = f"erased-{note.at:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.json"
    words = _("The note %(name)s could not be kept beside the backups, so nothing was erased.") % {"name": name}
    try:
        with places.reached():
            is_kept = _keep(name, note.sealed())
    except BackupFailed as failure:
        raise ErasureRefused(f"{words} {failure}") from failure
    if not is_kept:
        raise ErasureRefused(words)
    return name


def _keep(name: str, content: bytes) -> bool:
    if places.is_local():
        return write_once(places.working_folder() / name, content)
    storage = places.backup_storage()
    return storage.save(name, ContentFile(content)) == name and storage.size(name) == len(content)


def kept_notes(beside: Path | None = None) -> Iterator[tuple[str, Note | NoteRefused]]:
    """Yield the notes beside the backups by name, the oldest first, each as it is or why it cannot be used.

    Those in the folder `beside`, as where a backup was brought to an empty machine, are kept along with the others. Nothing is
    raised, since a bucket that fails, in ways of its own, must not keep a restore from going on.
    """
    brought = _brought(beside) if beside else {}
    kept: set[str] = set()
    try:
        kept |= set(names_of_notes())
        for name in brought.keys() - kept:
            _keep(name, brought[name])
    except Exception as error:  # as said above
        yield "erased-*.json", NoteRefused(f"the place of the backups cannot be used ({describe(error)})")
    for name in sorted(brought.keys() | kept):
        try:
            yield name, open_note(_content(name) if name in kept else brought[name])
        except NoteRefused as refusal:
            yield name, refusal
        except Exception as error:  # as said above
            yield name, NoteRefused(f"it cannot be read ({describe(error)})")


def _brought(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("erased-*.json") if NAME.fullmatch(path.name)}


def _content(name: str) -> bytes:
    with places.backup_storage().open(name) as file:
        content: bytes = file.read()
    return content


def names_of_notes() -> list[str]:
    """Return the names of the notes beside the backups, the oldest first."""
    places.working_folder()
    return sorted(name for name in places.backup_storage().listdir("")[1] if NAME.fullmatch(name))


@places.reached()
def remove_old_notes(oldest_backup: datetime | None) -> list[str]:
    """Remove notes that no backup can need any more: older than the oldest that is kept, and than any copy should be.

    Raises:
        BackupFailed: the place of the backups cannot be used.
    """
    now = timezone.now()
    bound = min(oldest_backup or now, now - KEPT)
    old = [name for name in names_of_notes() if _time_of(name) < bound]
    for name in old:
        places.backup_storage().delete(name)
    return old


def _time_of(name: str) -> datetime:
    return datetime.strptime(name[7:22], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
