"""What becomes of a message: echoes and statuses that come first, late or never, and what colleagues decide."""

import threading
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connections
from django.utils import timezone

from crm.drains import run_once
from crm.models import Identity
from messaging.channels.outbound import Content
from messaging.models import Conversation, Message, MessageEvent, MessageStatus, Outgoing
from messaging.sending.deciding import keep_as_sent, send_again, withdraw
from messaging.sending.drain import OutgoingDrain
from messaging.sending.queueing import Draft, queue_message
from messaging.sending.refusals import Refused
from messaging.sending.sweeping import give_up_claims_of_the_dead
from messaging.services import close_conversation
from messaging.tests.factories import make_message
from messaging.tests.installation import wait_until
from messaging.tests.sending_world import PLATFORMS, SendingWorld, drafts
from messaging.tests.webhooks import receive, whatsapp

#: Platforms that tell of what we sent: by an echo, or by a status.
REPORTING = ("messenger", "instagram", "whatsapp", "twilio")
WITH_TOKEN = ("messenger", "whatsapp", "twilio")


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def fate(message: Message) -> tuple[str, str, bool]:
    """Return a message's status, why it is so, and whether it is done with."""
    outgoing = Outgoing.objects.get(pk=message.pk)
    return MessageStatus(fresh(message).status).name, outgoing.reason, outgoing.finished_at is not None


def ours(conversation: Conversation) -> list[Message]:
    return list(Message.objects.filter(conversation__identity=conversation.identity_id, direction="out").order_by("pk"))


def waiting(conversation: Conversation) -> tuple[datetime | None, int]:
    """Return since when they wait for an answer, and how much is unread."""
    conversation.refresh_from_db()
    return conversation.waiting_since, conversation.unread_count


def assert_counted(conversation: Conversation) -> None:
    """The conversation counts each message once."""
    conversation.refresh_from_db()
    assert conversation.message_count == Message.objects.filter(conversation=conversation).count()


def reported(world: SendingWorld, number: int) -> None:
    wait_until(lambda: world.stand_in.reported()["posted"] >= number, "a report")
    world.ingest()


# --- reports that come before the answer ---


