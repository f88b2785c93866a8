"""Handing a conversation over from a bot to a person, and back."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Team, User
from messaging.bots import CLOSED, failed_too_often, give_to_bot, lock, take_from_bot
from messaging.handoff_notices import tell_of_handoff
from messaging.models import Conversation, Handoff


@dataclass(frozen=True, kw_only=True)
class Request:
    """Why a person is wanted, who says so, and who is wanted; nobody named: whoever the conversation belongs to."""

    by: Handoff.By
    reason: str = ""
    user: User | None = None
    context: dict[str, Any] = field(default_factory=dict)
    team: Team | None = None
    assignee: User | None = None


class HandoffRefused(Exception):
    """A handoff cannot go on so; the message says why, in words for people. `handoff` is how it stands."""

    def __init__(self, words: Any, handoff: Handoff | None = None) -> None:
        super().__init__(str(words))
        self.handoff = handoff


class AlreadyRequested(HandoffRefused):
    """The conversation has an open one."""


@transaction.atomic
def request_handoff(*, conversation_id: int, request: Request) -> Handoff:
    """Ask for a person, and tell those who may come. Until one takes over, the bot goes on.

    Raises:
        AlreadyRequested: that was done already.
        HandoffRefused: the conversation is closed.
    """
    conversation = lock(conversation_id)
    if conversation.status != Conversation.Status.OPEN:
        raise HandoffRefused(CLOSED)
    if (known := _open_of(conversation)) is not None:
        raise AlreadyRequested(_("A colleague is asked for already."), known)
    _make_it_theirs(conversation, request.assignee, request.team)
    handoff = Handoff.objects.create(
        conversation=conversation,
        reason=request.reason[:300],
        context=request.context,
        by=request.by,
        requested_by=request.user,
        team=request.team,
        assignee=request.assignee,
    )
    tell_of_handoff(handoff)
    return handoff


@transaction.atomic
def take_over(*, conversation_id: int, user: User) -> Handoff:
    """Let a colleague have a conversation that a bot has, or that waits for one.

    Raises:
        HandoffRefused: another colleague has taken it, or there is nothing to take over.
    """
    conversation = lock(conversation_id)
    handoff = _open_of(conversation)
    if handoff is None:
        if not conversation.bot_owned:
            raise HandoffRefused(_("No bot has this conversation."))
        handoff = Handoff(conversation=conversation, by=Handoff.By.PERSON, requested_by=user)
    elif handoff.status == Handoff.Status.ASSIGNED and handoff.assignee_id != user.pk:
        raise HandoffRefused(_("%(name)s has taken it over.") % {"name": handoff.assignee}, handoff)
    _assign(handoff, conversation, user)
    return handoff


@transaction.atomic
def assign_handoff(*, handoff_id: int, assignee: User) -> Handoff:
    """Give an open handoff, and the conversation with it, to a colleague, who is told.

    Raises:
        HandoffRefused: it has ended.
    """
    conversation, handoff = _locked(handoff_id)
    _refuse_ended(handoff)
    _assign(handoff, conversation, assignee)
    tell_of_handoff(handoff)
    return handoff


@transaction.atomic
def complete_handoff(*, handoff_id: int, back_to_bot: bool = False) -> Handoff:
    """Note that the person is done; with `back_to_bot` the bot goes on in the conversation.

    Raises:
        HandoffRefused: nobody has taken it over, or it has ended otherwise.
    """
    conversation, handoff = _locked(handoff_id)
    if handoff.status == Handoff.Status.COMPLETED:
        return handoff
    if handoff.status != Handoff.Status.ASSIGNED:
        raise HandoffRefused(_("Nobody has taken it over, so it cannot be completed."), handoff)
    _end(handoff, Handoff.Status.COMPLETED)
    if back_to_bot and conversation.status == Conversation.Status.OPEN:
        give_to_bot(conversation)
    return handoff


@transaction.atomic
def give_back(*, conversation_id: int) -> Conversation:
    """Let a bot go on in a conversation that a person has; what was open of a handoff has ended then.

    Raises:
        HandoffRefused: it is closed.
    """
    conversation = lock(conversation_id)
    if conversation.status != Conversation.Status.OPEN:
        raise HandoffRefused(CLOSED)
    _end_open(conversation)
    if not conversation.bot_owned:
        give_to_bot(conversation)
    return conversation


@transaction.atomic
def cancel_handoff(*, handoff_id: int) -> Handoff:
    """Take the request for a person back. Whoever has the conversation keeps it.

    Raises:
        HandoffRefused: it was completed.
    """
    _conversation, handoff = _locked(handoff_id)
    if handoff.status == Handoff.Status.COMPLETED:
        raise HandoffRefused(_("It was completed already."), handoff)
    if handoff.is_open:
        _end(handoff, Handoff.Status.CANCELLED)
    return handoff


@transaction.atomic
def rate_handoff(*, handoff_id: int, rating: int, feedback: str = "") -> Handoff:
    """Keep what the customer says of a completed handoff: 1 (poor) to 5; said again, the newer counts.

    Raises:
        HandoffRefused: it is not completed.
        ValueError: there is no such rating.
    """
    if not 1 <= rating <= 5:
        raise ValueError("A rating is 1 to 5.")
    _conversation, handoff = _locked(handoff_id)
    if handoff.status != Handoff.Status.COMPLETED:
        raise HandoffRefused(_("Only a completed handoff can be rated."), handoff)
    handoff.rating, handoff.feedback = rating, feedback.replace("\x00", "").strip()
    handoff.save(update_fields=["rating", "feedback", "updated_at"])
    return handoff


@transaction.atomic
def note_answer(
    *, conversation_id: int, understood: bool, user: User | None = None
) -> tuple[Conversation, Handoff | None]:
    """Count what a bot did not know; where that is too often in a row, ask for a person. Returns the handoff that is open then.

    Raises:
        HandoffRefused: no bot has the conversation.
    """
    conversation = lock(conversation_id)
    if not conversation.bot_owned:
        raise HandoffRefused(_("No bot has this conversation."))
    conversation.failed_answers = 0 if understood else min(conversation.failed_answers + 1, 1000)
    conversation.save(update_fields=["failed_answers", "updated_at"])
    handoff = _open_of(conversation)
    if handoff is None and failed_too_often(conversation):
        reason = _("The bot did not know %(count)d answers in a row.") % {"count": conversation.failed_answers}
        request = Request(by=Handoff.By.RULE, reason=reason, user=user)
        handoff = request_handoff(conversation_id=conversation_id, request=request)
    return conversation, handoff


def end_with_conversation(conversation: Conversation) -> None:
    """End what is open of a locked conversation that is being closed, and let no bot have it."""
    _end_open(conversation)
    take_from_bot(conversation)


def _end_open(conversation: Conversation) -> None:
    """Complete what a colleague has taken, cancel what waits."""
    if (handoff := _open_of(conversation)) is not None:
        was_taken = handoff.status == Handoff.Status.ASSIGNED
        _end(handoff, Handoff.Status.COMPLETED if was_taken else Handoff.Status.CANCELLED)


def _open_of(conversation: Conversation) -> Handoff | None:
    return Handoff.objects.open().select_related("assignee").filter(conversation=conversation).first()


def _locked(handoff_id: int) -> tuple[Conversation, Handoff]:
    """Lock a handoff's conversation, which every change of it locks first."""
    conversation = lock(Handoff.objects.values_list("conversation_id", flat=True).get(pk=handoff_id))
    return conversation, Handoff.objects.select_related("assignee", "team").get(pk=handoff_id)


def _refuse_ended(handoff: Handoff) -> None:
    if not handoff.is_open:
        raise HandoffRefused(_("This handoff has ended."), handoff)


def _assign(handoff: Handoff, conversation: Conversation, user: User) -> None:
    handoff.status, handoff.assignee, handoff.team = Handoff.Status.ASSIGNED, user, user.team
    handoff.assigned_at = handoff.assigned_at or timezone.now()
    handoff.save()
    take_from_bot(conversation)
    _make_it_theirs(conversation, user, user.team)


def _make_it_theirs(conversation: Conversation, assignee: User | None, team: Team | None) -> None:
    """Give the conversation along, so that who is asked sees it."""
    if assignee is None and team is None:
        return
    before = (conversation.assignee_id, conversation.team_id)
    conversation.assignee, conversation.team = assignee, team or (assignee.team if assignee else None)
    if before != (conversation.assignee_id, conversation.team_id):
        conversation.save(update_fields=["assignee", "team", "updated_at"])


def _end(handoff: Handoff, status: Handoff.Status) -> None:
    handoff.status, handoff.completed_at = status, timezone.now()
    handoff.save(update_fields=["status", "completed_at", "updated_at"])
