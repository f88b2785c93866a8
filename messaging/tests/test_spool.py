"""The spool's folder: what a failed or killed writer leaves behind."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from crm.whole_files import PARTIAL
from messaging.channels import Received
from messaging.ingest import spool
from messaging.ingest.spool_drain import SpoolDrain

BODY = b"x" * 1000


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty spool, of which this process has counted nothing yet."""
    settings.SPOOL_DIR = tmp_path
    monkeypatch.setattr(spool, "_fill", spool._Fill())
    return tmp_path


@contextmanager
def full_disk() -> Iterator[None]:
    """Let the kernel refuse all writing to files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write(number: int, *, verified: bool = True) -> None:
    spool.write("shop", Received(body=b"%d" % number + BODY), verified=verified)


@pytest.mark.parametrize("verified", [True, False])
def test_what_could_not_be_written_takes_no_room(folder: Path, settings: Settings, verified: bool) -> None:
    write(0, verified=verified)
    (first,) = spool.waiting()
    settings.SPOOL_MAX_BYTES = 2 * first.stat().st_size + 100
    settings.SPOOL_UNVERIFIED_MAX = 2
    for number in (1, 2):
        with full_disk(), pytest.raises(OSError):
            write(number, verified=verified)
    write(3, verified=verified)
    with pytest.raises(spool.SpoolFull):
        write(4, verified=verified)
    assert len(spool.waiting()) == len(os.listdir(folder)) == 2


def test_what_a_killed_writer_left_is_removed_and_what_is_being_written_stays(folder: Path) -> None:
    write(1)
    (accepted,) = spool.waiting()
    left, under_way = folder / f"1{spool.SUFFIX}{PARTIAL}", folder / f"2{spool.SUFFIX}{PARTIAL}"
    for partial in (left, under_way):
        partial.write_bytes(b"half of a deliv")
    long_ago = time.time() - spool.LEFTOVER_SECONDS - 1
    for file in (left, accepted):
        os.utime(file, (long_ago, long_ago))
    spool.remove_leftovers()
    assert set(folder.iterdir()) == {under_way, accepted}


def test_a_drain_removes_it(folder: Path) -> None:
    left = folder / f"1{spool.SUFFIX}{PARTIAL}"
    left.touch()
    os.utime(left, (0, 0))
    assert SpoolDrain().run_batch() == 0
    assert not left.exists()
