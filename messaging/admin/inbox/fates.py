"""What can still be done about a message of ours that did not get through, or not yet."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, MessageStatus, Outgoing
from messaging.sending.deciding import was_sent_anew
from messaging.sending.failures import failure_of

SLOW = timedelta(seconds=5)


@dataclass
class Fate:
    """Why a message is not sent, and what may be done: send it again, take it as sent, take it back, write it anew."""

    reason: str
    again: bool = False
    keep: bool = False
    withdraw: bool = False
    anew: bool = False


def fate_of(message: Message, conversation: Conversation) -> Fate | None:
    """Return what there is to say and do about a message; None where all is well. Reads its `outgoing`."""
    if message.direction != Message.Direction.OUT or message.deleted_at:
        return None
    outgoing: Outgoing | None = getattr(message, "outgoing", None)
    if message.status == MessageStatus.UNKNOWN:
        known = outgoing is not None and outgoing.finished_at is not None
        return Fate(outgoing.reason_text if outgoing else "", again=known, keep=known)
    if message.status == MessageStatus.FAILED:
        return _failed(message, outgoing, conversation)
    waits = message.status == MessageStatus.QUEUED and outgoing is not None and outgoing.sender is None
    if outgoing and waits and (outgoing.reason or timezone.now() - outgoing.created_at > SLOW):
        return Fate(outgoing.reason_text or _("It waits to be sent."), withdraw=True)
    return None


def _failed(message: Message, outgoing: Outgoing | None, conversation: Conversation) -> Fate:
    """What cannot be sent again as it is can be written anew; what was sent again has its second below."""
    failure = failure_of(message, outgoing, conversation)
    if outgoing and message.external_id and was_sent_anew(outgoing):
        return Fate(f"{failure.words} {_('It was sent again.')}")
    return Fate(failure.words, again=failure.again, anew=failure.anew and bool(message.text))
