"""What the inbox asks while it is open: one query, nothing missed, nothing shown to who may not see it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Customer, Identity, Note, User
from crm.visibility import visible
from messaging import services
from messaging.admin.inbox import news, versions
from messaging.admin.inbox.asked import Asked
from messaging.admin.thread import read_part
from messaging.models import Attachment, Conversation, ConversationViewer, Message, MessageStatus, Outgoing
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_message
from messaging.tests.inbox_asking import asks_of_inbox, poll, queries_of, talk_with, teammate, url_of

pytestmark = pytest.mark.django_db
OWN_QUERIES, ALL_QUERIES = 1, 2  # the other finds out who asks and what they may do


def micros_ago(**span: int) -> int:
    return (timezone.now() - timedelta(**span) - versions.EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_asking_takes_one_query_however_much_there_is(role: str) -> None:
    user = colleague(role)
    talks = [talk_with(f"{number}", minutes=number + 1, assignee=user) for number in range(30)]
    for _number in range(60):
        make_message(talks[0])
    client = client_of(user)
    query = {
        "since": micros_ago(hours=1),
        "shown": ",".join(str(talk.pk) for talk in talks),
        "open": talks[0].pk,
        "here": 1,
    }
    queries_of(client, url_of("poll"), **query)
    found = queries_of(client, url_of("poll"), **query)
    assert (len(asks_of_inbox(found)), len(found)) == (OWN_QUERIES, ALL_QUERIES), "\n".join(found)


def test_what_changed_in_the_list_is_told_and_what_left_it(seller: User, client: Client) -> None:
    changed, left, old, elsewhere = (
        talk_with(name, minutes=5 + place, assignee=seller) for place, name in enumerate(("A", "B", "C", "D"))
    )
    Conversation.objects.filter(pk=left.pk).update(assignee=colleague("seller", team="Elsewhere"))
    Conversation.objects.filter(pk=elsewhere.pk).update(assignee=teammate(seller, "Omar"))
    Conversation.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(hours=2))
    answer = poll(client, since=micros_ago(hours=1), shown=f"{changed.pk},{left.pk},{old.pk}")
    assert {pk for pk, _version in answer["changed"]} == {changed.pk, left.pk}
    assert poll(client, since=micros_ago(hours=1), tab="all")["changed"][0][0] in {changed.pk, elsewhere.pk}


def test_a_change_that_was_committed_late_is_not_missed(seller: User, client: Client) -> None:
    """It bears the time at which its transaction began, which may lie before the last look."""
    talk = talk_with("Late", assignee=seller)
    since = poll(client, since=micros_ago(seconds=0))["since"]
    Conversation.objects.filter(pk=talk.pk).update(updated_at=timezone.now() - timedelta(seconds=3))
    assert [pk for pk, _version in poll(client, since=since)["changed"]] == [talk.pk]


def ours(talk: Conversation, **fields: Any) -> Message:
    return make_message(talk, direction="out", status=MessageStatus.SENT, **fields)


def outgoing(talk: Conversation) -> Outgoing:
    message = ours(talk)
    return Outgoing.objects.create(message=message, channel=talk.channel, conversation=talk, content="text")


CHANGES: dict[str, Callable[[Conversation, Message], Any]] = {
    "a message": lambda talk, message: make_message(talk),
    "a status": lambda talk, message: Message.objects.filter(pk=message.pk).update(status=MessageStatus.READ),
    "an error": lambda talk, message: Message.objects.filter(pk=message.pk).update(error="131047"),
    "an edit": lambda talk, message: Message.objects.filter(pk=message.pk).update(edited_at=timezone.now()),
    "taken back": lambda talk, message: Message.objects.filter(pk=message.pk).update(deleted_at=timezone.now()),
    "hidden": lambda talk, message: Message.objects.filter(pk=message.pk).update(hidden=True),
    "a reaction": lambda talk, message: Message.objects.filter(pk=message.pk).update(reactions={"aa": "👍"}),
    "a reason": lambda talk, message: Outgoing.objects.update(reason="throttled"),
    "a file of ours": lambda talk, message: Attachment.objects.update(file="2026/01/01/x"),
    "a note": lambda talk, message: Note.objects.create(customer=talk.identity.customer, text="Calls back."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_thread_has_another_version_after(client: Client, seller: User, change: str) -> None:
    talk = talk_with("Mona", assignee=seller)
    message = outgoing(talk).message
    Attachment.objects.create(message=message, type="image")
    before = poll(client, open=talk.pk)["talk"]["thread"]
    assert poll(client, open=talk.pk)["talk"]["thread"] == before
    CHANGES[change](talk, message)
    assert poll(client, open=talk.pk)["talk"]["thread"] != before


STATES: dict[str, Callable[[Conversation], Any]] = {
    "closed": lambda talk: services.close_conversation(conversation_id=talk.pk),
    "given": lambda talk: services.assign_conversation(conversation_id=talk.pk, assignee=None),
    "put off": lambda talk: services.snooze_conversation(
        conversation_id=talk.pk, until=timezone.now() + timedelta(hours=1)
    ),
    "they wrote": lambda talk: Identity.objects.filter(pk=talk.identity_id).update(last_inbound_at=timezone.now()),
    "opted out": lambda talk: Identity.objects.filter(pk=talk.identity_id).update(opted_out=True),
    "blocked": lambda talk: Customer.objects.filter(pk=talk.identity.customer_id).update(blocked=True),
}


@pytest.mark.parametrize("change", STATES)
def test_the_state_has_another_version_after(client: Client, seller: User, change: str) -> None:
    talk = talk_with("Mona", assignee=seller)
    before = poll(client, open=talk.pk)["talk"]["state"]
    STATES[change](talk)
    assert poll(client, open=talk.pk)["talk"]["state"] != before


@pytest.mark.parametrize("count", [1, 49, 50, 51])
def test_the_page_and_the_question_know_a_conversation_by_the_same_versions(
    client: Client, seller: User, count: int
) -> None:
    talk = talk_with("Mona", assignee=seller, snoozed_until=timezone.now())
    for _number in range(count - 1):
        make_message(talk, at=timezone.now())
    outgoing(talk)
    Note.objects.create(customer=talk.identity.customer, text="Calls back.")
    shown = Conversation.objects.select_related("identity__customer", "channel").get(pk=talk.pk)
    told = poll(client, open=talk.pk)["talk"]
    assert (told["thread"], told["state"]) == (read_part(shown).version, versions.of_state(shown))


def test_two_in_one_conversation_see_each_other(seller: User, client: Client) -> None:
    talk = talk_with("Mona", assignee=seller)
    mate = teammate(seller, "Omar")
    mate.groups.add(seller.groups.get())
    omar = client_of(mate)
    assert poll(client, open=talk.pk, here=1)["talk"]["viewers"] == []
    assert poll(omar, open=talk.pk, here=1)["talk"]["viewers"] == [[str(seller), False]]
    assert poll(client, open=talk.pk, here=1, writing=1)["talk"]["viewers"] == [["Omar", False]]
    assert poll(omar, open=talk.pk)["talk"]["viewers"] == [[str(seller), True]]
    poll(client, open=talk.pk, here=1)
    assert poll(omar, open=talk.pk)["talk"]["viewers"] == [[str(seller), True]]  # for some seconds yet
    ConversationViewer.objects.update(writing_at=timezone.now() - 2 * news.WRITING)
    assert poll(omar, open=talk.pk)["talk"]["viewers"] == [[str(seller), False]]
    ConversationViewer.objects.update(seen_at=timezone.now() - 2 * news.PRESENT)
    assert poll(omar, open=talk.pk)["talk"]["viewers"] == []


def test_being_there_is_noted_when_it_is_said_and_forgotten_by_and_by(seller: User, client: Client) -> None:
    first, second = talk_with("A", assignee=seller), talk_with("B", minutes=6, assignee=seller)
    poll(client, open=first.pk)
    assert not ConversationViewer.objects.exists()
    for talk in (first, second):
        poll(client, open=talk.pk, here=1)
    ConversationViewer.objects.filter(conversation=first).update(seen_at=timezone.now() - 2 * news.FORGOTTEN)
    client.get(url_of("talk", second.pk))
    assert list(ConversationViewer.objects.values_list("conversation", flat=True)) == [second.pk]


def test_of_others_conversations_nothing_is_told(client: Client) -> None:
    talk = talk_with("Hidden", assignee=colleague("seller", team="Elsewhere"))
    answer = poll(client, open=talk.pk, here=1, since=micros_ago(hours=1), tab="all")
    assert (answer["talk"], answer["changed"]) == (None, [])
    assert not ConversationViewer.objects.exists()


def test_it_sees_what_every_other_page_sees() -> None:
    """The rule stands here in SQL of its own: over all mixtures of who is whose, it says what the other says."""
    us, them = colleague("seller"), colleague("seller", team="Elsewhere")
    alone = User.objects.create(email="alone@shop.example")
    people = [None, us, teammate(us, "Omar"), them]
    for place, (assignee, owner, team) in enumerate(product(people, people, [None, us.team, them.team])):
        talk = talk_with(f"{place}", minutes=place + 1, assignee=assignee, team=team)
        talk.identity.customer.owner = owner
        talk.identity.customer.save()
    asked, since = Asked(tab="all"), timezone.now() - timedelta(days=1)
    for user in (us, them, alone, colleague("manager")):
        allowed = set(visible(user, Conversation).values_list("pk", flat=True))
        told = news.news(user, asked=asked, since=since)
        assert {pk for pk, _version in told.changed} == allowed
        opened = {
            pk
            for pk in Conversation.objects.values_list("pk", flat=True)
            if news.news(user, asked=asked, opened=pk).talk
        }
        assert opened == allowed
