"""Closing, reopening, assigning and reading a conversation."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from crm.models import User
from messaging import services
from messaging.models import Conversation
from messaging.tests.factories import NOON, make_conversation, make_message

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_closing_notes_when_and_once() -> None:
    conversation = make_conversation()
    closed = services.close_conversation(conversation_id=conversation.pk)
    assert (closed.status, closed.closed_at is None) == ("closed", False)
    assert services.close_conversation(conversation_id=conversation.pk).closed_at == closed.closed_at


@pytest.mark.django_db
def test_reopening_takes_the_closing_back() -> None:
    conversation = make_conversation(status="closed", closed_at=NOON)
    assert services.reopen_conversation(conversation_id=conversation.pk).closed_at is None
    conversation.refresh_from_db()
    assert conversation.status == "open"


@pytest.mark.django_db
def test_reopening_is_refused_where_the_person_has_a_newer_open_one() -> None:
    closed = make_conversation(status="closed", closed_at=NOON)
    make_conversation(closed.identity)
    with pytest.raises(services.AnotherIsOpen):
        services.reopen_conversation(conversation_id=closed.pk)
    closed.refresh_from_db()
    assert (closed.status, closed.closed_at) == ("closed", NOON)


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_reopening_two_conversations_of_one_person_leave_one_open() -> None:
    first = make_conversation(status="closed", closed_at=NOON)
    second = make_conversation(first.identity, status="closed", closed_at=NOON)
    barrier, refused = Barrier(2), []

    def reopen(conversation_id: int) -> None:
        barrier.wait()
        try:
            services.reopen_conversation(conversation_id=conversation_id)
        except services.AnotherIsOpen:
            refused.append(conversation_id)
        finally:
            connection.close()

    threads = [Thread(target=reopen, args=[conversation.pk]) for conversation in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Conversation.objects.open().count() == 1


@pytest.mark.django_db
def test_assigning_and_handing_back() -> None:
    conversation, omar = make_conversation(), User.objects.create(email="omar@shop.example")
    assert services.assign_conversation(conversation_id=conversation.pk, assignee=omar).assignee == omar
    assert services.assign_conversation(conversation_id=conversation.pk, assignee=None).assignee is None


def unread_conversation(**fields: Any) -> Conversation:
    """Return one with three inbound messages a minute apart, all unread."""
    conversation = make_conversation(unread_count=3, waiting_since=NOON, **fields)
    for number in range(3):
        make_message(conversation, at=NOON + number * MINUTE)
    return conversation


@pytest.mark.django_db
def test_reading_leaves_what_came_in_meanwhile_unread_and_the_wait_as_it_is() -> None:
    conversation = unread_conversation()
    read = services.mark_conversation_read(conversation_id=conversation.pk, up_to=NOON + MINUTE)
    assert (read.unread_count, read.seen_at, read.waiting_since) == (1, NOON + MINUTE, NOON)
    assert services.mark_conversation_read(conversation_id=conversation.pk, up_to=NOON + 2 * MINUTE).unread_count == 0


@pytest.mark.django_db
def test_reading_never_goes_back() -> None:
    conversation = unread_conversation()
    services.mark_conversation_read(conversation_id=conversation.pk, up_to=NOON + 2 * MINUTE)
    read = services.mark_conversation_read(conversation_id=conversation.pk, up_to=NOON)
    assert (read.unread_count, read.seen_at) == (0, NOON + 2 * MINUTE)
