"""Whether there is room for the next backup, and for proving it."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.backups.alerts import alert
from crm.backups.places import working_folder
from crm.models import Backup


def check_space() -> bool:
    """See that there is room, and tell administrators where there is not; return whether there is."""
    short = shortages()
    for folder, text in short:
        alert(f"space:{timezone.localdate()}:{folder}", text)
    return not short


def shortages() -> list[tuple[Path, str]]:
    """Return the folders that have too little room for the next backup, each with what is wrong in words."""
    text = _("Too little space for the backups: %(folder)s has %(free)s free, and %(need)s are needed.")
    return [
        (folder, text % {"folder": folder, "free": filesizeformat(free), "need": filesizeformat(need)})
        for folder, need in _needs()
        if (free := shutil.disk_usage(folder).free) < need
    ]


def _needs() -> list[tuple[Path, int]]:
    """Return folders, and the bytes that should be free there: half as much again as was needed last."""
    last = Backup.objects.made().values_list("size", flat=True).first() or 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (database,) = cursor.fetchone()
    needs = [(working_folder(), (last or database) * 3 // 2)]
    if connection.settings_dict["ENGINE"] == "crm.embedded_postgres":
        needs.append((Path(settings.EMBEDDED_POSTGRES_DIR), database * 3 // 2))
    return needs
