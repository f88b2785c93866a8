"""What colleagues do with conversations."""

from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.models import Team, User
from messaging.handoffs import end_with_conversation
from messaging.ingest.conversations import RECOUNT
from messaging.models import Conversation


class AnotherIsOpen(Exception):
    """The person has an open conversation already; nobody has two."""


def _locked(conversation_id: int) -> Conversation:
    """Lock a conversation as the ingest does, so that neither waits for the other's key checks."""
    return Conversation.objects.select_for_update(no_key=True).get(pk=conversation_id)


@transaction.atomic
def close_conversation(*, conversation_id: int) -> Conversation:
    """Close a conversation; the person's next message opens a new one. A closed one stays as it is."""
    conversation = _locked(conversation_id)
    if conversation.status == Conversation.Status.OPEN:
        conversation.status, conversation.closed_at = Conversation.Status.CLOSED, timezone.now()
        conversation.save(update_fields=["status", "closed_at", "updated_at"])
        end_with_conversation(conversation)
    return conversation


def reopen_conversation(*, conversation_id: int) -> Conversation:
    """Open a closed conversation again.

    Raises:
        AnotherIsOpen: the person wrote since and has a new one.
    """
    try:
        with transaction.atomic():
            conversation = _locked(conversation_id)
            if conversation.status == Conversation.Status.CLOSED:
                conversation.status, conversation.closed_at = Conversation.Status.OPEN, None
                conversation.save(update_fields=["status", "closed_at", "updated_at"])
    except IntegrityError:  # the database allows one open conversation per person
        raise AnotherIsOpen from None
    return conversation


@transaction.atomic
def assign_conversation(*, conversation_id: int, assignee: User | None) -> Conversation:
    """Give a conversation to a colleague, or to nobody."""
    conversation = _locked(conversation_id)
    if conversation.assignee_id != (assignee.pk if assignee else None):
        conversation.assignee = assignee
        conversation.save(update_fields=["assignee", "updated_at"])
    return conversation


@transaction.atomic
def mark_conversation_read(*, conversation_id: int, up_to: datetime) -> Conversation:
    """Note that a colleague has read everything up to a time; what came in after it stays unread."""
    conversation = _locked(conversation_id)
    conversation.seen_at = max(filter(None, (conversation.seen_at, up_to)))
    conversation.save(update_fields=["seen_at", "updated_at"])
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, [[conversation_id]])
    conversation.refresh_from_db(fields=["unread_count", "waiting_since"])
    return conversation


@transaction.atomic
def give_to_team(*, conversation_id: int, team: Team) -> Conversation:
    """Give a conversation to a team; whoever of it takes it on becomes its assignee."""
    conversation = _locked(conversation_id)
    if (conversation.team_id, conversation.assignee_id) != (team.pk, None):
        conversation.team, conversation.assignee = team, None
        conversation.save(update_fields=["team", "assignee", "updated_at"])
    return conversation


@transaction.atomic
def snooze_conversation(*, conversation_id: int, until: datetime | None) -> Conversation:
    """Put a conversation off until a time, or until they write; None: no longer."""
    conversation = _locked(conversation_id)
    if conversation.snoozed_until != until or until is not None:
        conversation.snoozed_until, conversation.snoozed_at = until, timezone.now() if until else None
        conversation.save(update_fields=["snoozed_until", "snoozed_at", "updated_at"])
    return conversation