@pytest.mark.parametrize("platform", REPORTING)
def test_a_report_that_comes_before_the_answer_leaves_one_message(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    message = world.queue(conversation, "Before you know")
    world.stand_in.manners(early=1.0)
    world.stand_in.trouble("late", seconds=3)
    drain = OutgoingDrain()
    drain.run_batch()
    reported(world, 1)
    if platform in WITH_TOKEN:
        assert fate(message)[1:] == ("", True)
        assert len(ours(conversation)) == 1
    else:
        assert len(ours(conversation)) == 2  # nobody can know yet that the echo is of this one
    run_once({"outgoing": drain})
    drain.finish()
    wait_until(lambda: world.stand_in.reported()["waiting"] == 0, "the other reports")
    world.ingest()
    (one,) = ours(conversation)
    assert one.pk == message.pk
    assert one.status >= MessageStatus.SENT
    assert one.external_id == world.stand_in.sends()[0]["id"]
    assert_counted(conversation)


@pytest.mark.parametrize("platform", ["messenger", "instagram"])
def test_an_answer_to_a_comment_that_is_heard_of_first_is_one_message(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    draft = drafts(conversation)[Content.COMMENT_REPLY]()
    message = queue_message(conversation_id=conversation.pk, draft=draft, author=None)
    world.stand_in.manners(early=1.0)
    world.stand_in.trouble("late", seconds=3)
    drain = OutgoingDrain()
    drain.run_batch()
    reported(world, 1)
    run_once({"outgoing": drain})
    drain.finish()
    (one,) = ours(conversation)
    assert (one.pk, one.status) == (message.pk, MessageStatus.SENT)
    assert one.comment_id == one.external_id == world.stand_in.sends()[0]["id"]


@pytest.mark.parametrize("kind", ["die", "swallow"])
@pytest.mark.parametrize("platform", WITH_TOKEN)
def test_a_report_that_came_first_settles_what_no_answer_came_to(world: SendingWorld, platform: str, kind: str) -> None:
    conversation = world.conversation(platform)
    message = world.queue(conversation)
    world.stand_in.manners(early=1.0, latest=10.0, soonest=9.0)
    world.stand_in.trouble(kind, seconds=2)
    drain = OutgoingDrain()
    drain.run_batch()
    reported(world, 1)
    run_once({"outgoing": drain})
    drain.finish()
    world.due()
    world.send()
    assert fate(message) == ("SENT", "", True)
    assert len(world.stand_in.sends()) == 1


def test_a_report_that_came_first_outweighs_an_error(world: SendingWorld) -> None:
    """It reached the platform, whatever a proxy in between says afterwards."""
    conversation = world.conversation("whatsapp")
    message = world.queue(conversation)
    world.stand_in.manners(reports="hold")
    world.stand_in.trouble("die", times=1)
    drain = OutgoingDrain()
    drain.run_batch()
    wait_until(lambda: world.stand_in.sends(), "the send")
    world.stand_in.release()
    world.ingest()
    run_once({"outgoing": drain})
    drain.finish()
    assert fate(message)[1:] == ("", True)
    assert fresh(message).status == MessageStatus.READ


# --- nobody knows ---


def unknown(
    world: SendingWorld, conversation: Conversation, text: str = "Did it arrive?", kind: str = "die"
) -> Message:
    """Return a message whose fate is unknown; if it was taken, the reports on it are held."""
    world.stand_in.manners(reports="hold")
    world.stand_in.trouble(kind, times=1)
    message = world.queue(conversation, text)
    world.send()
    assert fate(message) == ("UNKNOWN", "unknown", True)
    return message


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("kind", ["die", "hang_up"])
def test_what_is_unknown_is_never_sent_by_itself(world: SendingWorld, platform: str, kind: str) -> None:
    message = unknown(world, world.conversation(platform), kind=kind)
    for _ in range(3):
        world.due()
        world.send()
    assert fate(message) == ("UNKNOWN", "unknown", True)
    assert len(world.stand_in.sends()) == (1 if kind == "die" else 0)


@pytest.mark.parametrize("platform", REPORTING)
def test_a_late_report_settles_it(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    message = unknown(world, conversation)
    world.stand_in.release()
    world.ingest()
    assert fate(message)[1:] == ("", True)
    assert fresh(message).status >= MessageStatus.SENT
    assert [one.pk for one in ours(conversation)] == [message.pk]
    assert fresh(message).external_id == world.stand_in.sends()[0]["id"]
    assert_counted(conversation)


@pytest.mark.parametrize("platform", ["messenger", "instagram"])
def test_a_late_word_of_our_comment_settles_it(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    world.stand_in.manners(reports="hold")
    world.stand_in.trouble("die", times=1)
    draft = drafts(conversation)[Content.COMMENT_REPLY]()
    message = queue_message(conversation_id=conversation.pk, draft=draft, author=None)
    world.send()
    assert fate(message) == ("UNKNOWN", "unknown", True)
    world.stand_in.release()
    world.ingest()
    assert fate(message) == ("SENT", "", True)
    (one,) = ours(conversation)
    assert one.comment_id == one.external_id == world.stand_in.sends()[0]["id"]


def test_an_echo_that_came_while_nobody_had_given_up_yet_settles_it(world: SendingWorld) -> None:
    """Instagram's echo is a message by itself until the sender is found to be dead."""
    conversation = world.conversation("instagram")
    message = world.queue(conversation, "Same words")
    world.stand_in.manners(early=1.0)
    world.stand_in.trouble("swallow", seconds=3)
    drain = OutgoingDrain()
    drain.run_batch()
    reported(world, 1)
    assert len(ours(conversation)) == 2
    run_once({"outgoing": drain})
    drain.finish()
    assert fate(message)[1:] == ("", True)
    assert [one.pk for one in ours(conversation)] == [message.pk]
    assert_counted(conversation)


def test_each_echo_settles_one_of_two_that_say_the_same(world: SendingWorld) -> None:
    conversation = world.conversation("instagram")
    first, second = unknown(world, conversation, "Same"), unknown(world, conversation, "Same")
    world.stand_in.release()
    world.ingest()
    assert [one.pk for one in ours(conversation)] == [first.pk, second.pk]
    assert {fresh(one).external_id for one in (first, second)} == {send["id"] for send in world.stand_in.sends()}


def test_an_echo_that_says_something_else_settles_nothing(world: SendingWorld) -> None:
    conversation = world.conversation("instagram")
    message = unknown(world, conversation, "Ours", kind="hang_up")
    world.stand_in.calm()
    world.stand_in.manners(reports="send")
    world.queue(conversation, "Another")
    world.settle()
    assert fate(message) == ("UNKNOWN", "unknown", True)


def test_a_colleague_may_keep_it_as_sent(world: SendingWorld) -> None:
    conversation = world.conversation("telegram")
    message = unknown(world, conversation)
    assert keep_as_sent(message_id=message.pk)
    assert not keep_as_sent(message_id=message.pk)
    assert not send_again(message_id=message.pk)
    world.send()
    assert fate(message) == ("SENT", "", True)
    assert len(world.stand_in.sends()) == 1


def test_what_a_colleague_kept_as_sent_still_learns_its_id(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    message = unknown(world, conversation)
    keep_as_sent(message_id=message.pk)
    world.stand_in.release()
    world.ingest()
    assert fresh(message).status == MessageStatus.DELIVERED
    assert [one.pk for one in ours(conversation)] == [message.pk]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_colleague_may_send_it_again(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    message = unknown(world, conversation, kind="hang_up")
    world.stand_in.manners(reports="send")
    assert send_again(message_id=message.pk)
    assert not send_again(message_id=message.pk)
    assert fate(message) == ("QUEUED", "", False)
    world.settle()
    assert fate(message)[1:] == ("", True)
    assert fresh(message).status >= MessageStatus.SENT
    assert len(world.stand_in.sends()) == 1


def test_sent_again_although_the_first_arrived_it_is_shown_as_often_as_they_got_it(world: SendingWorld) -> None:
    """Messenger's echoes tell; both have our token."""
    conversation = world.conversation("messenger")
    message = unknown(world, conversation)
    send_again(message_id=message.pk)
    world.send()
    world.stand_in.release()
    world.ingest()
    first, second = world.stand_in.sends()
    assert first["token"] == second["token"]
    assert {one.external_id for one in ours(conversation)} == {first["id"], second["id"]}
    assert fate(message)[1:] == ("", True)
    assert_counted(conversation)


def test_both_echoes_before_the_second_answer_are_two_messages_too(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    message = unknown(world, conversation)
    send_again(message_id=message.pk)
    world.stand_in.trouble("late", seconds=3)
    world.stand_in.manners(pace=1.5)
    drain = OutgoingDrain()
    drain.run_batch()
    world.stand_in.release()
    world.ingest()
    assert fresh(message).external_id == world.stand_in.sends()[0]["id"]
    wait_until(lambda: len(world.stand_in.sends()) == 2, "the second send")
    world.stand_in.release()
    world.ingest()
    run_once({"outgoing": drain})
    drain.finish()
    assert {one.external_id for one in ours(conversation)} == {send["id"] for send in world.stand_in.sends()}
    assert fate(message)[1:] == ("", True)
    assert_counted(conversation)


def test_an_echo_of_the_first_that_comes_before_it_is_sent_again_spares_the_second(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    message = unknown(world, conversation)
    send_again(message_id=message.pk)
    world.stand_in.release()
    world.ingest()
    world.send()
    assert len(world.stand_in.sends()) == 1
    assert fresh(message).status == MessageStatus.DELIVERED
    assert len(ours(conversation)) == 1


def test_statuses_of_a_first_that_arrived_do_no_harm_to_the_second(world: SendingWorld) -> None:
    conversation = world.conversation("whatsapp")
    message = unknown(world, conversation)
    send_again(message_id=message.pk)
    world.send()
    second = fresh(message).external_id
    world.stand_in.release()
    world.ingest()
    assert fresh(message).external_id == second == world.stand_in.sends()[1]["id"]
    assert fresh(message).status == MessageStatus.READ
    assert len(ours(conversation)) == 1


def test_the_claims_of_a_sender_that_died_become_unknown_and_its_echo_settles_them(world: SendingWorld) -> None:
    conversation = world.conversation("instagram")
    message = world.queue(conversation, "Under way")
    world.stand_in.manners(early=1.0)
    world.stand_in.trouble("swallow", seconds=2)
    drain = OutgoingDrain()
    drain.run_batch()
    reported(world, 1)
    connections.close_all()  # the lock ends with the session, as it does with its process
    assert give_up_claims_of_the_dead([]) == [message.pk]
    assert fate(message)[1:] == ("", True)
    assert [one.pk for one in ours(conversation)] == [message.pk]
    drain.finish()
    assert fate(message)[1:] == ("", True)


def test_a_sender_that_lives_keeps_its_claims(world: SendingWorld) -> None:
    message = world.queue(world.conversation("telegram"))
    world.stand_in.trouble("late", seconds=2)
    drain = OutgoingDrain()
    drain.run_batch()
    found: list[list[int]] = []

    def _other() -> None:
        found.append(give_up_claims_of_the_dead([]))
        connections.close_all()

    other = threading.Thread(target=_other)
    other.start()
    other.join()
    assert found == [[]]
    drain.finish()
    assert fate(message) == ("SENT", "", True)


def test_what_was_claimed_without_our_hearing_of_it_goes_back_into_the_line(world: SendingWorld) -> None:
    message = world.queue(world.conversation("telegram"))
    drain = OutgoingDrain()
    number = drain.sender.number()
    Outgoing.objects.filter(pk=message.pk).update(sender=number, attempts=1, attempted_at=timezone.now())
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.SENDING)
    run_once({"outgoing": drain})
    drain.finish()
    assert fate(message) == ("SENT", "", True)
    assert len(world.stand_in.sends()) == 1


# --- failures ---


@pytest.mark.parametrize("platform", ["whatsapp", "twilio"])
def test_a_failure_that_is_reported_later_gives_the_waiting_back(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    theirs = make_message(conversation, at=timezone.now() - timedelta(minutes=5))
    world.stand_in.manners(reports="drop")
    message = world.queue(conversation)
    assert waiting(conversation) == (None, 0)
    world.send()
    assert fate(message) == ("SENT", "", True)
    failed_status(world, conversation, message)
    assert fresh(message).status == MessageStatus.FAILED
    assert waiting(conversation) == (theirs.at, 1)


def failed_status(world: SendingWorld, conversation: Conversation, message: Message) -> None:
    external_id, channel = fresh(message).external_id, conversation.channel
    number = conversation.identity.keys.get().value
    if channel.platform == "whatsapp":
        status = {
            "id": external_id,
            "status": "failed",
            "timestamp": str(int(timezone.now().timestamp())),
            "recipient_id": number,
            "errors": [{"code": 131026, "title": "Undeliverable"}],
        }
        receive(channel, whatsapp(channel, statuses=[status]))
    else:
        form = {
            "AccountSid": "AC",
            "MessageSid": external_id,
            "MessageStatus": "undelivered",
            "ErrorCode": "30003",
            "To": f"+{number}",
            "From": channel.external_id,
        }
        receive(channel, urlencode(form).encode())


def test_a_failure_gives_the_waiting_back_and_sending_again_takes_it(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    theirs = make_message(conversation, at=timezone.now() - timedelta(minutes=5))
    world.stand_in.trouble("fail", code="551", times=1)
    message = world.queue(conversation)
    assert waiting(conversation) == (None, 0)
    world.send()
    assert fate(message) == ("FAILED", "unreachable", True)
    assert waiting(conversation) == (theirs.at, 1)
    assert send_again(message_id=message.pk)
    assert waiting(conversation) == (None, 0)
    world.settle()
    assert fresh(message).status == MessageStatus.DELIVERED


def test_an_error_in_our_own_code_leaves_it_unknown_and_holds_up_nobody(world: SendingWorld) -> None:
    message, other = world.queue(world.conversation("messenger")), world.queue(world.conversation("telegram"))
    channel = world.channel("messenger")
    channel.credentials = {**channel.credentials, "access_token": 5}
    channel.save()
    world.send()
    assert fate(message) == ("UNKNOWN", "unknown", True)
    assert Outgoing.objects.get(pk=message.pk).code == "TypeError"
    assert fate(other) == ("SENT", "", True)


# --- taking back, and what changes while a message waits ---


def test_a_message_that_waits_can_be_withdrawn(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    theirs = make_message(conversation, at=timezone.now() - timedelta(minutes=5))
    message = queue_message(conversation_id=conversation.pk, draft=drafts(conversation)[Content.MEDIA](), author=None)
    assert withdraw(message_id=message.pk)
    assert not withdraw(message_id=message.pk)
    world.send()
    assert world.stand_in.requests() == []
    found = fresh(message)
    assert (found.status, found.text, found.deleted_at is not None) == (MessageStatus.FAILED, "", True)
    assert not found.attachments.exists()
    assert not send_again(message_id=message.pk)
    assert waiting(conversation)[0] == theirs.at


def test_a_message_under_way_or_sent_is_not_withdrawn(world: SendingWorld) -> None:
    message = world.queue(world.conversation("telegram"))
    world.stand_in.trouble("late", seconds=2)
    drain = OutgoingDrain()
    drain.run_batch()
    assert not withdraw(message_id=message.pk)
    run_once({"outgoing": drain})
    drain.finish()
    assert not withdraw(message_id=message.pk)
    assert fate(message) == ("SENT", "", True)


def wrote_ago(conversation: Conversation, ago: timedelta) -> None:
    at = timezone.now() - ago
    Conversation.objects.filter(pk=conversation.pk).update(last_inbound_at=at)
    Identity.objects.filter(pk=conversation.identity_id).update(last_inbound_at=at)


@pytest.mark.parametrize("platform", ["whatsapp", "messenger", "instagram"])
def test_a_window_that_closes_while_a_message_waits_fails_it(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    message = world.queue(conversation)
    wrote_ago(conversation, timedelta(days=8))
    world.send()
    assert fate(message) == ("FAILED", "window", True)
    assert world.stand_in.requests() == []
    with pytest.raises(Refused):
        send_again(message_id=message.pk)


@pytest.mark.parametrize("platform", ["messenger", "instagram"])
def test_past_the_first_day_what_a_person_wrote_goes_with_its_tag(world: SendingWorld, platform: str) -> None:
    conversation = world.conversation(platform)
    message = world.queue(conversation)
    machine = queue_message(
        conversation_id=conversation.pk, draft=Draft(text="I am a machine"), author=None, automated=True
    )
    wrote_ago(conversation, timedelta(days=2))
    world.settle()
    assert fresh(message).status >= MessageStatus.DELIVERED
    assert fate(machine) == ("FAILED", "window", True)
    (request,) = world.stand_in.requests()
    assert (request["values"]["messaging_type"], request["values"]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize(("change", "reason"), [("opted_out", "opted_out"), ("blocked", "opted_out"), ("inactive", "")])
def test_what_they_wish_counts_until_the_last_moment(world: SendingWorld, change: str, reason: str) -> None:
    conversation = world.conversation("telegram")
    message = world.queue(conversation)
    if change == "opted_out":
        Identity.objects.filter(pk=conversation.identity_id).update(opted_out=True)
    elif change == "blocked":
        type(conversation.identity.customer).objects.update(blocked=True)
    else:
        type(conversation.channel).objects.update(is_active=False)
    world.send()
    expected = ("FAILED", reason, True) if reason else ("QUEUED", "", False)  # a channel switched on again goes on
    assert fate(message) == expected
    assert world.stand_in.requests() == []


def test_a_file_that_is_gone_is_told(world: SendingWorld) -> None:
    conversation = world.conversation("telegram")
    message = queue_message(conversation_id=conversation.pk, draft=drafts(conversation)[Content.MEDIA](), author=None)
    attachment = message.attachments.get()
    attachment.file.storage.delete(str(attachment.file.name))
    world.send()
    assert fate(message) == ("FAILED", "content", True)


def test_an_echo_goes_to_the_message_also_after_its_conversation_was_closed(world: SendingWorld) -> None:
    conversation = world.conversation("messenger")
    message = world.queue(conversation)
    close_conversation(conversation_id=conversation.pk)
    world.settle()
    assert fresh(message).status == MessageStatus.DELIVERED
    assert [one.pk for one in ours(conversation)] == [message.pk]


# --- several senders ---


def test_two_drains_at_once_send_each_message_once(world: SendingWorld) -> None:
    world.stand_in.manners(reports="drop", pace=0.01)
    conversations = [world.conversation(platform) for platform in PLATFORMS for _ in range(4)]
    messages = [world.queue(conversation, f"number {number}") for number in range(5) for conversation in conversations]
    failures: list[BaseException] = []

    def _run() -> None:
        drain = OutgoingDrain()
        try:
            run_once({"outgoing": drain})
            drain.finish()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=_run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.send()
    assert failures == []
    assert {fate(message) for message in messages} == {("SENT", "", True)}
    sends = world.stand_in.sends()
    assert len(sends) == len(messages)
    assert len({(send["recipient"], send["channel"], send["digest"]) for send in sends}) == len(messages)


def test_events_that_came_before_our_id_was_known_are_not_lost(world: SendingWorld) -> None:
    """Delivered and read may be heard of before the answer to our call; on Instagram nothing but the id tells of what."""
    conversation = world.conversation("instagram")
    message = world.queue(conversation)
    world.stand_in.manners(early=0.0, soonest=0.0, latest=0.01)
    world.stand_in.trouble("late", seconds=3)
    drain = OutgoingDrain()
    drain.run_batch()
    wait_until(lambda: world.stand_in.reported()["posted"] >= 2, "the reports")
    world.ingest()
    run_once({"outgoing": drain})
    drain.finish()
    assert fresh(message).status == MessageStatus.READ
    assert MessageEvent.objects.filter(kind="status").count() == 1
    assert len(ours(conversation)) == 1
