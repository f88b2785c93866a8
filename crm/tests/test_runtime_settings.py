"""Settings declared in code, overridden in the admin."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from crm import runtime_settings
from crm.models import Setting, User
from crm.runtime_settings import Declared, change, reset, value_of

pytestmark = pytest.mark.django_db
HOURS = "channels.silent_after_hours"
TOKEN = Declared(
    key="test.token", kind="text", default="", title=_("Token"), help=_("A secret."), category=_("Test"), sensitive=True
)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    runtime_settings.forget()
    yield
    runtime_settings.forget()


@pytest.fixture
def token() -> Iterator[Declared]:
    runtime_settings.declare(TOKEN)
    yield TOKEN
    del runtime_settings._declared[TOKEN.key]


@pytest.fixture
def dina() -> User:
    return User.objects.create(email="dina@shop.example", is_superuser=True)


@pytest.fixture
def administrator(dina: User) -> Client:
    client = Client()
    client.force_login(dina)
    return client


def test_a_row_overrides_the_default_until_it_is_reset(dina: User) -> None:
    assert value_of(HOURS) == 48
    row = change(key=HOURS, value="5", by=dina)
    assert (value_of(HOURS), row.updated_by) == (5, dina)
    reset(key=HOURS)
    assert value_of(HOURS) == 48


@pytest.mark.parametrize("value", ["", "many", "0", "-3", "1000000", "2.5"])
def test_a_value_outside_its_type_or_bounds_is_refused(dina: User, value: str) -> None:
    with pytest.raises(ValidationError):
        change(key=HOURS, value=value, by=dina)
    assert value_of(HOURS) == 48


def test_a_stored_value_that_no_longer_fits_reads_as_the_default() -> None:
    Setting.objects.create(key=HOURS, value="nonsense")
    assert value_of(HOURS) == 48


def test_what_nobody_declared_is_an_error_in_the_code() -> None:
    with pytest.raises(KeyError):
        value_of("channels.silent_after_days")
    with pytest.raises(ValueError, match="declared twice"):
        runtime_settings.declare(Declared(HOURS, "text", "", _("Other"), _("Other"), _("Other")))


def test_reading_again_and_again_asks_the_database_once(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
        for _number in range(20):
            value_of(HOURS)


def test_another_process_follows_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert value_of(HOURS) == 48
    Setting.objects.create(key=HOURS, value=7)
    assert value_of(HOURS) == 48
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 0.0)
    assert value_of(HOURS) == 7


def test_a_sensitive_value_is_stored_encrypted_and_never_shown(
    administrator: Client, dina: User, token: Declared
) -> None:
    url = reverse("admin:crm_setting_edit", args=[token.key])
    assert administrator.post(url, {"value": "hush-hush-secret"}).status_code == 302
    assert value_of(token.key) == "hush-hush-secret"
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, sensitive_value FROM crm_setting WHERE key = %s", [token.key])
        plain, sealed = cursor.fetchone()
    assert plain is None
    assert b"hush" not in bytes(sealed)
    for page in (url, reverse("admin:crm_setting_changelist")):
        assert "hush-hush" not in administrator.get(page).content.decode()


def test_the_page_lists_every_declared_setting_and_changes_them(administrator: Client) -> None:
    page = administrator.get(reverse("admin:crm_setting_changelist")).content.decode()
    assert all(escape(str(setting.title)) in page for setting in runtime_settings.all_declared())
    url = reverse("admin:crm_setting_edit", args=[HOURS])
    assert "Ensure this value is greater" in administrator.post(url, {"value": "0"}).content.decode()
    administrator.post(url, {"value": "24"})
    assert value_of(HOURS) == 24
    administrator.post(url, {"reset": "1"})
    assert value_of(HOURS) == 48
    assert administrator.get(reverse("admin:crm_setting_edit", args=["no.such"])).status_code == 404


def test_others_may_not_look_or_change() -> None:
    client = Client()
    client.force_login(User.objects.create(email="x@shop.example"))
    url = reverse("admin:crm_setting_edit", args=[HOURS])
    assert (client.get(url).status_code, client.post(url, {"value": "3"}).status_code) == (403, 403)
    assert value_of(HOURS) == 48
