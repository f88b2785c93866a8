"""What colleagues decide about messages of ours: send again, take as sent, take back."""

from contextlib import closing, nullcontext
from uuid import UUID, uuid5

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from crm.models import User
from messaging.bots import lock, take_turn
from messaging.channels.outbound import Content
from messaging.ingest.conversations import answered_anew
from messaging.models import Attachment, Message, MessageStatus, Outgoing
from messaging.sending.queueing import Draft, queue_message, refuse_second_private_reply, refuse_what_is_not_allowed
from messaging.sending.refusals import FILE_GONE, Refused


@transaction.atomic
def send_again(*, message_id: int, author: User | None = None) -> bool:
    """Queue a message again that failed or whose fate is unknown, under the rules of a first one; say whether that was so.

    One that the platform took and reported as failed later stays as it is, and a new one says the same: the platform may still
    report on the first. However often that is asked for, there is one new message.

    Raises:
        messaging.sending.refusals.Refused: it may not be sent any more, or a bot has the conversation.
    """
    outgoing = _finished(message_id)
    if outgoing is None:
        return _send_anew(message_id, author)
    message = outgoing.message
    conversation = lock(outgoing.conversation_id)
    take_turn(conversation, author=author, automated=False)
    content = Content(outgoing.content)
    refuse_what_is_not_allowed(conversation, content, by_person=not message.automated)
    if content == Content.PRIVATE_REPLY and (comment := _answered(message)):
        refuse_second_private_reply(comment, but=message_id)
    outgoing.finished_at, outgoing.sender, outgoing.next_attempt_at = None, None, timezone.now()
    outgoing.reason, outgoing.code, outgoing.attempts = "", "", 0
    outgoing.save()
    Message.objects.filter(pk=message_id).update(status=MessageStatus.QUEUED, error="")
    answered_anew([conversation.pk])
    return True


def _send_anew(message_id: int, author: User | None) -> bool:
    """Queue what the platform did not deliver as a new message."""
    message = (
        Message.objects.select_related("outgoing")
        .filter(
            pk=message_id,
            status=MessageStatus.FAILED,
            outgoing__isnull=False,
            external_key__isnull=False,
            deleted_at=None,
        )
        .first()
    )
    if message is None:
        return False
    item = message.attachments.exclude(file="").first()
    file = _opened(item) if item else None
    draft = Draft(
        content=Content(message.outgoing.content),
        text=message.text,
        details=message.outgoing.details,
        answers=_answered(message),
        file=file,
        file_type=item.type if item else "file",
        mime_type=item.mime_type if item else "",
    )
    token = token_of_second(message.outgoing.token)
    with nullcontext() if file is None else closing(file):
        queue_message(conversation_id=message.conversation_id, draft=draft, author=author, token=token)
    return True


def _opened(item: Attachment) -> "File[bytes]":
    try:
        return File(item.file.open("rb"), name=item.name)
    except FileNotFoundError:
        raise Refused(FILE_GONE) from None


def token_of_second(token: UUID) -> UUID:
    """Return the id of the message that says the same as one that was not delivered."""
    return uuid5(token, "again")


def was_sent_anew(outgoing: Outgoing) -> bool:
    """Tell whether a second message says the same already."""
    return Outgoing.objects.filter(token=token_of_second(outgoing.token)).exists()


def _answered(message: Message) -> Message | None:
    if not message.reply_to_key:
        return None
    known = Message.objects.filter(channel=message.channel_id, external_key=message.reply_to_key)
    return known.filter(conversation=message.conversation_id).first()


@transaction.atomic
def keep_as_sent(*, message_id: int) -> bool:
    """Take a colleague's word that a message whose fate was unknown did arrive; say whether it was unknown."""
    outgoing = _finished(message_id)
    if outgoing is None or outgoing.message.status != MessageStatus.UNKNOWN:
        return False
    Outgoing.objects.filter(pk=outgoing.pk).update(reason="", code="")
    Message.objects.filter(pk=message_id).update(status=MessageStatus.SENT, error="")
    return True


@transaction.atomic
def withdraw(*, message_id: int) -> bool:
    """Take back a message that is not under way yet; say whether it was in time. It stays in the thread as unsent."""
    outgoing = Outgoing.objects.select_for_update().waiting().filter(pk=message_id).first()
    if outgoing is None:
        return False
    now = timezone.now()
    Outgoing.objects.filter(pk=message_id).update(finished_at=now)
    Attachment.objects.filter(message=message_id).delete()
    Message.objects.filter(pk=message_id).update(status=MessageStatus.FAILED, error="", text="", deleted_at=now)
    answered_anew([outgoing.conversation_id])
    return True


def _finished(message_id: int) -> Outgoing | None:
    """Lock a message that failed or is unknown, and was not withdrawn."""
    found = Outgoing.objects.select_for_update(of=("self",)).select_related("message")
    outgoing = found.filter(pk=message_id, finished_at__isnull=False, message__deleted_at=None).first()
    again = (MessageStatus.FAILED, MessageStatus.UNKNOWN)
    is_ours = outgoing is not None and outgoing.message.status in again and outgoing.message.external_key is None
    return outgoing if is_ours else None
