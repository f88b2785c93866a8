"""Django's PostgreSQL backend, on the embedded server."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base, client

from crm.embedded_postgres.places import ServerError
from crm.embedded_postgres.server import EmbeddedServer


def joined_server() -> EmbeddedServer:
    """Return the server of this installation, running.

    Raises:
        django.db.OperationalError: it cannot be started.
    """
    server = EmbeddedServer.in_folder(settings.EMBEDDED_POSTGRES_DIR)
    try:
        server.join()
    except ServerError as error:
        raise OperationalError(str(error)) from error
    return server


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql that belongs to the server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        server = joined_server()
        address = {"HOST": str(server.socket_dir), "USER": server.ROLE}
        words, environment = super().settings_to_cmd_args_env({**settings_dict, **address}, parameters)
        return [str(server.programs / words[0]), *words[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    """Start the server when the first connection is asked for, never when settings are read."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        server = joined_server()
        return {**super().get_connection_params(), "host": str(server.socket_dir), "user": server.ROLE}
