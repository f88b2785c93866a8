"""Writing a backup: a tar, encrypted as it comes into being, so that nothing readable ever lies on a disk.

With the age and tar programs alone it is opened by
`age -d -i recovery.key FILE | tar x && cat database/* > database.dump`.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Protocol

from pyrage import EncryptError, encrypt_io
from pyrage.x25519 import Recipient

HEADER, KEYS, MANIFEST = "header.json", "keys.age", "manifest.json"
DATABASE, MEDIA = "database/", "media/"
PART_BYTES = 8 << 20
CHUNK_BYTES = 1 << 20


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class PartReader:
    """Lets pyrage pull what a generator yields; keeps its exception, which pyrage would turn into text."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = iter(parts)
        self.rest = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        while not self.rest:
            try:
                part = next(self.parts, None)
            except BaseException as error:
                self.error = error
                raise
            if part is None:
                return b""
            self.rest = memoryview(part)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return bytes(taken)


class HashingReader:
    """A file that is hashed as it is read."""

    def __init__(self, file: Readable, digest: Any) -> None:
        self.file, self.digest = file, digest

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.digest.update(data)
        return data


class HashingWriter:
    """Passes bytes on and knows their number and SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.size, self.digest = file, 0, hashlib.sha256()
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self.file.write(data)
        except BaseException as error:
            self.error = error
            raise
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self.file.flush()


def write_encrypted(parts: Iterable[bytes], file: BinaryIO, recipients: list[Recipient]) -> HashingWriter:
    """Encrypt what the parts are made of into a file; return its size and digest.

    Whatever the parts or the file raise is raised again as it was.
    """
    reader, writer = PartReader(parts), HashingWriter(file)
    try:
        encrypt_io(reader, writer, recipients)
    except EncryptError as error:
        raise (reader.error or writer.error or error) from None
    return writer


def member(name: str, content: bytes) -> Iterator[bytes]:
    """Yield a file of the tar whose content is at hand."""
    yield _head(name, len(content))
    yield content
    yield _padding(len(content))


def member_of_size(name: str, size: int, source: Readable) -> Iterator[bytes]:
    """Yield a file of the tar, exactly `size` bytes of the source.

    Raises:
        EOFError: the source has less.
    """
    yield _head(name, size)
    left = size
    while left:
        chunk = source.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise EOFError(name)
        left -= len(chunk)
        yield chunk
    yield _padding(size)


def parts_of(source: Readable) -> Iterator[bytes]:
    """Yield what comes from a pipe in parts of `PART_BYTES`, the last one smaller, since a tar needs to know sizes first."""
    while part := _read_fully(source, PART_BYTES):
        yield part


def ending() -> bytes:
    """Return what ends a tar."""
    return bytes(2 * tarfile.BLOCKSIZE)


def _read_fully(source: Any, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(format=tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
