"""Our reactions to messages of theirs: one at a time, changed and taken off, by the platform's rules."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from crm.drains import run_once
from crm.models import Channel, Identity
from crm.tests.api_client import Program, assert_problem
from crm.tests.staff import member
from messaging.channels import adapter_for
from messaging.models import Conversation, Message, OwnReaction
from messaging.sending.reactions import ReactionDrain, react
from messaging.sending.refusals import Refused
from messaging.tests.factories import make_message
from messaging.tests.installation import wait_until
from messaging.tests.sending_world import SendingWorld
from messaging.tokens.renewal import release

PLATFORMS = ("messenger", "instagram", "whatsapp", "telegram")


@pytest.fixture(autouse=True)
def _silence(world: SendingWorld) -> None:
    world.stand_in.manners(reports="drop")  # WhatsApp's statuses of reactions are of no use


def theirs(conversation: Conversation, number: int = 1) -> Message:
    return make_message(conversation, external_id=f"77{conversation.pk}:{number}", at=timezone.now())


def heart(platform: str) -> str:
    return next(emoji for emoji in adapter_for(platform).ABILITIES.reactions if emoji.startswith("❤"))


def state(message: Message) -> tuple[str, str, str, str]:
    """Return what is wished for, what the platform has, how it stands and why."""
    row = OwnReaction.objects.get(pk=message.pk)
    return row.emoji, row.shown, row.state, row.reason


def again_due() -> None:
    OwnReaction.objects.filter(finished_at=None).update(next_attempt_at=timezone.now())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_is_put_on_and_taken_off(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform, unread_count=1, waiting_since=timezone.now())
    message, emoji = theirs(conversation), heart(platform)
    assert react(message_id=message.pk, emoji="", author=None).state == ""  # there is none to take off
    assert not OwnReaction.objects.exists()
    react(message_id=message.pk, emoji=emoji, author=None)
    assert state(message) == (emoji, "", "queued", "")
    world.send()
    assert state(message) == (emoji, emoji, "sent", "")
    react(message_id=message.pk, emoji=emoji, author=None)  # it is there already
    world.send()
    assert len(world.stand_in.requests()) == 1
    react(message_id=message.pk, emoji="", author=None)
    world.send()
    assert state(message) == ("", "", "", "")
    assert len(world.stand_in.sends()) == 2
    conversation.refresh_from_db()
    assert (conversation.message_count, conversation.unread_count) == (0, 1)  # it is no message, and no answer
    assert conversation.waiting_since


def test_another_one_takes_its_place_however_long_the_first_takes(world: SendingWorld) -> None:
    message = theirs(world.conversation("whatsapp"))
    world.stand_in.trouble("late", seconds=1.5, times=1)
    react(message_id=message.pk, emoji="👍", author=None)
    drain = ReactionDrain()

    def run() -> None:
        run_once({"reactions": drain})
        connections.close_all()

    sending = threading.Thread(target=run)
    sending.start()
    wait_until(lambda: world.stand_in.sends(), "the first")
    react(message_id=message.pk, emoji="🙏", author=None)
    world.send()
    assert len(world.stand_in.sends()) == 1  # not while the first is under way: it could come out last
    sending.join()
    drain.finish()
    world.send()
    assert state(message) == ("🙏", "🙏", "sent", "")
    assert [request["values"]["reaction"]["emoji"] for request in world.stand_in.requests()] == ["👍", "🙏"]


@pytest.mark.parametrize("kind", ["die", "hang_up", "throttle"])
def test_what_may_pass_is_tried_again_and_leaves_one(world: SendingWorld, kind: str) -> None:
    message = theirs(world.conversation("telegram"))
    world.stand_in.trouble(kind, times=1)
    react(message_id=message.pk, emoji="🔥", author=None)
    world.send()
    assert state(message)[2] == "queued"
    again_due()
    world.send()
    assert state(message) == ("🔥", "🔥", "sent", "")


def test_what_the_platform_refuses_is_said_and_can_be_left(world: SendingWorld) -> None:
    message = theirs(world.conversation("whatsapp"))
    react(message_id=message.pk, emoji="👍", author=None)
    world.send()
    world.stand_in.trouble("fail", code="131009", times=1)
    react(message_id=message.pk, emoji="😂", author=None)
    world.send()
    assert state(message) == ("😂", "👍", "failed", "content")
    Identity.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    react(message_id=message.pk, emoji="👍", author=None)  # as the platform has it: nothing is sent
    world.send()
    assert state(message) == ("👍", "👍", "sent", "")
    assert len(world.stand_in.requests()) == 2


def test_a_change_wished_for_while_a_refusal_was_under_way_is_next(world: SendingWorld) -> None:
    message = theirs(world.conversation("whatsapp"))
    react(message_id=message.pk, emoji="👍", author=None)
    drain = ReactionDrain()
    (row,) = drain._claim()
    react(message_id=message.pk, emoji="🙏", author=None)
    world.stand_in.trouble("fail", code="131009", times=1)
    drain._write_down(row, drain._attempt(row))
    drain.finish()
    assert state(message) == ("🙏", "", "queued", "")
    world.send()
    assert state(message) == ("🙏", "🙏", "sent", "")


def test_a_refused_token_is_waited_for(world: SendingWorld) -> None:
    message = theirs(world.conversation("messenger"))
    world.stand_in.expire(platform="messenger")
    react(message_id=message.pk, emoji="👍", author=None)
    world.send()
    assert state(message) == ("👍", "", "queued", "token")
    channel = Channel.objects.get()
    assert channel.token_refused_at
    channel.credentials = {**channel.credentials, "access_token": ["messenger-token-2"]}
    release(channel)
    channel.save()
    assert OwnReaction.objects.get().next_attempt_at <= timezone.now()


@pytest.mark.parametrize("platform", PLATFORMS[:3])
def test_the_reply_window_counts_when_it_is_wished_for_and_when_it_is_sent(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    first, second = theirs(conversation, 1), theirs(conversation, 2)
    react(message_id=first.pk, emoji=heart(platform), author=None)
    Identity.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    world.send()
    assert state(first)[2:] == ("failed", "window")
    with pytest.raises(Refused, match="window"):
        react(message_id=second.pk, emoji=heart(platform), author=None)
    assert not world.stand_in.requests()


def test_only_what_they_wrote_in_private_and_only_what_the_platform_knows(world: SendingWorld) -> None:
    conversation = world.conversation("instagram")
    ours = make_message(conversation, direction="out")
    comment = make_message(conversation, type="comment", comment_id="1")
    gone = make_message(conversation, deleted_at=timezone.now())
    for message in (ours, comment, gone):
        with pytest.raises(Refused, match="only to what they wrote"):
            react(message_id=message.pk, emoji="❤", author=None)
    with pytest.raises(Refused, match="one of these reactions: ❤"):
        react(message_id=theirs(conversation).pk, emoji="🔥", author=None)
    by_sms = world.conversation("twilio")
    with pytest.raises(Refused, match="does not take"):
        react(message_id=theirs(by_sms).pk, emoji="❤", author=None)
    held = world.conversation("telegram", bot_owned=True)
    with pytest.raises(Refused, match="A bot has this"):
        react(message_id=theirs(held).pk, emoji="❤", author=None)
    assert not OwnReaction.objects.exists()


def test_who_dies_over_one_is_followed_by_another(world: SendingWorld) -> None:
    message = theirs(world.conversation("telegram"))
    react(message_id=message.pk, emoji="👍", author=None)
    dead = ReactionDrain()
    dead._claim()
    dead.finish()
    react(message_id=message.pk, emoji="❤", author=None)
    world.send()
    assert not world.stand_in.requests()  # the dead one may still be at it
    again_due()
    world.send()
    assert state(message) == ("❤", "❤", "sent", "")


def test_a_program_reacts_and_reads_what_became_of_it(world: SendingWorld) -> None:
    conversation = world.conversation("telegram")
    message = theirs(conversation)
    bot = Program(member("seller"))
    address = f"/api/v1/messages/{message.pk}/"
    assert bot.get(address).json()["own_reaction"] is None
    answer = bot.put(f"{address}reaction/", {"emoji": "👍"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["own_reaction"] == {"emoji": "👍", "state": "queued", "failure": ""}
    world.send()
    assert bot.get(address).json()["own_reaction"]["state"] == "sent"
    assert_problem(bot.put(f"{address}reaction/", {"emoji": "🤷"}), 409, "not_allowed")
    assert bot.put(f"{address}reaction/", {"emoji": ""}).json()["own_reaction"]["state"] == "queued"
