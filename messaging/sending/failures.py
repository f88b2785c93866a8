"""Why a message of ours did not get through, and what can be done: also where the platform took it and said so later."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.channels import adapter_for
from messaging.channels.outbound import Reason
from messaging.models import Conversation, Message, Outgoing
from messaging.models.outgoing import REASONS

#: After so long a platform that held a message back may let it through.
HELD_BACK = timedelta(hours=24)
#: In place of `REASONS`, where nothing is tried again by itself any more.
LATER = {
    Reason.TRY_AGAIN: gettext_lazy("The platform could not deliver it. Send it again."),
    Reason.THROTTLED: gettext_lazy(
        "The platform did not deliver it, since too much was sent. Send it again in a while."
    ),
}
#: The same message would fail in the same way.
NEVER_AGAIN = frozenset({Reason.CONTENT, Reason.OPTED_OUT})


@dataclass(frozen=True, slots=True)
class Failure:
    """What staff read, and whether it makes sense to send the same once more, or to write it anew."""

    words: str
    again: bool
    anew: bool = False


def failure_of(message: Message, outgoing: Outgoing | None, conversation: Conversation) -> Failure:
    """Return why a message failed. Of the conversation, the channel and the identity are read."""
    was_taken = bool(message.external_id)
    if outgoing and not was_taken:
        return Failure(outgoing.reason_text or _undelivered(message), again=outgoing.finished_at is not None)
    reason = _reason_of(message, conversation)
    words = str(LATER.get(reason) or REASONS[reason]) if reason else _undelivered(message)
    again = outgoing is not None and _makes_sense(reason, message, conversation)
    return Failure(words, again, anew=not again and reason not in (Reason.OPTED_OUT, Reason.WITHHELD))


def _reason_of(message: Message, conversation: Conversation) -> Reason | None:
    """Return what the first code that is known means with which the platform reported the failure."""
    known = adapter_for(conversation.channel.platform).ABILITIES.failures
    return next((known[code] for code in message.error.split(", ") if code in known), None)


def _makes_sense(reason: Reason | None, message: Message, conversation: Conversation) -> bool:
    if reason == Reason.WINDOW:
        wrote_at = conversation.identity.last_inbound_at
        return wrote_at is not None and wrote_at > message.at
    if reason == Reason.WITHHELD:
        return timezone.now() >= message.at + HELD_BACK
    return reason not in NEVER_AGAIN


def _undelivered(message: Message) -> str:
    if not message.error:
        return _("The platform did not deliver it.")
    return _("The platform did not deliver it (%(code)s).") % {"code": message.error}
