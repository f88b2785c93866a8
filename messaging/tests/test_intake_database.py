"""The intake's own connection: whatever is wrong with the database, the delivery is kept and the platform answered."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from crm.tests.factories import make_channel
from messaging.ingest import spool
from messaging.ingest.database import DatabaseAway, database
from messaging.models import WebhookDelivery
from messaging.tests.webhooks import messenger, post, text_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def spool_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


@pytest.fixture
def silent_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in for a PostgreSQL that lets one in and then answers nothing, for some seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_let_in, args=(listener,), daemon=True).start()
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "hostaddr", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "sslmode", "disable")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(listener.getsockname()[1]))
        yield


def _let_in(listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(10_000)
        encoding = b"client_encoding\x00UTF8\x00"
        for kind, content in ((b"R", bytes(4)), (b"S", encoding), (b"Z", b"I")):  # welcome, a parameter, ready
            client.sendall(kind + struct.pack("!I", len(content) + 4) + content)
        time.sleep(6)


@pytest.mark.usefixtures("silent_server")
def test_a_server_that_lets_one_in_and_then_hangs_holds_nobody_up(settings: Settings) -> None:
    settings.WEBHOOK_DATABASE_SECONDS = 1.0
    started = time.monotonic()
    with pytest.raises(DatabaseAway):
        database.execute("SELECT 1", [])
    assert time.monotonic() - started < 3


def test_what_is_committed_is_on_disk_whatever_the_database_is_set_to(settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET synchronous_commit TO off")
    assert database.execute("SHOW synchronous_commit", []) == [("on",)]


@pytest.mark.skipif(connection.settings_dict["ENGINE"] != "crm.embedded_postgres", reason="a server of somebody else's")
@pytest.mark.parametrize("trouble", ["data that it cannot use", "a file in the folder's place"])
def test_a_server_that_cannot_be_started_is_a_database_that_is_away(
    settings: Settings, tmp_path: Path, spool_folder: Path, trouble: str
) -> None:
    channel = make_channel("messenger", external_id="100")
    settings.EMBEDDED_POSTGRES_DIR = tmp_path / "postgres"
    if trouble == "data that it cannot use":
        (tmp_path / "postgres" / "data").mkdir(parents=True)
        (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    else:
        (tmp_path / "postgres").touch()
    assert post(channel, messenger(channel, text_message("m_1", "hello"))).status_code == 200
    assert not WebhookDelivery.objects.exists()
    assert [spool.read(file).slug for file in spool.waiting()] == [channel.slug]
