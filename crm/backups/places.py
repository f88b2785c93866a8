"""Where backups are kept: the folder `BACKUP_DIR`, or a bucket with that folder as the place to make them in."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from crm.backups.archive import HashingWriter
from crm.backups.refusals import BackupFailed, BackupRefused
from crm.log_format import describe
from crm.whole_files import PARTIAL, whole_file

NAME = re.compile(r"migochat-\d{8}-\d{6}-\d{6}\.age")
NOTE = ".json"


def backup_storage() -> Storage:
    """Return where finished backups are."""
    return storages["backups"]


def is_local() -> bool:
    """Say whether backups stay in a folder."""
    return isinstance(backup_storage(), FileSystemStorage)


@contextmanager
def reached() -> Iterator[None]:
    """Say of a place that cannot be used what of it is wrong; a bucket fails in ways of its own.

    Raises:
        BackupFailed: it cannot.
    """
    try:
        yield
    except (OSError, BackupFailed):
        raise
    except Exception as error:  # as said above
        raise BackupFailed(f"The place of the backups cannot be used: {describe(error)}") from error


def working_folder() -> Path:
    """Return the folder in which backups are made, and fetched to from a bucket."""
    storage = backup_storage()
    folder = Path(storage.location) if isinstance(storage, FileSystemStorage) else Path(settings.BACKUP_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@reached()
def kept_names() -> list[str]:
    """Return the names of all backups that are kept, the newest first."""
    working_folder()
    return sorted((name for name in backup_storage().listdir("")[1] if NAME.fullmatch(name)), reverse=True)


def note_of(written: HashingWriter, name: str) -> bytes:
    """Return what is kept beside a backup, so that a copy of it can be compared without any key."""
    return json.dumps({"name": name, "size": written.size, "sha256": written.digest.hexdigest()}).encode()


def write_note(folder: Path, name: str, note: bytes) -> None:
    """Keep the note beside the file of a backup."""
    with whole_file(folder / (name + NOTE)) as file:
        file.write(note)


@reached()
def kept_note(name: str) -> dict[str, Any]:
    """Return the note beside a backup that is kept; empty where there is none."""
    if not backup_storage().exists(name + NOTE):
        return {}
    with backup_storage().open(name + NOTE) as file:
        return _read_note(file.read())


def put_away(name: str) -> None:
    """Bring a finished backup to the bucket, where there is one.

    Raises:
        BackupFailed: it did not arrive whole.
    """
    if is_local():
        return
    storage, folder = backup_storage(), working_folder()
    for each in (name + NOTE, name):
        path = folder / each
        with path.open("rb") as file:
            saved = storage.save(each, File(file))
        if saved != each or storage.size(each) != path.stat().st_size:
            raise BackupFailed(f"{each} did not arrive whole in the bucket.")
    for each in (name, name + NOTE):
        (folder / each).unlink()


@reached()
def remove(name: str) -> None:
    """Remove a backup and its note; nothing happens where they are gone."""
    for each in (name, name + NOTE):
        if backup_storage().exists(each):
            backup_storage().delete(each)


def remove_remains(names: list[str]) -> None:
    """Remove what runs that died left half written."""
    folder = working_folder()
    for name in names:
        (folder / (name + PARTIAL)).unlink(missing_ok=True)
        (folder / (name + NOTE + PARTIAL)).unlink(missing_ok=True)
        if not (folder / name).exists() or not is_local():
            (folder / (name + NOTE)).unlink(missing_ok=True)


@contextmanager
def local_file(named: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give a backup's file and its note: a path, or the name of one that is kept, which is fetched from a bucket.

    Raises:
        BackupFailed: there is none.
        BackupRefused: it is half written.
    """
    if named.endswith(PARTIAL):
        raise BackupRefused("This is a half-written backup.")
    with _at_hand(named) as path:
        note = path.with_name(path.name + NOTE)
        yield path, _read_note(note.read_bytes()) if note.is_file() else {}


@contextmanager
def _at_hand(named: str) -> Iterator[Path]:
    if Path(named).is_file():
        yield Path(named)
    elif not _is_kept(named):
        raise BackupFailed(f"There is no backup {named}.")
    elif is_local():
        yield working_folder() / named
    else:
        with _fetched(named) as fetched:
            yield fetched


@reached()
def _is_kept(named: str) -> bool:
    return bool(NAME.fullmatch(named)) and backup_storage().exists(named)


@contextmanager
def _fetched(name: str) -> Iterator[Path]:
    """Copy a backup from the bucket, as encrypted as it is, to a folder that is gone afterwards."""
    folder = working_folder() / f"fetched-{name}"
    folder.mkdir(exist_ok=True, mode=0o700)
    try:
        with reached():
            for each in (name, name + NOTE):
                if backup_storage().exists(each):
                    with backup_storage().open(each) as remote, (folder / each).open("wb") as file:
                        shutil.copyfileobj(remote, file, 1 << 20)
        yield folder / name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_note(text: bytes) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:
        note = None
    if not isinstance(note, dict) or not {"name", "size", "sha256"} <= note.keys():
        raise BackupRefused("The note beside this backup is damaged.")
    return note
