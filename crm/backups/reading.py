"""Reading a backup. Whatever comes out of it counts only when it was read to its end without an error."""

import hashlib
import os
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pyrage import DecryptError, decrypt_io
from pyrage.x25519 import Identity

from crm.backups import archive
from crm.backups.manifest import Manifest, open_manifest, parse_header
from crm.backups.refusals import BackupRefused

SMALL_BYTES = 16 << 20
PART_NAME = re.compile(r"database/\d{6}")
MAGIC = b"age-encryption.org/v1\n"
#: Called with the name of a file of the tar, its size, and what it is read from.
Visitor = Callable[[str, int, IO[bytes]], None]


@dataclass
class Contents:
    """What was found in a backup that is whole."""

    manifest: Manifest
    sealed_keys: bytes


class _Decryption(threading.Thread):
    """Writes the decrypted bytes of a file into a pipe.

    `given_up`: whoever read the pipe went away before its end. `error`: why the file could not be read or decrypted.
    """

    def __init__(self, path: Path, identities: list[Identity], pipe: int) -> None:
        super().__init__(name="backup decryption", daemon=True)
        self.identities = identities
        self.pipe = os.fdopen(pipe, "wb", buffering=0)
        self.file = path.open("rb")
        self.error: BaseException | None = None
        self.given_up = False

    def run(self) -> None:
        try:
            with self.pipe, self.file:
                decrypt_io(self, self, self.identities)
        except (DecryptError, OSError) as error:  # OSError, without a number, where a part does not prove to be whole
            self.error = self.error or BackupRefused(_why(error))
        except BaseException as error:
            self.error = error

    def read(self, size: int = -1) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:  # which would come back from the library as any other
            self.error = error
            raise

    def write(self, data: bytes) -> int:
        try:
            return self.pipe.write(data) or 0
        except BrokenPipeError:
            self.given_up = True
            raise

    def flush(self) -> None:
        self.pipe.flush()


@contextmanager
def _decrypted(path: Path, identities: list[Identity]) -> Iterator[IO[bytes]]:
    """Open a file's plaintext for reading once, from front to back.

    Raises:
        BackupRefused: where it does not open or is not whole, which may show at its end only.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupRefused("This is no backup: it is not encrypted by age.")
    reading, writing = os.pipe()
    decryption = _Decryption(path, identities, writing)
    decryption.start()
    try:
        with os.fdopen(reading, "rb") as plain:
            yield plain
            while rest := plain.read(archive.CHUNK_BYTES):
                if any(rest):
                    raise BackupRefused("There is something behind the end of this backup.")
    finally:
        decryption.join()
        if decryption.error is not None and not decryption.given_up:
            # Where the plaintext stopped short, this is the reason for all that was found wrong with it.
            raise decryption.error


def _why(error: Exception) -> str:
    if "No matching keys" in str(error):
        return "This backup does not open with this key: it was made for others, or its beginning is damaged."
    return "This backup is damaged or cut off: its encryption does not prove to be whole."


def read_backup(path: Path, identities: list[Identity], key: bytes | None, visit: Visitor | None = None) -> Contents:
    """Read a backup from front to back, see that all of it is there and ours, and return what it says of itself.

    `visit` is given each part of the database's dump, and each file of media, while it is not yet known whether the whole is
    right. `key` seals manifests; None: there is none to ask.

    Raises:
        BackupRefused: it is not.
        OSError: it cannot be read.
    """
    reader = _Reader(visit)
    with _decrypted(path, identities) as plain:
        try:
            with tarfile.open(fileobj=plain, mode="r|", bufsize=archive.CHUNK_BYTES) as tar:
                for info in tar:
                    reader.take(info, tar)
        except (tarfile.TarError, EOFError):
            raise BackupRefused("This backup is damaged: its parts cannot be told apart.") from None
    return reader.contents(key)


class _Reader:
    """Takes the files of the tar in order and checks each against what is said of it."""

    def __init__(self, visit: Visitor | None) -> None:
        self.visit = visit
        self.name: str | None = None
        self.small: dict[str, bytes] = {}
        self.database, self.media = hashlib.sha256(), hashlib.sha256()
        self.database_bytes = self.media_bytes = self.media_files = self.parts = 0

    def take(self, info: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        file = tar.extractfile(info) if info.isreg() else None
        if file is None or archive.MANIFEST in self.small:
            raise BackupRefused("This is no backup of ours: it holds what we never put into one.")
        if self.name is None:
            self._take_header(info, file)
        elif info.name in (archive.KEYS, archive.MANIFEST) and info.name not in self.small:
            self.small[info.name] = _small(info, file)
        elif PART_NAME.fullmatch(info.name) and info.name == f"{archive.DATABASE}{self.parts + 1:06d}":
            self.parts += 1
            self.database_bytes += info.size
            self._pass_on(info, archive.HashingReader(file, self.database))
        elif is_safe_media_name(info.name):
            self.media_files += 1
            self.media_bytes += info.size
            self.media.update(f"{info.size} {info.name}\n".encode("utf-8", "surrogateescape"))
            self._pass_on(info, archive.HashingReader(file, self.media))
        else:
            raise BackupRefused("This is no backup of ours: a file in it would go where it must not.")

    def _take_header(self, info: tarfile.TarInfo, file: IO[bytes]) -> None:
        if info.name != archive.HEADER:
            raise BackupRefused("This is no backup of Migochat.")
        self.name = parse_header(_small(info, file))

    def _pass_on(self, info: tarfile.TarInfo, file: Any) -> None:
        if self.visit:
            self.visit(info.name, info.size, file)
        while file.read(archive.CHUNK_BYTES):
            pass

    def contents(self, key: bytes | None) -> Contents:
        """Compare what was read with what the manifest says."""
        if archive.MANIFEST not in self.small or archive.KEYS not in self.small:
            raise BackupRefused("This backup is not whole: its manifest or its keys are missing.")
        manifest = open_manifest(self.small[archive.MANIFEST], key)
        found = (self.name, self.database_bytes, self.database.hexdigest())
        if found != (manifest.name, manifest.database_bytes, manifest.database_sha256):
            raise BackupRefused("This backup is damaged: the database in it is not the one that its manifest tells of.")
        media = (self.media_files, self.media_bytes, self.media.hexdigest())
        if media != (manifest.media_files, manifest.media_bytes, manifest.media_sha256):
            raise BackupRefused("This backup is damaged: the files in it are not those that its manifest tells of.")
        return Contents(manifest, self.small[archive.KEYS])


def _small(info: tarfile.TarInfo, file: IO[bytes]) -> bytes:
    if info.size > SMALL_BYTES:
        raise BackupRefused("This is no backup of ours: its description is too long.")
    return file.read()


def is_safe_media_name(name: str) -> bool:
    """Say whether a file of media stays below its folder, wherever it is unpacked."""
    if not name.startswith(archive.MEDIA) or "\\" in name or "\0" in name:
        return False
    parts = PurePosixPath(name).parts
    return len(parts) > 1 and ".." not in parts and str(PurePosixPath(name)) == name
