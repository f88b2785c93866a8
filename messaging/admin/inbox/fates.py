"""What can still be done about a message of ours that did not get through, or not yet."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Message, MessageStatus, Outgoing

SLOW = timedelta(seconds=5)


@dataclass
class Fate:
    """Why a message is not sent, and what may be done: send it again, take it as sent, take it back, write it anew."""

    reason: str
    again: bool = False
    keep: bool = False
    withdraw: bool = False
    anew: bool = False


def fate_of(message: Message) -> Fate | None:
    """Return what there is to say and do about a message; None where all is well. Reads its `outgoing`."""
    if message.direction != Message.Direction.OUT or message.deleted_at:
        return None
    outgoing: Outgoing | None = getattr(message, "outgoing", None)
    if message.status == MessageStatus.UNKNOWN:
        known = outgoing is not None and outgoing.finished_at is not None
        return Fate(outgoing.reason_text if outgoing else "", again=known, keep=known)
    if message.status == MessageStatus.FAILED:
        return _failed(message, outgoing)
    waits = message.status == MessageStatus.QUEUED and outgoing is not None and outgoing.sender is None
    if outgoing and waits and (outgoing.reason or timezone.now() - outgoing.created_at > SLOW):
        return Fate(outgoing.reason_text or _("It waits to be sent."), withdraw=True)
    return None


def _failed(message: Message, outgoing: Outgoing | None) -> Fate:
    """One that the platform took and reported as failed later cannot be sent again, only written anew."""
    reason = outgoing.reason_text if outgoing else ""
    if not reason:
        code = message.error
        reason = _("The platform did not deliver it (%(code)s).") % {"code": code} if code else ""
    again = outgoing is not None and outgoing.finished_at is not None and not message.external_id
    return Fate(reason or _("The platform did not deliver it."), again=again, anew=not again and bool(message.text))
