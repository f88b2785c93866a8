"""Queueing messages of ours."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.models import User
from messaging.bots import lock, take_turn
from messaging.channels.outbound import Content
from messaging.ingest.conversations import count_rows
from messaging.keys import message_key
from messaging.models import Attachment, Conversation, Message, MessageStatus, Outgoing
from messaging.sending import refusals
from messaging.sending.limits import bears_text, refuse_too_long
from messaging.services import AnotherIsOpen, reopen_conversation
from messaging.window import allowance, may_answer_privately

MESSAGE_TYPES = {
    Content.TEXT: "text",
    Content.BUTTONS: "text",
    Content.LOCATION: "location",
    Content.TEMPLATE: "template",
    Content.COMMENT_REPLY: "comment",
    Content.PRIVATE_REPLY: "text",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be written. `details` holds buttons, a location or a template, as `messaging.sending.parcels` reads them.

    One that is no answer (`is_answer`) leaves the customer waiting; its caller marks it as such (`messaging.models.away`).

    `answers` is the message of theirs that it answers or reacts to: a comment for answers to comments. `file` with `file_type`
    (`image`, `video`, `audio` or `file`) is what a `MEDIA` one is about.
    """

    content: Content = Content.TEXT
    text: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    answers: Message | None = None
    file: "File[bytes] | None" = None
    file_type: str = "file"
    mime_type: str = ""
    is_answer: bool = True


@transaction.atomic
def queue_message(
    *,
    conversation_id: int,
    draft: Draft,
    author: User | None,
    automated: bool = False,
    seen_up_to: int | None = None,
    token: UUID | None = None,
) -> Message:
    """Commit a message of ours for the `outgoing` drain to send.

    `seen_up_to` is the newest message that its writer has seen: where a colleague has answered since, nothing is queued.
    `token` is the writer's own id for it: asked for again under the same one in this conversation, the same message is returned.
    A file that bears no text there is followed by its text as a message of its own (`caption_of`); the file is returned.

    Raises:
        messaging.sending.refusals.Refused: the platform's rules or the customer's wish forbid it, or there is nothing to send.
        messaging.sending.refusals.AnsweredMeanwhile: a colleague was faster.
    """
    conversation = lock(conversation_id)
    if token and (queued := Message.objects.filter(outgoing__token=token, conversation=conversation).first()):
        return queued
    take_turn(conversation, author=author, automated=automated)
    refuse_what_is_not_allowed(conversation, draft.content, by_person=not automated)
    text = draft.text.replace("\x00", "").strip()
    _refuse_empty(draft, text)
    refuse_too_long(conversation.channel.platform, draft.content, text, draft.file_type)
    if draft.content == Content.PRIVATE_REPLY:
        refuse_second_private_reply(_comment_of(draft))
    if seen_up_to is not None:
        _refuse_if_answered(conversation, seen_up_to, author)
    token = token or uuid4()
    if text and draft.content == Content.MEDIA and not bears_text(conversation.channel.platform, draft.file_type):
        caption = Draft(text=text, is_answer=draft.is_answer)
        message = _queue(conversation, draft, "", author, automated, token)
        _queue(conversation, caption, text, author, automated, _caption_token(token))
        return message
    return _queue(conversation, draft, text, author, automated, token)


def _queue(
    conversation: Conversation, draft: Draft, text: str, author: User | None, automated: bool, token: UUID
) -> Message:
    now = timezone.now()
    message = _create_message(conversation, draft, text, author, automated, now)
    Outgoing.objects.create(
        message=message,
        channel_id=conversation.channel_id,
        conversation=conversation,
        token=token,
        content=draft.content.value,
        details=_details(draft),
    )
    if draft.is_answer:
        _count(conversation, message)
    else:
        Conversation.objects.filter(pk=conversation.pk).update(
            message_count=F("message_count") + 1, last_activity_at=now, updated_at=now
        )
    return message


def caption_of(message: Message) -> Message | None:
    """Return the text that was queued behind a file which could not bear it, if there is one."""
    token = _caption_token(message.outgoing.token)
    return Message.objects.filter(outgoing__token=token, conversation=message.conversation_id).first()


def _caption_token(token: UUID) -> UUID:
    return uuid5(token, "caption")


