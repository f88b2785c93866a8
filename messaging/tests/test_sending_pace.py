"""In what order messages go, what holds them up, and what does not."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Channel
from crm.roles import ADMINISTRATOR
from crm.tests.factories import make_user
from messaging.channel_setup import save_channel
from messaging.models import Message, MessageStatus, Outgoing
from messaging.sending import recording
from messaging.simulation.stand_in.journal import digest_of
from messaging.tests.sending_world import PLATFORMS, SECRETS, SendingWorld


def status_of(message: Message) -> MessageStatus:
    return MessageStatus(Message.objects.values_list("status", flat=True).get(pk=message.pk))


def statuses(messages: list[Message]) -> set[str]:
    return {status_of(message).name for message in messages}


def paused_for(channel: Channel) -> float:
    """Return for how many seconds a channel is held back."""
    channel.refresh_from_db()
    return (channel.paused_until - timezone.now()).total_seconds() if channel.paused_until else 0.0


def refused(channel: Channel) -> bool:
    return Channel.objects.filter(pk=channel.pk, token_refused_at__isnull=False).exists()


def unpause(channel: Channel) -> None:
    """Let the pause be over."""
    Channel.objects.filter(pk=channel.pk).update(paused_until=timezone.now() - timedelta(seconds=1))


def test_a_conversation_keeps_its_order_also_over_failures(world: SendingWorld) -> None:
    world.stand_in.manners(reports="drop")
    conversations = [world.conversation("whatsapp") for _ in range(6)]
    texts = [f"part {number}" for number in range(8)]
    for text in texts:
        for conversation in conversations:
            world.queue(conversation, text)
    world.stand_in.trouble("fail", code="131000", share=0.3, times=20)

    def _all_gone() -> bool:
        world.due()
        return not Outgoing.objects.filter(finished_at=None).exists()

    world.send_until(_all_gone, "the sending of all", 60)
    for conversation in conversations:
        recipient = conversation.identity.keys.get().value
        went = [send["digest"] for send in world.stand_in.sends(recipient=recipient)]
        assert went == [digest_of(text) for text in texts]


def test_what_is_written_later_waits_for_what_cannot_go_yet(world: SendingWorld) -> None:
    conversation, other = world.conversation("whatsapp"), world.conversation("whatsapp")
    world.stand_in.trouble("fail", code="131000", recipient=conversation.identity.keys.get().value, times=1)
    first, second, elsewhere = world.queue(conversation), world.queue(conversation), world.queue(other)
    world.send()
    assert [status_of(one).name for one in (first, second)] == ["QUEUED", "QUEUED"]
    assert status_of(elsewhere) >= MessageStatus.SENT
    assert Outgoing.objects.get(pk=first.pk).reason_text.endswith("tried again by itself.")
    world.due()
    world.send()
    assert statuses([first, second]) == {"SENT"}


def test_what_failed_for_good_holds_up_nobody(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    world.stand_in.trouble("fail", code="131026", times=1)
    first, second = world.queue(conversation), world.queue(conversation)
    world.send()
    assert [status_of(one).name for one in (first, second)] == ["FAILED", "SENT"]
    assert Message.objects.get(pk=first.pk).error == "131026"


def test_a_slow_channel_does_not_hold_back_another(world: SendingWorld) -> None:
    world.stand_in.manners(reports="drop")
    world.stand_in.trouble("late", platform="messenger", seconds=4)
    slow = [world.queue(world.conversation("messenger")) for _ in range(12)]
    fast = [world.queue(world.conversation("telegram")) for _ in range(12)]
    began = time.time()
    world.send()
    assert statuses(slow + fast) == {"SENT"}
    accepted = [send["accepted_at"] - began for send in world.stand_in.sends(platform="telegram")]
    assert len(accepted) == 12
    assert max(accepted) < 4  # while those of the slow channel take twice four seconds in eight lanes
    assert time.time() - began > 7


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_throttled_channel_waits_as_long_as_it_was_told_and_then_sends_everything(
    world: SendingWorld, platform: str
) -> None:
    world.stand_in.trouble("throttle", platform=platform, seconds=40)
    messages = [world.queue(world.conversation(platform)) for _ in range(12)]
    other = world.queue(world.conversation("telegram" if platform != "telegram" else "twilio"))
    world.send()
    assert statuses(messages) == {"QUEUED"}
    assert status_of(other) >= MessageStatus.SENT
    channel = world.channel(platform)
    assert 30 < paused_for(channel) <= 40
    tried = len([one for one in world.stand_in.requests() if one["values"]]) - 1
    assert tried <= 8  # one for each lane; those behind were not even tried
    world.stand_in.calm()
    unpause(channel)
    world.due()
    world.settle()
    assert min(status_of(message) for message in messages) >= MessageStatus.SENT
    assert len(world.stand_in.sends(platform=platform)) == 12


def test_while_nobody_says_how_long_the_pause_grows(world: SendingWorld) -> None:
    world.stand_in.trouble("throttle")
    message, channel = world.queue(world.conversation("messenger")), world.channel("messenger")
    pauses = []
    for _ in range(5):
        world.send()
        pauses.append(round(paused_for(channel)))
        unpause(channel)
        world.due()
    assert pauses == [5, 5, 8, 16, 32]
    for _ in range(12):
        world.send()
        unpause(channel)
        world.due()
    assert status_of(message) == MessageStatus.QUEUED
    assert Outgoing.objects.get(pk=message.pk).reason == "throttled"


def test_too_much_to_one_person_pauses_only_them(world: SendingWorld) -> None:
    busy, quiet = world.conversation("whatsapp"), world.conversation("whatsapp")
    world.stand_in.trouble("fail", code="131056", recipient=busy.identity.keys.get().value, times=1)
    first, second, other = world.queue(busy), world.queue(busy), world.queue(quiet)
    world.send()
    assert statuses([first, second]) == {"QUEUED"}
    assert status_of(other) >= MessageStatus.SENT
    assert paused_for(world.channel("whatsapp")) == 0
    assert Outgoing.objects.get(pk=first.pk).next_attempt_at > timezone.now() + timedelta(seconds=3)
    world.due()
    world.send()
    assert statuses([first, second]) == {"SENT"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_with_a_refused_token_messages_wait_until_it_is_renewed(world: SendingWorld, platform: str) -> None:
    messages = [world.queue(world.conversation(platform)) for _ in range(3)]
    world.stand_in.expire(platform=platform)
    channel = world.channel(platform)
    for _ in range(15):  # more often than an unreachable platform is tried
        world.send()
        unpause(channel)
        world.due()
    world.send()
    assert statuses(messages) == {"QUEUED"}
    assert {Outgoing.objects.get(pk=message.pk).reason for message in messages} == {"token"}
    assert 250 < paused_for(channel) <= 300
    assert refused(channel)

    renewed = {name: f"{values[0]}-new" for name, values in SECRETS[platform].items() if "token" in name}
    renewed.pop("verify_token", None)
    save_channel(platform=platform, slug=channel.slug, secrets=renewed)
    assert paused_for(channel) == 0
    assert not refused(channel)
    time.sleep(recording.FIRST_PAUSE.total_seconds())
    world.settle()
    assert min(status_of(message) for message in messages) >= MessageStatus.SENT
    assert not refused(channel)


def test_a_token_renewed_on_the_channels_page_lets_messages_go_on(world: SendingWorld) -> None:
    message, channel = world.queue(world.conversation("messenger")), world.channel("messenger")
    world.stand_in.expire()
    world.send()
    assert status_of(message) == MessageStatus.QUEUED
    admin = make_user()
    admin.groups.add(Group.objects.get(name=ADMINISTRATOR))
    browser = Client()
    browser.force_login(admin)
    page = reverse("admin:crm_channel_change", args=[channel.pk])
    form = {
        "name": channel.name,
        "slug": channel.slug,
        "external_id": channel.external_id,
        "is_active": "on",
        "secret_access_token": "renewed",
    }
    assert browser.post(page, form).status_code == 302
    assert paused_for(channel) == 0
    assert not refused(channel)
    world.due()
    world.settle()
    assert status_of(message) >= MessageStatus.SENT


def test_a_token_that_is_renewed_while_a_message_is_under_way_is_not_taken_for_refused(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    message, channel = world.queue(conversation), world.channel("messenger")
    world.stand_in.expire()
    world.stand_in.manners(pace=1.0)

    def _renew() -> None:
        time.sleep(0.5)
        save_channel(platform="messenger", slug=channel.slug, secrets={"access_token": "renewed"})
        connections.close_all()

    renewing = threading.Thread(target=_renew)
    renewing.start()
    world.send()
    renewing.join()
    assert status_of(message) == MessageStatus.QUEUED
    assert paused_for(channel) == 0
    assert not refused(channel)


def test_a_channel_that_has_used_its_allowance_pauses(world: SendingWorld) -> None:
    world.stand_in.trouble("usage", per_cent=96, times=1)
    first, channel = world.queue(world.conversation("messenger")), world.channel("messenger")
    world.send()
    assert status_of(first) >= MessageStatus.SENT
    assert 50 < paused_for(channel) <= 60
    assert channel.rate_limit_usage["per_cent"] == 96
    assert datetime.fromisoformat(channel.rate_limit_usage["at"]) <= timezone.now()
    second = world.queue(world.conversation("messenger"))
    world.send()
    assert status_of(second) == MessageStatus.QUEUED
    unpause(channel)
    world.send()
    assert status_of(second) >= MessageStatus.SENT


def test_a_channel_that_still_has_some_allowance_goes_on(world: SendingWorld) -> None:
    world.stand_in.trouble("usage", per_cent=94)
    messages = [world.queue(world.conversation("messenger")) for _ in range(2)]
    world.send()
    assert min(status_of(message) for message in messages) >= MessageStatus.SENT
    assert paused_for(world.channel("messenger")) == 0


def test_a_platform_that_cannot_be_reached_is_given_up_after_a_while(world: SendingWorld, settings: Any) -> None:
    settings.GRAPH_API_URL = "http://127.0.0.1:1"
    conversation = world.conversation("messenger")
    message = world.queue(conversation)
    for attempt in range(recording.MOST_ATTEMPTS):
        assert status_of(message) == MessageStatus.QUEUED, attempt
        world.send()
        world.due()
    assert status_of(message) == MessageStatus.FAILED
    outgoing = Outgoing.objects.get(pk=message.pk)
    assert outgoing.attempts == recording.MOST_ATTEMPTS
    assert "for a long time" in outgoing.reason_text


def test_a_message_that_cannot_be_read_does_not_hold_up_those_behind_it(world: SendingWorld) -> None:
    first, second = world.queue(world.conversation("messenger")), world.queue(world.conversation("messenger"))
    Outgoing.objects.filter(pk=first.pk).update(content="nonsense")
    world.send()
    assert [status_of(one).name for one in (first, second)] == ["FAILED", "SENT"]
