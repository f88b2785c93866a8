"""Each system check says what is wrong, and says nothing where all is well."""

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.management import CommandError, call_command
from django.db import connection, connections, models
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.test.utils import isolate_apps
from pytest_django.fixtures import Settings

from crm.checks import encrypted_values_are_tied_down, postgres
from crm.encrypted_fields import EncryptedField
from crm.tests.keys import key_of

DRAINS = "crm.tests.working_drains"


def found(*, deploy: bool = False) -> list[str]:
    """Return the ids of what our own checks complain of."""
    return [
        str(message.id)
        for message in run_checks(include_deployment_checks=deploy)
        if str(message.id).startswith("crm.")
    ]


def test_all_is_well_with_the_settings_of_tests() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "complaints"),
    [
        ({"FIELD_ENCRYPTION_KEYS": []}, ["crm.E001"]),
        ({"FIELD_ENCRYPTION_KEYS": [key_of("a"), "short"]}, ["crm.E002"]),
        ({"BLIND_INDEX_KEY": "short"}, ["crm.E002"]),
        ({"BLIND_INDEX_KEY": ""}, ["crm.E002"]),
        ({"FIELD_ENCRYPTION_KEYS": [key_of("b"), key_of("a")], "BLIND_INDEX_KEY": key_of("a")}, ["crm.E003"]),
        ({"FIELD_ENCRYPTION_KEYS": [key_of("b"), key_of("a")], "BLIND_INDEX_KEY": key_of("i")}, []),
        ({"DRAINS": {"a": f"{DRAINS}.Nothing"}}, ["crm.E004"]),
        ({"DRAINS": {"a": "nowhere.Drain"}}, ["crm.E004"]),
        ({"DRAINS": {"a": "Drain"}}, ["crm.E004"]),
        ({"DRAINS": {"a": f"{DRAINS}.SECRET"}}, ["crm.E004"]),
        ({"DRAINS": {"a": f"{DRAINS}.Counting"}}, []),
    ],
)
def test_settings(settings: Settings, changed: dict[str, Any], complaints: list[str]) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    assert found() == complaints


def test_no_key_is_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["marker-of-a-key"]
    with pytest.raises(CommandError) as refusal:
        call_command("check")
    assert "crm.E002" in str(refusal.value)
    assert "marker" not in str(refusal.value) + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("address", "complaints"), [("http://shop.example", ["crm.W001"]), ("https://shop.example", [])]
)
def test_platforms_deliver_to_https(settings: Settings, address: str, complaints: list[str]) -> None:
    settings.PUBLIC_BASE_URL = address
    assert found(deploy=True) == complaints
    assert found() == []


@pytest.mark.parametrize(
    ("host", "sslmode", "complaints"),
    [
        ("", None, []),
        ("localhost", None, []),
        ("/run/postgresql", None, []),
        ("db.shop.example", None, ["crm.W002"]),
        ("db.shop.example", "prefer", ["crm.W002"]),
        ("10.0.0.5", "require", []),
        ("db.shop.example", "verify-full", []),
    ],
)
@pytest.mark.parametrize("alias", ["default", "replica"])
def test_a_database_elsewhere_is_reached_by_tls(
    settings: Settings, alias: str, host: str, sslmode: str | None, complaints: list[str]
) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"
    options = {"sslmode": sslmode} if sslmode else {}
    with warnings.catch_warnings(action="ignore"):  # Django's, that an override may have no effect; the check reads it
        settings.DATABASES = {"default": {"HOST": ""}, alias: {"HOST": host, "OPTIONS": options}}
    assert found(deploy=True) == complaints


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("redis://127.0.0.1:6379/0", False),
        ("redis://:marker@cache.shop.example:6379/0", True),
        ("rediss://:marker@cache.shop.example:6379/0", False),
        ("amqp://shop:marker@queue.shop.example//", True),
        ("amqps://shop:marker@queue.shop.example//", False),
        ("filesystem://", False),
    ],
)
def test_a_redis_or_broker_elsewhere_is_reached_by_tls(settings: Settings, url: str, complaint: bool) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"
    settings.CELERY_BROKER_URL = url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    messages = [message for message in run_checks(include_deployment_checks=True) if message.id == "crm.W003"]
    assert [message.msg.partition(" ")[0] for message in messages] == ["CACHE_URL", "CELERY_BROKER_URL"][
        : 2 * complaint
    ]
    assert "marker" not in str(messages)


@isolate_apps("crm")
def test_encrypted_fields_are_tied_to_their_row_and_label(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loose(models.Model):  # noqa: DJ008 - never shown
        secret = EncryptedField("loose.secret")

        class Meta:
            app_label = "crm"

    class Odd(models.Model):  # noqa: DJ008
        uid = models.CharField(max_length=36)
        secret = EncryptedField("odd.secret")

        class Meta:
            app_label = "crm"

    class Twice(models.Model):  # noqa: DJ008
        uid = models.UUIDField()
        first = EncryptedField("twice.secret")
        second = EncryptedField("twice.secret")
        third = EncryptedField("twice.third")

        class Meta:
            app_label = "crm"

    monkeypatch.setattr("crm.encrypted_fields.apps", Loose._meta.apps)
    complaints = [(str(message.obj), message.id) for message in encrypted_values_are_tied_down(None)]
    assert complaints == [
        ("crm.Loose.secret", "crm.E007"),
        ("crm.Odd.secret", "crm.E007"),
        ("crm.Twice.first", "crm.E006"),
        ("crm.Twice.second", "crm.E006"),
    ]


def about(alias: str) -> list[CheckMessage]:
    return list(postgres(None, databases=[alias]))


@contextmanager
def connected(alias: str, wrapper: Any) -> Iterator[None]:
    connections[alias] = wrapper
    try:
        yield
    finally:
        wrapper.close()
        del connections[alias]


@pytest.mark.django_db
class TestDatabase:
    def test_ours_will_do(self) -> None:
        assert about("default") == []
        assert list(postgres(None)) == []

    def test_another_product_will_not(self) -> None:
        wrapper = SqliteWrapper({**connection.settings_dict, "NAME": ":memory:", "OPTIONS": {}}, "other")
        with connected("other", wrapper):
            assert [(message.id, message.obj) for message in about("other")] == [("crm.E005", "other")]

    def test_an_old_server_will_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DatabaseWrapper, "get_database_version", lambda wrapper: (14, 12))
        assert [message.id for message in about("default")] == ["crm.E005"]

    @pytest.mark.parametrize("form", ["ENCODING 'UTF8' LC_CTYPE 'C'", "ENCODING 'LATIN1' LOCALE 'C'"])
    def test_a_database_that_knows_ascii_alone_will_not(self, form: str) -> None:
        name = f"{connection.settings_dict['NAME']}_ascii"
        wrapper = connection.copy("other")
        wrapper.settings_dict["NAME"] = name
        with closing(connection.copy()) as outside, outside.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 {form}")
            try:
                with connected("other", wrapper):
                    assert [message.id for message in about("other")] == ["crm.E008"]
            finally:
                cursor.execute(f"DROP DATABASE {name}")
