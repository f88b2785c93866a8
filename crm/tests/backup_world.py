"""Backups of a test's own: a folder, keys, and a database with something in it."""

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from crm.backups import places
from crm.backups.database import MAINTENANCE, live_address
from crm.backups.making import make_backup, our_keys
from crm.backups.scratch import BEHIND, begin_of_name
from crm.canary import create_canary
from crm.models import Backup
from crm.tests.factories import make_channel, make_customer, make_identity

FOLDER = "django.core.files.storage.FileSystemStorage"
ARABIC = "مريم عادل"


def point_at(settings: Any, folder: Path) -> None:
    """Let backups, their keys and the files of messages lie in a folder."""
    settings.BACKUP_DIR, settings.BACKUP_KEYS_DIR = folder / "backups", folder / "keys"
    settings.MEDIA_ROOT = folder / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": FOLDER},
        "backups": {"BACKEND": FOLDER, "OPTIONS": {"location": str(folder / "backups")}},
    }


def fill() -> str:
    """Put some rows and files there, and return the recovery key."""
    create_canary()
    customer = make_customer(name=ARABIC, phone="+201012345678")
    make_identity(make_channel(), customer=customer, name="a\\b\t'\"\n")
    for name in ("2026/a.jpg", "2026/11/صورة.png", "b"):
        default_storage.save(name, ContentFile(name.encode() * 1000))
    return our_keys().make_recovery_key()


def make() -> Backup:
    """Make a backup as the command does."""
    return make_backup(trigger=Backup.Trigger.COMMAND)


def path_of(backup: Backup) -> Path:
    """Return where its file lies."""
    return places.working_folder() / backup.name


def databases() -> set[str]:
    """Return the names of all databases of the server but the scratch ones of tests that run beside ours."""
    live = live_address()
    with live.database(MAINTENANCE).connect() as server:
        found = {name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()}
    return {name for name in found if BEHIND not in name or name.startswith(begin_of_name(live.name))}
