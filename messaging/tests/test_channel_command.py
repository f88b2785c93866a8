"""`manage.py channel add|list|check`."""

import io
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.models import Channel
from crm.tests.factories import make_channel
from messaging.tests.webhooks import drain, post

HTTPS = "https://crm.example"


def channel(*words: str) -> str:
    output = io.StringIO()
    call_command("channel", *words, stdout=output, stderr=output)
    return output.getvalue()


def add_whatsapp(*words: str) -> str:
    return channel("add", "whatsapp", "--slug", "shop", *words)


def problems_of(slug: str) -> list[str]:
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("channel", "check", slug, "--json", stdout=output)
    problems: list[str] = orjson.loads(output.getvalue())[0]["problems"]
    return problems


@pytest.mark.django_db
def test_it_adds_a_channel_and_says_what_is_left_to_do() -> None:
    printed = channel(
        "add", "whatsapp", "--slug", "shop", "--name", "The shop", "--external-id", "123",
        "--secret", "app_secret=hush-hush", "--secret", "verify_token=tell=all",
    )  # fmt: skip

    added = Channel.objects.get(slug="shop")
    assert (added.platform, added.name, added.external_id) == ("whatsapp", "The shop", "123")
    assert added.credentials == {"app_secret": ["hush-hush"], "verify_token": ["tell=all"]}
    assert added.webhook_url in printed
    assert "smb_message_echoes" in printed
    assert "hush-hush" not in printed
    assert "tell=all" not in printed


@pytest.mark.django_db
def test_adding_again_rotates_secrets_and_keeps_the_rest() -> None:
    add_whatsapp("--name", "Shop", "--external-id", "1", "--secret", "app_secret=old", "--secret", "verify_token=v")

    assert "Changed shop" in add_whatsapp("--secret", "app_secret=new")
    add_whatsapp("--secret", "app_secret=new")

    changed = Channel.objects.get()
    assert changed.credentials == {"app_secret": ["new", "old"], "verify_token": ["v"]}
    assert (changed.name, changed.external_id) == ("Shop", "1")
    add_whatsapp("--secret", "app_secret=old")
    assert Channel.objects.get().credentials["app_secret"] == ["old", "new"]
    add_whatsapp("--secret", "app_secret=newest", "--forget-older")
    assert Channel.objects.get().credentials == {"app_secret": ["newest"], "verify_token": ["v"]}


@pytest.mark.django_db
def test_secrets_come_from_the_environment_or_are_asked_for(monkeypatch: Any) -> None:
    monkeypatch.setenv("MIGOCHAT_SECRET_APP_SECRET", "from-outside")
    assert "from-outside" not in add_whatsapp("--secret", "app_secret")
    assert Channel.objects.get().credentials == {"app_secret": ["from-outside"]}

    with pytest.raises(CommandError, match="MIGOCHAT_SECRET_VERIFY_TOKEN"):
        add_whatsapp("--secret", "verify_token")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--secret", "bot_token=5:hush"], "app_secret, verify_token, access_token"),
        (["--secret", "hush"], "app_secret, verify_token, access_token"),
        (["--secret", "app_secret= "], "empty"),
        (["--external-id", "+201001234567"], "phone number id"),
        (["--slug", "my shop"], "slug"),
    ],
)
def test_it_refuses_what_cannot_be_right_and_repeats_no_secret(words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refusal:
        channel("add", "whatsapp", *([] if "--slug" in words else ["--slug", "shop"]), *words)

    assert "hush" not in str(refusal.value)
    assert not Channel.objects.exists()


@pytest.mark.django_db
def test_a_slug_stays_with_its_platform_and_an_account_with_its_channel() -> None:
    add_whatsapp("--external-id", "1")
    with pytest.raises(CommandError, match="another slug"):
        channel("add", "telegram", "--slug", "shop")
    with pytest.raises(CommandError):
        channel("add", "whatsapp", "--slug", "other", "--external-id", "1")
    assert Channel.objects.get().platform == "whatsapp"


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["+15005550006", "whatsapp:+15005550006", "sms:+15005550006"])
def test_a_twilio_number_loses_its_prefix(given: str) -> None:
    channel("add", "twilio", "--slug", "sms", "--external-id", given)
    assert Channel.objects.get().external_id == "+15005550006"


