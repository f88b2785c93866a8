"""The file of a backup: what is read is what was written, and whatever was done to it in between is refused."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import pytest
from pyrage.x25519 import Identity

from crm.backups import archive
from crm.backups.keys import BackupKeys, identity_of, open_settings, seal_settings
from crm.backups.manifest import FORMAT, Manifest, TableContent, header
from crm.backups.reading import read_backup
from crm.backups.refusals import BackupFailed, BackupRefused
from crm.whole_files import whole_file

MACHINE, RECOVERY, STRANGER = Identity.generate(), Identity.generate(), Identity.generate()
KEY, NAME = b"k" * 32, "migochat-20261127-020000-123456.age"
DATABASE = bytes(range(256)) * 400
PICTURE = b"\x89PNG" + bytes(5000)


def manifest(**changes: object) -> Manifest:
    import hashlib

    media = hashlib.sha256(f"{len(PICTURE)} media/2026/a.png\n".encode() + PICTURE).hexdigest()
    values = {
        "name": NAME,
        "at": "2026-11-27T02:00:00+00:00",
        "postgres": "18.6",
        "django": "5.2",
        "migrations": ["crm.0001_initial"],
        "tables": {"crm_customer": TableContent(3, "00ff")},
        "database_bytes": len(DATABASE),
        "database_sha256": hashlib.sha256(DATABASE).hexdigest(),
        "media_files": 1,
        "media_bytes": len(PICTURE),
        "media_sha256": media,
    }
    return Manifest(**(values | changes))  # type: ignore[arg-type]  # as given


def usual_parts() -> dict[str, bytes]:
    """Return the files of a good backup by name, in order."""
    return {
        archive.HEADER: header(NAME),
        "database/000001": DATABASE[:60_000],
        "database/000002": DATABASE[60_000:],
        "media/2026/a.png": PICTURE,
        archive.KEYS: seal_settings({"BLIND_INDEX_KEY": "secret"}, RECOVERY.to_public()),
        archive.MANIFEST: manifest().sealed(KEY),
    }


def write(path: Path, parts: Iterable[bytes]) -> Path:
    with whole_file(path) as file:
        archive.write_encrypted(parts, file, [MACHINE.to_public(), RECOVERY.to_public()])
    return path


def written(folder: Path, files: dict[str, bytes]) -> Path:
    pieces = [piece for name, content in files.items() for piece in archive.member(name, content)]
    return write(folder / NAME, [*pieces, archive.ending()])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path, usual_parts())


def refusal(path: Path, identity: Identity = MACHINE) -> str:
    with pytest.raises(BackupRefused) as refused:
        read_backup(path, [identity], KEY)
    return str(refused.value)


@pytest.mark.parametrize("identity", [MACHINE, RECOVERY])
def test_both_keys_open_it_and_all_of_it_comes_back(good: Path, identity: Identity) -> None:
    found: dict[str, bytes] = {}

    def keep(name: str, size: int, file: IO[bytes]) -> None:
        found[name] = file.read()
        assert len(found[name]) == size

    contents = read_backup(good, [identity], KEY, keep)
    assert contents.manifest == manifest()
    assert contents.manifest.rows == 3
    assert found["database/000001"] + found["database/000002"] == DATABASE
    assert found["media/2026/a.png"] == PICTURE
    assert good.stat().st_mode & 0o777 == 0o600


def test_what_is_sealed_in_it_opens_for_the_recovery_key_only(good: Path) -> None:
    sealed = read_backup(good, [MACHINE], KEY).sealed_keys
    assert open_settings(sealed, RECOVERY) == {"BLIND_INDEX_KEY": "secret"}
    with pytest.raises(BackupRefused, match="another recovery key"):
        open_settings(sealed, MACHINE)


def test_it_is_a_tar_in_age_that_other_programs_read(good: Path, tmp_path: Path) -> None:
    import pyrage

    (tmp_path / "plain.tar").write_bytes(pyrage.decrypt(good.read_bytes(), [RECOVERY]))
    subprocess.run(["tar", "xf", "plain.tar"], cwd=tmp_path, check=True)
    parts = sorted((tmp_path / "database").iterdir())
    assert b"".join(part.read_bytes() for part in parts) == DATABASE


def test_a_changed_byte_is_noticed_wherever_it_is(good: Path, tmp_path: Path) -> None:
    content, damaged = good.read_bytes(), tmp_path / "damaged" / NAME
    damaged.parent.mkdir()
    places = range(0, len(content), 1000)
    assert len(places) > 100
    for place in places:
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert refusal(damaged)


def test_a_file_that_was_cut_is_noticed(good: Path, tmp_path: Path) -> None:
    content, cut = good.read_bytes(), tmp_path / "cut" / NAME
    cut.parent.mkdir()
    for length in [*(len(content) * tenth // 10 for tenth in range(10)), len(content) - 1]:
        cut.write_bytes(content[:length])
        assert refusal(cut)
    for added in (b"x", b"\0" * 600, content):
        cut.write_bytes(content + added)
        assert "damaged or cut off" in refusal(cut)


def test_a_strangers_key_does_not_open_it(good: Path) -> None:
    assert "does not open with this key" in refusal(good, STRANGER)


def test_what_anybody_could_have_encrypted_to_our_public_keys_is_not_ours(tmp_path: Path) -> None:
    forged = usual_parts() | {archive.MANIFEST: manifest().sealed(b"another installation's key......")}
    assert "not made by this installation" in refusal(written(tmp_path, forged))


@pytest.mark.parametrize(
    "name",
    [
        "media/../../../etc/cron.d/evil",
        "/etc/cron.d/evil",
        "media//etc/passwd",
        "media/a/../../evil",
        "media/./a",
        "media/",
        "..",
        "media/a\\..\\evil",
        "database/000004",
        "database/1",
        "something.else",
        archive.HEADER,
    ],
)
def test_files_that_would_go_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    files = usual_parts()
    last = {part: files.pop(part) for part in (archive.KEYS, archive.MANIFEST)}
    touched: list[str] = []
    path = written(tmp_path, {**files, name: b"evil", **last})
    with pytest.raises(BackupRefused):
        read_backup(path, [MACHINE], KEY, lambda given, size, file: touched.append(given))
    assert name not in touched


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_folders_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("media/link")
    info.type, info.linkname = kind, "/etc/passwd"
    first = list(archive.member(archive.HEADER, header(NAME)))
    assert "what we never put into one" in refusal(write(tmp_path / NAME, [*first, info.tobuf(), archive.ending()]))


@pytest.mark.parametrize(
    "missing", [archive.HEADER, archive.KEYS, archive.MANIFEST, "database/000001", "media/2026/a.png"]
)
def test_a_part_that_is_missing_is_noticed(tmp_path: Path, missing: str) -> None:
    files = usual_parts()
    del files[missing]
    assert refusal(written(tmp_path, files))


@pytest.mark.parametrize("part", ["database/000002", "media/2026/a.png"])
def test_a_part_of_another_backup_is_noticed(tmp_path: Path, part: str) -> None:
    files = usual_parts()
    files[part] = files[part][:-1] + b"!"
    assert "damaged" in refusal(written(tmp_path, files))


def test_a_newer_format_is_named(tmp_path: Path) -> None:
    newer = header(NAME).replace(f'"format": {FORMAT}'.encode(), b'"format": 99')
    assert "made by a newer release" in refusal(written(tmp_path, usual_parts() | {archive.HEADER: newer}))


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> X25519 "])
def test_what_is_no_backup_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    assert "backup" in refusal(path)


def test_a_tar_that_stops_short_is_noticed_though_its_encryption_is_whole(tmp_path: Path) -> None:
    pieces = b"".join(piece for name, part in usual_parts().items() for piece in archive.member(name, part))
    for length in (0, 100, 60_000, len(pieces) - 700):
        assert refusal(write(tmp_path / NAME, [pieces[:length]]))


def test_an_error_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    def parts() -> Iterable[bytes]:
        yield from archive.member(archive.HEADER, header(NAME))
        yield bytes(300_000)
        raise BackupFailed("pg_dump failed")

    with pytest.raises(BackupFailed, match="pg_dump failed"):
        write(tmp_path / NAME, parts())
    assert list(tmp_path.iterdir()) == []


def test_a_source_shorter_than_it_said_is_an_error() -> None:
    with pytest.raises(EOFError):
        list(archive.member_of_size("media/a", 10, io.BytesIO(b"short")))


def test_the_recovery_key_is_made_once(tmp_path: Path) -> None:
    keys = BackupKeys(tmp_path / "keys")
    with pytest.raises(BackupFailed, match="no recovery key yet"):
        keys.recovery()
    secret = keys.make_recovery_key()
    assert str(identity_of(secret).to_public()) == str(keys.recovery())
    assert keys.make_recovery_key() == ""
    kept = "".join(path.read_text() for path in (tmp_path / "keys").iterdir())
    assert secret not in kept
    assert str(keys.machine()) == str(BackupKeys(tmp_path / "keys").machine())
    assert (tmp_path / "keys" / "machine.key").stat().st_mode & 0o777 == 0o600
    shutil.rmtree(tmp_path / "keys")


def test_keys_of_the_environment_win(tmp_path: Path) -> None:
    keys = BackupKeys(tmp_path, machine_key=str(MACHINE), recovery_recipient=str(RECOVERY.to_public()))
    assert str(keys.machine()) == str(MACHINE)
    assert str(keys.recovery()) == str(RECOVERY.to_public())
    assert (keys.make_recovery_key(), list(tmp_path.iterdir())) == ("", [])


@pytest.mark.parametrize("text", ["", "age1abc", "AGE-SECRET-KEY-1NONSENSE"])
def test_what_is_no_key_is_said_so(text: str) -> None:
    with pytest.raises(BackupFailed, match="AGE-SECRET-KEY-1"):
        identity_of(text)


def test_a_key_is_found_among_the_lines_that_age_writes() -> None:
    assert str(identity_of(f"# created: today\n# public key: age1…\n{MACHINE}\n")) == str(MACHINE)
