"""Backups in a bucket: made on this machine, kept there, fetched to be proven, removed when they are old."""

from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pytest
from django.core.management import CommandError, call_command

from config.broker import broker_options
from config.storage import FOLDER, backups_storage
from config.tests.test_storage import BUCKET, KEYS, Bucket, bucket, environment  # noqa: F401 - a fixture
from crm.backups import places
from crm.backups.making import make_backup
from crm.backups.proving import latest, verify_backup
from crm.backups.refusals import BackupFailed
from crm.models import Backup
from crm.tests.backup_world import fill, point_at


def listing(self: Bucket) -> None:
    """Answer what is in the bucket, or a file of it."""
    query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
    if "delimiter" not in query:
        self._answer(200 if self.path in self.kept else 404, self.kept.get(self.path, b""))
        return
    keys = [key.removeprefix("/backups/") for key in self.kept]
    found = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in keys)
    text = f"<ListBucketResult><Name>backups</Name><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
    self._answer(200, text.encode())


def fill_shop(url: str, settings: Any, folder: Path) -> None:
    """Have an installation with something in it whose backups go to the bucket at `url`; all else is below `folder`."""
    point_at(settings, folder)
    fill()
    named = KEYS | {"BACKUP_STORAGE_BUCKET_NAME": "backups", "AWS_S3_ENDPOINT_URL": url}
    settings.STORAGES = {**settings.STORAGES, "backups": backups_storage(environment(named), folder)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_they_go_there_and_come_back(
    bucket: tuple[str, type[Bucket]],  # noqa: F811 - the fixture
    settings: Any,
    tmp_path: Path,
) -> None:
    url, kind = bucket
    kind.do_GET = listing  # type: ignore[method-assign]  # a class of this test's own
    fill_shop(url, settings, tmp_path)
    made = make_backup(trigger=Backup.Trigger.COMMAND)
    assert set(kind.kept) == {f"/backups/{made.name}", f"/backups/{made.name}.json"}
    assert len(kind.kept[f"/backups/{made.name}"]) == made.size
    assert list(places.working_folder().iterdir()) == []
    assert latest() == made.name
    verify_backup(made.name)
    assert list(places.working_folder().iterdir()) == []
    kind.kept[f"/backups/{made.name}"] = kind.kept[f"/backups/{made.name}"][:-1]
    with pytest.raises(BackupFailed, match="damaged or cut off"):
        verify_backup(made.name)
    places.remove(made.name)
    assert kind.kept == {}
    call_command("check", verbosity=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_bucket_that_refuses_is_named(
    bucket: tuple[str, type[Bucket]],  # noqa: F811 - the fixture
    settings: Any,
    tmp_path: Path,
) -> None:
    url, kind = bucket
    kind.do_GET = kind.do_HEAD = kind.do_PUT = refuse  # type: ignore[method-assign]  # a class of this test's own
    fill_shop(url, settings, tmp_path)
    name = "migochat-20261127-020000-123456.age"
    for words in (["backup"], ["verify_backup"], ["verify_backup", name], ["restore", name, "--yes"]):
        with pytest.raises(CommandError, match=r"ClientError"):
            call_command(*words, stdout=StringIO(), stderr=StringIO())
    assert kind.kept == {}
    assert not Backup.objects.made().exists()


def refuse(self: Bucket) -> None:
    """Answer as a bucket does to a key that has been withdrawn."""
    self._answer(403)


def test_without_a_bucket_they_stay_in_the_folder(tmp_path: Path) -> None:
    found = backups_storage(environment(BUCKET | KEYS), tmp_path)
    assert (found["BACKEND"], found["OPTIONS"]["location"]) == (FOLDER, str(tmp_path))


def test_a_bucket_of_their_own_has_what_is_said_of_it_and_else_what_files_have(tmp_path: Path) -> None:
    named = {
        "BACKUP_STORAGE_BUCKET_NAME": "backups",
        "BACKUP_ACCESS_KEY_ID": "other",
        "BACKUP_SECRET_ACCESS_KEY": "words",
        "AWS_LOCATION": "media",
    }
    options = backups_storage(environment(BUCKET | KEYS | named), tmp_path)["OPTIONS"]
    assert {
        name: options.get(name) for name in ("bucket_name", "region_name", "access_key", "secret_key", "location")
    } == {
        "bucket_name": "backups",
        "region_name": "eu-central-1",
        "access_key": "other",
        "secret_key": "words",
        "location": None,
    }


@pytest.mark.parametrize("url", ["redis://localhost:6379/1", "amqp://localhost//"])
def test_a_hint_that_cannot_be_left_is_given_up_soon(url: str, tmp_path: Path) -> None:
    options = broker_options(url, tmp_path)
    assert options["max_retries"] == 1
    assert not url.startswith("redis") or options["socket_timeout"] <= 5


def test_without_a_broker_hints_are_files(tmp_path: Path) -> None:
    options = broker_options("filesystem://", tmp_path)
    assert options["data_folder_in"] == options["data_folder_out"] == str(tmp_path / "queue")
