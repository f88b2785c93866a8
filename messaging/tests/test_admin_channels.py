"""Channels in the admin: secrets go in and never come out, health is told in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Channel
from crm.tests.factories import make_channel
from messaging.admin.channel_health import health_of
from messaging.tests.admin_world import client_of, colleague, make_delivery

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def administrator() -> Client:
    return client_of(colleague("administrator"))


def change_url(channel: Channel) -> str:
    return reverse("admin:crm_channel_change", args=[channel.pk])


def filled(channel: Channel, **fields: Any) -> dict[str, Any]:
    return {
        "name": channel.name, "slug": channel.slug, "external_id": channel.external_id, "is_active": "on",
        "token_expires_at_0": "", "token_expires_at_1": "", **fields,
    }  # fmt: skip


def test_a_secret_typed_in_becomes_the_newest_and_is_never_shown(administrator: Client) -> None:
    channel = make_channel("messenger", credentials={"app_secret": ["old-secret"], "verify_token": ["v"]})
    response = administrator.post(change_url(channel), filled(channel, secret_app_secret=" new-secret "))
    assert response.status_code == 302
    channel.refresh_from_db()
    assert channel.credentials == {"app_secret": ["new-secret", "old-secret"], "verify_token": ["v"]}
    for url in (change_url(channel), reverse("admin:crm_channel_changelist")):
        page = administrator.get(url).content.decode()
        assert "new-secret" not in page
        assert "old-secret" not in page
    assert "2 kept" in administrator.get(change_url(channel)).content.decode()


def test_older_secrets_are_forgotten_on_request(administrator: Client) -> None:
    channel = make_channel("messenger", credentials={"app_secret": ["old-secret"]})
    administrator.post(change_url(channel), filled(channel, secret_app_secret="new-secret", forget_older="on"))
    channel.refresh_from_db()
    assert channel.credentials == {"app_secret": ["new-secret"]}


def test_a_form_that_is_refused_keeps_no_secret_and_does_not_repeat_it(administrator: Client) -> None:
    channel = make_channel("messenger")
    response = administrator.post(
        change_url(channel), filled(channel, slug="not a slug", secret_app_secret="fresh-secret")
    )
    assert response.status_code == 200
    assert "fresh-secret" not in response.content.decode()
    channel.refresh_from_db()
    assert channel.credentials["app_secret"] == ["app-secret"]


def test_saving_without_a_secret_leaves_them_and_the_counters_alone(administrator: Client) -> None:
    channel = make_channel("telegram")
    Channel.objects.update(rejected_signatures=7)
    administrator.post(change_url(channel), filled(channel, name="Shop bot"))
    channel.refresh_from_db()
    assert (channel.name, channel.rejected_signatures) == ("Shop bot", 7)
    assert channel.credentials == {"secret_token": ["secret-token"], "bot_token": ["1:bot-token"]}


def test_only_the_secrets_of_its_platform_are_asked_for(administrator: Client) -> None:
    page = administrator.get(change_url(make_channel("twilio"))).content.decode()
    assert "secret_auth_token" in page
    assert "secret_app_secret" not in page


def test_adding_leads_on_to_its_page_with_the_address_to_copy(administrator: Client) -> None:
    form = {"name": "Page", "platform": "messenger", "slug": "page", "external_id": "42"}
    response = administrator.post(reverse("admin:crm_channel_add"), form, follow=True)
    channel = Channel.objects.get()
    assert response.redirect_chain[-1][0] == change_url(channel)
    page = response.content.decode()
    assert f'data-mc-copy="{channel.webhook_url}"' in page
    assert "choose Page, enter this address" in page


def test_a_channel_in_use_is_not_deleted(administrator: Client) -> None:
    used, unused = make_channel(), make_channel()
    make_delivery(used)
    for channel, status in ((used, 403), (unused, 302)):
        url = reverse("admin:crm_channel_delete", args=[channel.pk])
        assert administrator.post(url, {"post": "yes"}).status_code == status
    assert list(Channel.objects.all()) == [used]


def test_a_manager_sees_no_secrets_and_changes_nothing() -> None:
    manager, channel = client_of(colleague("manager")), make_channel()
    page = manager.get(change_url(channel)).content.decode()
    assert channel.webhook_url in page
    assert "app_secret" not in page
    assert manager.post(change_url(channel), filled(channel, name="x")).status_code == 403


@pytest.mark.parametrize(
    ("fields", "heard", "word"),
    [
        ({}, None, "Nothing received yet"),
        ({}, HOUR, "Working"),
        ({}, 49 * HOUR, "Silent"),
        ({"last_rejected_at": 2 * HOUR}, HOUR, "Working"),
        ({"last_rejected_at": HOUR}, 2 * HOUR, "Rejecting"),
        ({"last_rejected_at": HOUR}, None, "Rejecting"),
        ({"token_expires_at": -24 * HOUR}, HOUR, "Token expiring"),
        ({"token_expires_at": -24 * 20 * HOUR}, HOUR, "Working"),
        ({"token_expires_at": HOUR}, HOUR, "Token expired"),
        ({"is_active": False, "last_rejected_at": HOUR}, None, "Inactive"),
    ],
)
def test_health_in_one_word(fields: dict[str, Any], heard: timedelta | None, word: str) -> None:
    now = timezone.now()
    fields = {name: now - value if isinstance(value, timedelta) else value for name, value in fields.items()}
    assert health_of(Channel(**fields), now - heard if heard else None).word == word


def test_the_list_tells_the_last_delivery(administrator: Client) -> None:
    channel = make_channel()
    make_delivery(channel, received_at=timezone.now() - 2 * HOUR)
    make_delivery(channel, received_at=timezone.now() - 50 * HOUR)
    page = administrator.get(reverse("admin:crm_channel_changelist")).content.decode()
    assert "2 h</time>" in page
    assert "Working" in page
