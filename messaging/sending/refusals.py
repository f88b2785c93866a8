"""Why a message of ours is not even queued, in words for whoever wrote it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from messaging.channels.outbound import Content
from messaging.models import Message
from messaging.window import Allowance, Barred

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

EMPTY = _("There is nothing to send.")
NO_COMMENT = _("Choose the comment that this answers.")
COMMENT_TOO_OLD = _("The comment is more than seven days old, so the platform takes no private answer to it any more.")
ANSWERED_PRIVATELY = _("This comment was answered in private already; the platform allows one such answer.")
NEWER_IS_OPEN = _("They have a newer open conversation; go on there.")
NO_REACTION = _("The platform lets us react only to what they wrote to us in private.")
REACTION_TOO_LATE = _("The reply window has closed for reactions; an answer can still be written by hand.")
OTHER_EMOJI = _("The platform takes one of these reactions: %(emoji)s.")
FILE_GONE = _("Its file is no longer here. Attach it anew.")
NOT_HERE = _("This platform does not take that.")
ONLY_TEMPLATES = _("The reply window has closed: until they write again, only a template can be sent.")
WINDOW_CLOSED = _("The reply window has closed: the platform lets us write again once they do.")
BARRED = {
    Barred.BLOCKED: _("The customer is blocked here. Unblock them to write to them."),
    Barred.OPTED_OUT: _("They do not want messages from us."),
    Barred.INACTIVE: _("The channel is switched off."),
}


class Refused(Exception):
    """A message may not be sent; `str()` says why, for people."""

    def __init__(self, words: "str | _StrPromise") -> None:
        super().__init__(words)
        self.words = words

    def __str__(self) -> str:
        return str(self.words)


class AnsweredMeanwhile(Exception):
    """A colleague has answered since the writer last looked."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.pk)
        self.message = message


def refuse_unless_allowed(content: Content, allowed: Allowance) -> None:
    """Check content against what is allowed now.

    Raises:
        Refused: it is not.
    """
    if content in allowed:
        return
    if allowed.barred:
        raise Refused(BARRED[allowed.barred])
    if allowed.only_templates:
        raise Refused(ONLY_TEMPLATES)
    if content == Content.REACTION and allowed.is_human:
        raise Refused(REACTION_TOO_LATE)
    raise Refused(WINDOW_CLOSED if allowed.is_closed else NOT_HERE)
