"""A scratch installation: a database server, settings and rows of its own, gone at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_installation() -> Iterator[Path]:
    """Point Django at a new embedded server in a temporary folder, migrated; yields the folder."""
    folder = Path(tempfile.mkdtemp(prefix="migochat-bench-"))
    folder.chmod(0o755)
    os.environ.pop("DATABASE_URL", None)
    (folder / "static").mkdir()
    os.environ |= {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from crm.embedded_postgres.server import EmbeddedServer

    call_command("migrate", verbosity=0)
    try:
        yield folder
    finally:
        from django.db import connections

        connections.close_all()
        EmbeddedServer.in_folder(settings.EMBEDDED_POSTGRES_DIR).leave()
        shutil.rmtree(folder, ignore_errors=True)