@pytest.mark.django_db
def test_a_bot_is_known_by_its_token() -> None:
    channel("add", "telegram", "--slug", "bot", "--secret", "bot_token=777:hush")
    assert Channel.objects.get().external_id == "777"


@pytest.mark.django_db
def test_a_list_shows_addresses_and_no_secrets() -> None:
    make_channel("telegram", slug="bot", credentials={"secret_token": ["hush"]})
    make_channel("messenger", slug="page", is_active=False)

    shown = channel("list")
    assert "/webhooks/bot/" in shown
    assert "not active" in shown
    assert "hush" not in shown + channel("list", "--json")
    assert [row["slug"] for row in orjson.loads(channel("list", "--json"))] == ["bot", "page"]


@pytest.mark.django_db
def test_a_complete_channel_passes_the_check(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = HTTPS
    make_channel("whatsapp", slug="shop")

    printed = channel("check")

    assert "in order" in printed
    assert "access_token" in printed  # worth knowing, not a problem


@pytest.mark.django_db
def test_the_check_names_what_is_missing(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "http://localhost:8000"
    make_channel("messenger", slug="shop", external_id="", credentials={"app_secret": ["x"]})

    problems = " ".join(problems_of("shop"))

    assert "verify_token" in problems
    assert "https" in problems
    assert "--external-id" in problems
    assert "app_secret" not in problems


@pytest.mark.django_db
def test_the_check_notices_an_expired_token_and_unreadable_secrets(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = HTTPS
    make_channel("messenger", slug="old", token_expires_at=timezone.now() - timedelta(days=1))
    other = make_channel("messenger", slug="moved")
    Channel.objects.filter(slug="old").update(uid=other.uid)

    assert len(problems_of("old")) == 2
    assert channel("check", "moved")


@pytest.mark.django_db(transaction=True)
def test_the_check_notices_wrong_signatures_until_something_is_accepted(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = HTTPS
    page = make_channel("messenger", slug="page")
    assert post(page, {"object": "page"}, **{"x-hub-signature-256": "sha256=00"}).status_code == 403
    assert any("wrong signature" in problem for problem in problems_of("page"))

    assert post(page, {"object": "page", "entry": []}).status_code == 200
    drain()
    assert "wrong signature" in channel("check", "page")


@pytest.mark.django_db(transaction=True)
def test_the_check_notices_deliveries_that_could_not_be_read(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = HTTPS
    page = make_channel("messenger", slug="page")
    post(page, b"not json")
    drain()
    assert any("1 delivery" in problem for problem in problems_of("page"))


@pytest.mark.django_db
def test_there_must_be_something_to_check() -> None:
    with pytest.raises(CommandError, match="no channels"):
        channel("check")
    with pytest.raises(CommandError, match="no channel nowhere"):
        channel("check", "nowhere")


@pytest.mark.django_db
def test_secrets_that_no_key_opens_are_replaced_only_when_told_to() -> None:
    add_whatsapp("--external-id", "1", "--secret", "app_secret=lost", "--secret", "verify_token=v")
    Channel.objects.update(uid="00000000-0000-4000-8000-000000000000")  # what was sealed for another row does not open
    with pytest.raises(CommandError, match="cannot be decrypted"):
        add_whatsapp("--secret", "app_secret=new")
    with pytest.raises(CommandError, match="cannot be decrypted"):
        add_whatsapp("--forget-older")
    add_whatsapp("--secret", "app_secret=new", "--forget-older")
    assert Channel.objects.get().credentials == {"app_secret": ["new"]}
