"""A disk that is full: no half file is taken for a backup, what is live stays as it was, and once there is room all of it works."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrage.x25519 import Identity

from config.tests.test_backups_running import SCRATCH, content, error_of, files
from messaging.tests.installation import Installation

#: Whether we have the capability CAP_SYS_ADMIN, see capabilities(7): whoever may mount a disk makes one that is full.
MAY_MOUNT = int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0], 16) >> 21 & 1
pytestmark = [pytest.mark.takes(40), pytest.mark.skipif(not MAY_MOUNT, reason="an ordinary user mounts no disk")]

ROOM, MEDIA = 2 << 20, 5 << 20


@pytest.fixture
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="migochat-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m,mode=755", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def shop(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """An installation whose database, backups and files are all on that disk."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(small_disk))
        found = Installation(BACKUP_RECOVERY_RECIPIENT=str(Identity.generate().to_public()))
    yield found
    found.close()


def test_backup_proof_and_restore(shop: Installation, small_disk: Path) -> None:
    picture = shop.folder / "media" / "2026" / "big.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(os.urandom(MEDIA))
    shop.manage("backup")
    [good] = files(shop)
    before, kept = content(shop), {path.name for path in good.parent.iterdir()}
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - ROOM))
    assert "No space left on device" in error_of(shop, "backup")
    for words in (("verify_backup", good.name), ("restore", good.name, "--yes")):
        assert "There is too little room on the disk of the database" in error_of(shop, *words)
    assert {path.name for path in good.parent.iterdir()} == kept
    assert [state for (state,) in shop.sql("SELECT state FROM crm_backup ORDER BY id")] == ["complete", "failed"]
    assert content(shop) == before
    filler.unlink()
    shop.manage("verify_backup")
    shop.manage("restore", good.name, "--yes")
    assert content(shop) == before
    assert shop.sql(SCRATCH) == [(0,)]