def refuse_what_is_not_allowed(conversation: Conversation, content: Content, *, by_person: bool) -> None:
    """Check the platform's rules and the customer's wish for a locked conversation, and open it again where it was closed.

    Raises:
        messaging.sending.refusals.Refused: they forbid it.
    """
    refusals.refuse_unless_allowed(content, allowance(conversation, by_person=by_person))
    if content == Content.REACTION:  # no message: see `messaging.sending.reactions`
        raise refusals.Refused(refusals.NOT_HERE)
    _reopen(conversation)


def _reopen(conversation: Conversation) -> None:
    """Who writes into a closed conversation goes on with it, unless there is a newer one."""
    if conversation.status == Conversation.Status.OPEN:
        return
    try:
        reopen_conversation(conversation_id=conversation.pk)
    except AnotherIsOpen:
        raise refusals.Refused(refusals.NEWER_IS_OPEN) from None


def _refuse_empty(draft: Draft, text: str) -> None:
    needs_text = draft.content not in (Content.MEDIA, Content.LOCATION, Content.TEMPLATE)
    if needs_text and not text:
        raise refusals.Refused(refusals.EMPTY)
    if draft.content == Content.MEDIA and draft.file is None:
        raise refusals.Refused(refusals.EMPTY)
    if draft.content in (Content.COMMENT_REPLY, Content.PRIVATE_REPLY):
        _comment_of(draft)


def _comment_of(draft: Draft) -> Message:
    if draft.answers is None or not draft.answers.comment_id:
        raise refusals.Refused(refusals.NO_COMMENT)
    return draft.answers


def refuse_second_private_reply(comment: Message, *, but: int | None = None) -> None:
    """A comment is answered in private once, and within days; `but` is the message that is sent again.

    Raises:
        messaging.sending.refusals.Refused: that was done, or is over.
    """
    if not may_answer_privately(comment.at):
        raise refusals.Refused(refusals.COMMENT_TOO_OLD)
    earlier = Outgoing.objects.filter(
        conversation=comment.conversation_id,
        content=Content.PRIVATE_REPLY.value,
        details__comment_id=comment.comment_id,
    ).exclude(message__status=MessageStatus.FAILED)
    if earlier.exclude(pk=but).exists():
        raise refusals.Refused(refusals.ANSWERED_PRIVATELY)


def _refuse_if_answered(conversation: Conversation, seen_up_to: int, author: User | None) -> None:
    newer = Message.objects.filter(conversation=conversation, direction=Message.Direction.OUT, pk__gt=seen_up_to)
    if author is not None:
        newer = newer.exclude(author=author)
    if (theirs := newer.select_related("author").order_by("pk").first()) is not None:
        raise refusals.AnsweredMeanwhile(theirs)


def _create_message(
    conversation: Conversation, draft: Draft, text: str, author: User | None, automated: bool, now: datetime
) -> Message:
    answers = draft.answers
    message = Message.objects.create(
        channel_id=conversation.channel_id,
        conversation=conversation,
        direction=Message.Direction.OUT,
        type=draft.file_type if draft.content == Content.MEDIA else MESSAGE_TYPES[draft.content],
        text=text,
        status=MessageStatus.QUEUED,
        received_at=now,
        at=now,
        author=author,
        automated=automated,
        reply_to=answers.external_id if answers else "",
        reply_to_key=message_key(answers.external_id) if answers and answers.external_id else None,
        source=Message.Source.COMMENT if draft.content == Content.COMMENT_REPLY else Message.Source.DIRECT,
        post_id=answers.post_id if answers and draft.content == Content.COMMENT_REPLY else None,
        ad_id=answers.ad_id if answers and draft.content == Content.COMMENT_REPLY else None,
    )
    if draft.file is not None:
        Attachment.objects.create(
            message=message,
            type=draft.file_type,
            name=(draft.file.name or "")[:500],
            mime_type=draft.mime_type[:200],
            size=draft.file.size,
            file=draft.file,
        )
    return message


def _details(draft: Draft) -> dict[str, Any]:
    details = dict(draft.details)
    if draft.answers is not None and draft.answers.comment_id:
        details["comment_id"] = draft.answers.comment_id
    return details


def _count(conversation: Conversation, message: Message) -> None:
    """Let it count as an answer at once; what fails later is taken back."""
    count_rows(
        [
            {
                "conversation_id": conversation.pk,
                "direction": message.direction,
                "at": message.at,
                "opens_window": False,
                "awaits_answer": False,
            }
        ]
    )
