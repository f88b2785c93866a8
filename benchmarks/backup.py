"""A backup of 500,000 messages against a bare `pg_dump -Fc` to the same disk, and its proof against a bare `pg_restore`, in turns."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

CUSTOMERS, MESSAGES, ROUNDS = 10_000, 500_000, 3
MEGABYTE = 1 << 20


def run() -> dict[str, float]:
    """Return the medians of ratios of rounds, seconds, and sizes."""
    from django.conf import settings
    from django.core.management import call_command

    from crm.backups.making import make_backup, our_keys
    from crm.backups.proving import verify_backup
    from crm.models import Backup
    from crm.setup import prepare_installation

    prepare_installation()
    our_keys().make_recovery_key()
    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    dump = Path(settings.BACKUP_DIR) / "bare.dump"
    dump.parent.mkdir(exist_ok=True)
    seconds: dict[str, list[float]] = {"pg_dump": [], "backup": [], "pg_restore": [], "verify": []}
    made: list[Backup] = []
    for _ in range(ROUNDS):
        seconds["pg_dump"].append(_timed(lambda: _dump(dump)))
        seconds["backup"].append(_timed(lambda: made.append(make_backup(trigger=Backup.Trigger.COMMAND))))
        seconds["pg_restore"].append(_timed(lambda: _restore(dump)))
        seconds["verify"].append(_timed(lambda: verify_backup(made[-1].name)))
    return {
        **{f"{name}, seconds": median(values) for name, values in seconds.items()},
        "backup / pg_dump -Fc": _ratio(seconds, "backup", "pg_dump"),
        "verify_backup / pg_restore": _ratio(seconds, "verify", "pg_restore"),
        "size of the dump, MB": dump.stat().st_size / MEGABYTE,
        "size of the backup, MB": (made[-1].size or 0) / MEGABYTE,
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ratio(seconds: dict[str, list[float]], ours: str, bare: str) -> float:
    return median(a / b for a, b in zip(seconds[ours], seconds[bare], strict=True))


def _dump(file: Path) -> None:
    """Do what anybody would: pg_dump in its own format, as it is set, brought to the disk."""
    from crm.backups.database import live_address

    live = live_address()
    words = [_program("pg_dump"), "-Fc", "-d", live.as_word(), "-f", str(file)]
    subprocess.run(words, check=True, env=live.environment())  # noqa: S603 - PostgreSQL's own


def _restore(file: Path) -> None:
    from crm.backups.database import live_address
    from crm.backups.scratch import scratch_database

    with scratch_database(live_address()) as scratch:
        words = [_program("pg_restore"), "--exit-on-error", "-d", scratch.as_word(), str(file)]
        subprocess.run(words, check=True, env=scratch.environment())  # noqa: S603 - PostgreSQL's own


def _program(name: str) -> str:
    from crm.backups.database import Programs, live_address

    with live_address().connect() as connection:
        return Programs(connection.info.server_version).path(name)
