"""The file of secrets that the first run writes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environ
from django.conf import settings

from config.env_file import write
from crm.encryption import decode_key


def test_it_is_for_its_owner_alone_and_holds_good_keys(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    env = environ.Env()
    env.read_env(path, overwrite=False)
    values = dict(line.split("=", 1) for line in path.read_text().splitlines() if not line.startswith("#"))
    assert len(values["SECRET_KEY"]) >= 50
    keys = {decode_key(values[name], name) for name in ("FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY")}
    assert len(keys) == 2


def test_it_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=mine\n")
    assert not write(path)
    assert path.read_text() == "SECRET_KEY=mine\n"
    assert list(tmp_path.iterdir()) == [path]


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b")
    secrets = [
        {line for line in (tmp_path / name).read_text().splitlines() if "KEY" in line and not line.startswith("#")}
        for name in "ab"
    ]
    assert not secrets[0] & secrets[1]


def test_of_many_at_once_one_wins_and_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    program = f"from pathlib import Path; from config.env_file import write; print(write(Path({str(path)!r})))"

    def run_once(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(run_once, range(8))) == ["False"] * 7 + ["True"]
    assert path.read_text().endswith("DEBUG=False\n")
    assert list(tmp_path.iterdir()) == [path]
