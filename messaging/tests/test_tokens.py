"""Access tokens: renewed in time, and told of when they are not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Channel, Notification
from crm.tests.factories import make_channel
from messaging.channel_setup import report_on, save_channel
from messaging.models import ChannelErrand, LeadFormAnswer
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.http_server import Asked, Server, serving
from messaging.tokens.drain import TokenDrain
from messaging.tokens.notices import tell_administrators

pytestmark = pytest.mark.django_db(transaction=True)

REFRESH, EXCHANGE, DEBUG, ME = "/refresh_access_token", "/v26.0/oauth/access_token", "/v26.0/debug_token", "/v26.0/me"
MONTH = 30 * 24 * 3600
REFUSED = (401, {"error": {"code": 190, "message": "No"}})


@pytest.fixture
def meta(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.GRAPH_API_URL = settings.INSTAGRAM_TOKEN_URL = server.url
        server.answers[ME] = (200, {"id": "1"})
        yield server


def of_instagram(**fields: Any) -> Channel:
    return make_channel("instagram", credentials={"app_secret": ["s"], "access_token": ["IGold", "IGolder"]}, **fields)


def of_page(**fields: Any) -> Channel:
    secrets = {"app_secret": ["s"], "access_token": ["EAold"], "app_id": ["99"], "verify_token": ["v"]}
    return make_channel("messenger", credentials=secrets, **fields)


def look_after(age: timedelta = timedelta(days=2)) -> ChannelErrand:
    """Run the drain for one channel whose token we have had for so long."""
    drain = TokenDrain()
    drain.prepare()
    ChannelErrand.objects.update(token_since=timezone.now() - age, next_attempt_at=timezone.now())
    while drain.run_batch():
        pass
    drain.finish()
    return ChannelErrand.objects.get()


def days_left(channel: Channel) -> float:
    channel.refresh_from_db()
    assert channel.token_expires_at
    return (channel.token_expires_at - timezone.now()).total_seconds() / 86400


def debug(**told: Any) -> tuple[int, Any]:
    return 200, {"data": {"is_valid": True, "type": "PAGE", "expires_at": 0, **told}}


def in_days(days: float) -> int:
    return int((timezone.now() + timedelta(days=days)).timestamp())


def test_instagrams_token_is_renewed_and_takes_the_place_of_the_old_one(meta: Server) -> None:
    meta.answers[REFRESH] = (200, {"access_token": "IGnew", "token_type": "bearer", "expires_in": 2 * MONTH})
    channel = of_instagram(token_expires_at=timezone.now() + timedelta(days=20))
    row = look_after()
    assert 59.9 < days_left(channel) <= 60
    assert channel.credentials == {"app_secret": ["s"], "access_token": ["IGnew", "IGolder"]}
    assert meta.asked[0].query == {"grant_type": "ig_refresh_token", "access_token": "IGold"}
    assert row.done_at
    TokenDrain().run_batch()
    assert meta.paths() == [REFRESH], "the new one is younger than a day and not due"


@pytest.mark.parametrize(
    ("age", "left"),
    [(timedelta(hours=23), timedelta(days=5)), (timedelta(days=3), timedelta(days=45))],
)
def test_a_token_is_not_renewed_on_its_first_day_or_with_much_time_left(
    meta: Server, age: timedelta, left: timedelta
) -> None:
    of_instagram(token_expires_at=timezone.now() + left)
    look_after(age)
    assert meta.paths() == [ME]


def test_a_token_of_unknown_age_is_renewed_after_a_day_and_its_end_known_then(meta: Server) -> None:
    meta.answers[REFRESH] = (200, {"access_token": "IGold", "expires_in": MONTH})
    channel = of_instagram()
    look_after()
    assert 29.9 < days_left(channel) <= 30
    assert channel.credentials["access_token"] == ["IGold", "IGolder"]


def test_a_renewed_token_lets_everything_go_on_that_waited(meta: Server) -> None:
    meta.answers[REFRESH] = (200, {"access_token": "IGnew", "expires_in": MONTH})
    past = timezone.now() - timedelta(minutes=1)
    channel = of_instagram(token_refused_at=past, paused_until=past)
    message = make_message(make_conversation(), type="lead_form")
    later = timezone.now() + timedelta(hours=5)
    LeadFormAnswer.objects.create(message=message, channel=channel, reason="token", next_attempt_at=later)
    look_after()
    channel.refresh_from_db()
    assert (channel.token_refused_at, channel.paused_until) == (None, None)
    assert LeadFormAnswer.objects.get().next_attempt_at <= timezone.now()


def test_a_token_typed_in_while_the_old_one_was_renewed_stays(meta: Server) -> None:
    channel = of_instagram()

    def renew(asked: Asked) -> tuple[int, Any]:
        save_channel(platform="instagram", slug=channel.slug, secrets={"access_token": "IGtyped"})
        connection.close()  # the server's thread has one of its own
        return 200, {"access_token": "IGnew", "expires_in": MONTH}

    meta.answers[REFRESH] = renew
    look_after()
    channel.refresh_from_db()
    assert channel.credentials["access_token"] == ["IGtyped", "IGold", "IGolder"]
    assert channel.token_expires_at is None


def test_a_page_token_that_never_expires_is_known_to(meta: Server) -> None:
    meta.answers[DEBUG] = debug()
    channel = of_page(token_expires_at=timezone.now() + timedelta(days=1))
    look_after()
    channel.refresh_from_db()
    assert channel.token_expires_at is None
    assert meta.asked[0].query == {"input_token": "EAold", "access_token": "99|s"}


@pytest.mark.parametrize("kind", ["USER", "SYSTEM_USER"])
def test_a_token_with_little_left_is_exchanged(meta: Server, kind: str) -> None:
    meta.answers[DEBUG] = debug(type=kind, expires_at=in_days(10))
    meta.answers[EXCHANGE] = (200, {"access_token": "EAnew", "expires_in": 2 * MONTH})
    channel = of_page()
    look_after()
    assert 59.9 < days_left(channel) <= 60
    assert channel.credentials["access_token"] == ["EAnew"]
    query = meta.asked[1].query
    assert (query["grant_type"], query["fb_exchange_token"], query["client_id"]) == ("fb_exchange_token", "EAold", "99")
    assert query.get("set_token_expires_in_60_days") == ("true" if kind == "SYSTEM_USER" else None)


@pytest.mark.parametrize(
    "answer", [(400, {"error": {"code": 190}}), (200, {"access_token": "EAx", "expires_in": 86400})]
)
def test_a_token_that_cannot_be_exchanged_is_watched(meta: Server, answer: Any) -> None:
    meta.answers[DEBUG] = debug(expires_at=in_days(10))
    meta.answers[EXCHANGE] = answer
    channel = of_page()
    look_after()
    assert 9.9 < days_left(channel) <= 10
    assert (channel.credentials["access_token"], channel.token_refused_at) == (["EAold"], None)


def test_a_wrong_app_id_says_nothing_of_the_token(meta: Server) -> None:
    meta.answers[DEBUG] = REFUSED
    channel = of_page()
    look_after()
    channel.refresh_from_db()
    assert channel.token_refused_at is None
    assert meta.paths() == [DEBUG, ME]


def test_a_token_that_is_no_longer_good_is_noted_and_the_channel_held_back(meta: Server) -> None:
    meta.answers[DEBUG] = debug(is_valid=False, error={"code": 190})
    channel = of_page()
    row = look_after()
    channel.refresh_from_db()
    assert channel.token_refused_at
    assert channel.paused_until
    assert (row.reason, row.code, row.finished_at) == ("token", "190", None)


def test_without_the_apps_id_a_token_is_only_watched(meta: Server) -> None:
    channel = make_channel("whatsapp", credentials={"access_token": ["EAold"]})
    meta.answers[ME] = REFUSED
    look_after()
    channel.refresh_from_db()
    assert channel.token_refused_at
    assert meta.paths() == [ME]


def test_a_platform_that_is_down_changes_nothing_and_is_asked_again(meta: Server) -> None:
    meta.answers[REFRESH] = (503, b"")
    channel = of_instagram()
    row = look_after()
    channel.refresh_from_db()
    assert (channel.token_refused_at, row.reason, row.finished_at) == (None, "try_again", None)


def test_channels_without_a_token_and_telegram_are_left_alone(meta: Server) -> None:
    make_channel("messenger")
    make_channel("telegram")
    TokenDrain().run_batch()
    assert not ChannelErrand.objects.exists()


def test_a_new_token_is_asked_about_at_once(meta: Server) -> None:
    channel = make_channel("whatsapp", credentials={"access_token": ["EAold"]})
    drain = TokenDrain()
    drain.run_batch()
    save_channel(platform="whatsapp", slug=channel.slug, secrets={"access_token": "EAnew"})
    drain.look()
    drain.quiet_until = float("-inf")
    drain.run_batch()
    assert [asked.headers["authorization"] for asked in meta.asked] == ["Bearer EAold", "Bearer EAnew"]


def test_a_token_typed_in_lets_the_channel_go_on_and_forgets_the_old_ones_end() -> None:
    past = timezone.now() - timedelta(hours=1)
    channel = of_page(token_refused_at=past, paused_until=timezone.now() + timedelta(hours=1), token_expires_at=past)
    save_channel(platform="messenger", slug=channel.slug, secrets={"verify_token": "w"})
    channel.refresh_from_db()
    assert channel.token_refused_at
    save_channel(platform="messenger", slug=channel.slug, secrets={"access_token": "EAnew"})
    assert Channel.objects.filter(token_refused_at=None, paused_until=None, token_expires_at=None).exists()


def test_administrators_are_told_once_each_time() -> None:
    told, manager = colleague("administrator"), colleague("manager")
    channel = of_page(name="Shop page", token_refused_at=timezone.now() - timedelta(hours=2))
    assert tell_administrators() == 1
    assert tell_administrators() == 0
    [notice] = Notification.objects.filter(user=told)
    assert (notice.kind, "Shop page" in notice.text) == ("channel", True)
    assert notice.url == reverse("admin:crm_channel_change", args=[channel.pk])
    assert not Notification.objects.filter(user=manager).exists()
    Channel.objects.update(token_refused_at=timezone.now())
    assert tell_administrators() == 1, "it was good in between"


@pytest.mark.parametrize(("days", "told"), [(15, 0), (13, 1), (-1, 1)])
def test_they_are_told_two_weeks_before_a_token_expires(days: int, told: int) -> None:
    colleague("administrator")
    of_page(token_expires_at=timezone.now() + timedelta(days=days))
    assert tell_administrators() == told


def test_the_drain_tells_them(meta: Server) -> None:
    colleague("administrator")
    of_page(token_refused_at=timezone.now())
    TokenDrain().run_batch()
    assert Notification.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"token_refused_at": timezone.now()}, "Token refused"),
        ({"token_expires_at": timezone.now() + timedelta(days=3)}, "Token expiring"),
        ({"paused_until": timezone.now() + timedelta(hours=1)}, "Sending paused"),
    ],
)
def test_the_list_and_the_page_of_channels_say_so(fields: dict[str, Any], words: str) -> None:
    channel = of_page(**fields)
    client: Client = client_of(colleague("administrator"))
    assert words in client.get(reverse("admin:crm_channel_changelist")).content.decode()
    page = client.get(reverse("admin:crm_channel_change", args=[channel.pk])).content.decode()
    assert words in page
    assert ("goes on by itself" if words == "Sending paused" else "add it below") in page


def test_channel_check_says_so() -> None:
    channel = of_page(token_refused_at=timezone.now())
    assert any("--secret access_token" in sentence for sentence in report_on(channel).problems)
    channel = of_page(token_expires_at=timezone.now() + timedelta(days=3))
    assert any("expires on" in sentence for sentence in report_on(channel).problems)
    with pytest.raises(CommandError):
        call_command("channel", "check", channel.slug)


def test_the_apps_id_may_be_missing() -> None:
    channel = make_channel("whatsapp", credentials={"app_secret": ["s"], "verify_token": ["v"], "access_token": ["t"]})
    report = report_on(channel)
    assert not any("app_id" in sentence or "waba_id" in sentence for sentence in report.problems + report.notes)
