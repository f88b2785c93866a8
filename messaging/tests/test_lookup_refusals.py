"""What a platform refuses to tell us is no reason to send nothing, unless it refuses our token."""

from typing import Any

import pytest
from django.utils import timezone

from crm.models import Channel
from messaging.channels.http import Answer
from messaging.channels.outbound import Reason, SendError
from messaging.channels.telegram_sending import _refuse
from messaging.lookups.drain import LookupDrain
from messaging.media.drain import MediaDrain
from messaging.message_templates.drain import TemplateDrain
from messaging.models import Attachment
from messaging.profiles.drain import ProfileDrain
from messaging.tests.factories import make_message
from messaging.tests.sending_world import SECRETS, SendingWorld

#: Codes about the one thing that was asked for, and those about whoever asks.
OF_GRAPH = {"100/33": False, "10": False, "200": False, "190/463": True}
OF_TELEGRAM = {"400": False, "403": False, "401": True, "404": True}


def ask(world: SendingWorld, drain: LookupDrain[Any, Any], platform: str, code: str) -> Channel:
    """Let one question be refused, and return the channel afterwards."""
    world.stand_in.trouble("fail", platform=platform, on="read", code=code)
    try:
        assert drain.run_batch() == 1
    finally:
        drain.finish()
    assert len(world.stand_in.requests()) == 1
    return Channel.objects.get()


def assert_goes_on(world: SendingWorld, channel: Channel, is_token: bool) -> None:
    """Sending is held back only where the token was refused."""
    assert (channel.paused_until is not None, channel.token_refused_at is not None) == (is_token, is_token)
    world.stand_in.calm()
    world.stand_in.manners(reports="drop")
    world.queue(world.conversation(channel.platform))
    world.send()
    assert len(world.stand_in.sends()) == (0 if is_token else 1)


@pytest.mark.parametrize(
    ("platform", "code", "is_token"),
    [
        *(("messenger", code, is_token) for code, is_token in OF_GRAPH.items()),
        *(("instagram", code, is_token) for code, is_token in OF_GRAPH.items()),
        *(("telegram", code, is_token) for code, is_token in OF_TELEGRAM.items()),
    ],
)
def test_a_profile(world: SendingWorld, platform: str, code: str, is_token: bool) -> None:
    world.conversation(platform)
    assert_goes_on(world, ask(world, ProfileDrain(), platform, code), is_token)


@pytest.mark.parametrize(("code", "is_token"), OF_GRAPH.items())
def test_templates(world: SendingWorld, code: str, is_token: bool) -> None:
    world.channel("whatsapp")
    channel = Channel.objects.get()
    channel.credentials = {**SECRETS["whatsapp"], "waba_id": ["770"]}
    channel.save()
    assert_goes_on(world, ask(world, TemplateDrain(), "whatsapp", code), is_token)


@pytest.mark.parametrize(
    ("platform", "code", "is_token"),
    [
        *(("whatsapp", code, is_token) for code, is_token in OF_GRAPH.items()),
        *(("telegram", code, is_token) for code, is_token in OF_TELEGRAM.items()),
    ],
)
def test_a_file(world: SendingWorld, platform: str, code: str, is_token: bool) -> None:
    message = make_message(world.conversation(platform), at=timezone.now())
    Attachment.objects.create(message=message, type="image", external_id="1234567")
    assert_goes_on(world, ask(world, MediaDrain(), platform, code), is_token)


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        (401, "Unauthorized", Reason.TOKEN),
        (404, "Not Found", Reason.TOKEN),
        (404, "Not Found: method not found", Reason.REFUSED),
        (400, "Bad Request: chat not found", Reason.UNREACHABLE),
        (400, "Bad Request: user not found", Reason.UNREACHABLE),
        (400, "Bad Request: PEER_ID_INVALID", Reason.UNREACHABLE),
        (400, "Bad Request: message is too long", Reason.CONTENT),
        (403, "Forbidden: bot was blocked by the user", Reason.UNREACHABLE),
    ],
)
def test_telegram_says_by_its_words_what_was_not_found(code: int, words: str, reason: Reason) -> None:
    with pytest.raises(SendError) as refused:
        _refuse(Answer(code, {"ok": False, "error_code": code, "description": words}, {}))
    assert refused.value.reason == reason
