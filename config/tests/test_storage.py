"""Files go to a bucket where one is named, and half a configuration is told of."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import environ
import pytest
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from config.storage import FOLDER, files_storage, half_configured

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "word"}
BUCKET = {"AWS_STORAGE_BUCKET_NAME": "shop", "AWS_S3_REGION_NAME": "eu-central-1"}


def environment(values: dict[str, str]) -> environ.Env:
    """Return an environment of its own, in place of the process's."""
    env = environ.Env()
    env.ENVIRON = values
    return env


class Bucket(BaseHTTPRequestHandler):
    """Speaks as much of S3 as a storage of files needs."""

    protocol_version = "HTTP/1.1"
    kept: dict[str, bytes]
    signed: list[bool]

    def do_PUT(self) -> None:
        self.signed.append("AWS4-HMAC-SHA256" in self.headers.get("Authorization", ""))
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(200 if self.path in self.kept else 404, self.kept.get(self.path, b""))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.kept.pop(self.path, None)
        self._answer(204)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Mon, 04 May 2026 12:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def bucket() -> Iterator[tuple[str, type[Bucket]]]:
    kind = type("OneBucket", (Bucket,), {"kept": {}, "signed": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


def test_without_a_bucket_files_stay_on_this_machine() -> None:
    assert files_storage(environment({})) == {"BACKEND": FOLDER}
    assert half_configured(environment({})) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_files_are_written_to_a_bucket_read_and_removed(bucket: tuple[str, type[Bucket]]) -> None:
    url, kind = bucket
    named = BUCKET | KEYS | {"AWS_S3_ENDPOINT_URL": url, "AWS_LOCATION": "crm"}
    storage: Storage = storages.create_storage(files_storage(environment(named)))
    name = storage.save("media/2026/a", ContentFile(b"0123456789"))
    assert name == "media/2026/a"
    assert kind.kept == {"/shop/crm/media/2026/a": b"0123456789"}
    assert kind.signed == [True]
    with storage.open(name) as file:
        file.seek(4)
        assert file.read(3) == b"456"
    storage.delete(name)
    storage.delete(name)
    assert kind.kept == {}
    with pytest.raises(FileNotFoundError):
        storage.open(name)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (BUCKET, []),
        (BUCKET | KEYS, []),
        (KEYS, []),  # of AWS's other tools
        ({"AWS_S3_ENDPOINT_URL": "https://s3.example.com"}, ["AWS_STORAGE_BUCKET_NAME"]),
        (BUCKET | {"AWS_ACCESS_KEY_ID": "key"}, ["AWS_SECRET_ACCESS_KEY"]),
        (KEYS | {"AWS_STORAGE_BUCKET_NAME": "shop"}, ["AWS_S3_REGION_NAME"]),
    ],
)
def test_half_a_configuration_is_told_of(values: dict[str, str], missing: list[str], settings: Any) -> None:
    settings.STORAGE_PROBLEMS = half_configured(environment(values))
    told = [message.msg for message in run_checks(tags=["files"]) if message.id == "crm.E009"]
    assert len(told) == len(missing)
    assert all(name in sentence for name, sentence in zip(missing, told, strict=True))
