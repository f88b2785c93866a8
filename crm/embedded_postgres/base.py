"""Django's PostgreSQL backend, on the embedded server."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from crm.embedded_postgres.server import EmbeddedServer


class DatabaseWrapper(base.DatabaseWrapper):
    """Start the server when the first connection is asked for, never when settings are read."""

    def get_connection_params(self) -> dict[str, Any]:
        server = EmbeddedServer.in_folder(settings.EMBEDDED_POSTGRES_DIR)
        server.join()
        return {**super().get_connection_params(), "host": str(server.socket_dir), "user": server.ROLE}
