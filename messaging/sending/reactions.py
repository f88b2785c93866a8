"""Our reactions to messages of theirs: wished for by colleagues, told to the platform by a drain."""

from datetime import timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.models import User
from messaging.bots import lock, take_turn
from messaging.channels import adapter_for
from messaging.channels.outbound import Content, Outbound, Reason, SendError, Sent
from messaging.lookups.credentials import credentials_of
from messaging.lookups.drain import LookupDrain
from messaging.models import Message, OwnReaction
from messaging.models.lookup import LookupQuerySet
from messaging.sending import refusals
from messaging.sending.parcels import ids_of, refuse_what_changed
from messaging.window import allowance

#: What may be reacted to, as the platforms have it: what somebody wrote to us in private.
NOT_PRIVATE = frozenset({"comment", "lead_form", "referral", "postback", "callback"})
MOST_ATTEMPTS = 12
#: Longer than one request can take; so long a change waits behind a process that died over the one before.
LEASE = timedelta(seconds=90)
PASSING = frozenset({Reason.TRY_AGAIN, Reason.THROTTLED, Reason.UNKNOWN})


def may_be_reacted_to(message: Message) -> bool:
    """Tell whether a message is one that its platform lets us react to."""
    is_theirs = message.direction == Message.Direction.IN and bool(message.external_id)
    return is_theirs and not message.deleted_at and message.type not in NOT_PRIVATE


@transaction.atomic
def react(*, message_id: int, emoji: str, author: User | None, automated: bool = False) -> OwnReaction:
    """Wish for an emoji on a message of theirs, for another one, or with an empty text for none any more.

    Raises:
        messaging.sending.refusals.Refused: the platform's rules or the customer's wish forbid it.
    """
    message = Message.objects.get(pk=message_id)
    conversation = lock(message.conversation_id)
    take_turn(conversation, author=author, automated=automated)
    if (settled := _settled(message, emoji)) is not None:
        return settled
    refusals.refuse_unless_allowed(Content.REACTION, allowance(conversation, by_person=not automated))
    if not may_be_reacted_to(message):
        raise refusals.Refused(refusals.NO_REACTION)
    known = adapter_for(conversation.channel.platform).ABILITIES.reactions
    if emoji and emoji not in known:
        raise refusals.Refused(str(refusals.OTHER_EMOJI) % {"emoji": " ".join(known)})
    OwnReaction.objects.get_or_create(message=message, defaults={"channel_id": message.channel_id})
    row: OwnReaction = OwnReaction.objects.select_for_update().get(pk=message_id)
    row.emoji, row.author = emoji, author
    if row.asked is None:
        row.attempts, row.next_attempt_at = 0, timezone.now()
    row.finished_at, row.reason, row.code = None, "", ""
    row.save()
    return row


def _settled(message: Message, emoji: str) -> OwnReaction | None:
    """Where the platform certainly has what is wished for, be content with that: nothing is sent, so nothing forbids it."""
    if not emoji and not OwnReaction.objects.filter(pk=message.pk).exists():
        return OwnReaction(message=message, channel_id=message.channel_id, finished_at=timezone.now())
    there = OwnReaction.objects.select_for_update().exclude(finished_at=None).exclude(reason=Reason.UNKNOWN.value)
    row: OwnReaction | None = there.filter(pk=message.pk, shown=emoji).first()
    if row is not None:
        row.emoji, row.reason, row.code = emoji, "", ""
        row.save()
    return row


class ReactionDrain(LookupDrain[OwnReaction, Sent]):
    """Tells platforms of our reactions."""

    noun = "Reaction"
    most_attempts = MOST_ATTEMPTS
    lease = LEASE

    def __init__(self) -> None:
        super().__init__()
        self.prepared: dict[int, Outbound | SendError] = {}

    def rows(self) -> LookupQuerySet:
        return OwnReaction.objects.select_related("channel", "message__conversation__identity__customer")

    def patience(self, error: SendError) -> int:
        return self.most_attempts if error.reason in PASSING else 1

    def ready(self, row: OwnReaction) -> None:
        row.asked = row.emoji
        OwnReaction.objects.filter(pk=row.pk).update(asked=row.emoji)
        try:
            self.prepared[row.pk] = _outbound(row)
        except SendError as error:
            self.prepared[row.pk] = error

    def ask(self, row: OwnReaction) -> Sent:
        prepared = self.prepared.pop(row.pk)
        if isinstance(prepared, SendError):
            raise prepared
        return adapter_for(row.channel.platform).send(prepared, credentials_of(row.channel))

    def write(self, row: OwnReaction, found: Sent) -> SendError | None:
        return None

    def done(self, claims: LookupQuerySet) -> None:
        """Note what the platform has now; what was wished for in the meantime is next."""
        now = timezone.now()
        told: dict[str, Any] = {"shown": F("asked"), "asked": None, "reason": "", "code": ""}
        claims.filter(asked=F("emoji")).update(finished_at=now, **told)
        claims.filter(asked__isnull=False).update(attempts=0, next_attempt_at=now, **told)

    def _record_failure(self, row: OwnReaction, claims: LookupQuerySet, error: SendError) -> None:
        super()._record_failure(row, claims, error)
        again: dict[str, Any] = {"attempts": 0, "finished_at": None, "next_attempt_at": timezone.now()}
        OwnReaction.objects.filter(pk=row.pk).exclude(emoji=F("asked")).update(reason="", code="", **again)
        OwnReaction.objects.filter(pk=row.pk).update(asked=None)


def _outbound(row: OwnReaction) -> Outbound:
    """Look once more at what is allowed, and return what the adapter sends."""
    message = row.message
    conversation = message.conversation
    conversation.channel = row.channel
    refuse_what_changed(Content.REACTION, allowance(conversation))
    return Outbound(
        token="",
        account_id=row.channel.external_id,
        content=Content.REACTION,
        to=ids_of({conversation.identity_id}).get(conversation.identity_id, ()),
        address=cast("str", conversation.identity.profile.get("address", "")),
        text=row.emoji,
        reply_to=message.external_id,
    )
