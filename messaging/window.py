"""What we may write to somebody, and until when: the platforms' rules, in one place.

Each private message of theirs opens the reply window anew; a comment does not, and is answered in public at any time.

https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
https://www.twilio.com/docs/whatsapp/key-concepts
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from crm.models.channel import Platform
from messaging.channels import adapter_for
from messaging.channels.outbound import Content
from messaging.channels.twilio import WHATSAPP
from messaging.models import Conversation

#: How long after a private message of theirs we may write what we like.
FREE_REPLY = timedelta(hours=24)
#: How long after it a person, though no machine, may still answer, where the platform knows `HUMAN_AGENT`.
HUMAN_REPLY = timedelta(days=7)
HUMAN_AGENT = "HUMAN_AGENT"
#: How long after a comment it may be answered in private, once.
PRIVATE_REPLY = timedelta(days=7)
WITH_WINDOW = frozenset({Platform.MESSENGER, Platform.INSTAGRAM, Platform.WHATSAPP})
WITH_HUMAN_AGENT = frozenset({Platform.MESSENGER, Platform.INSTAGRAM})

#: `free_reply_until` in SQL, of rows `conversation` and `channel`. Only of Twilio's people is the address looked at.
FREE_REPLY_UNTIL = f"""
    CASE WHEN channel.platform IN ({", ".join(f"'{platform.value}'" for platform in sorted(WITH_WINDOW))})
        OR (channel.platform = '{Platform.TWILIO.value}' AND (
            SELECT identity.profile ->> 'address' = '{WHATSAPP}' FROM crm_identity AS identity
            WHERE identity.id = conversation.identity_id
        ))
    THEN conversation.last_inbound_at + interval '{FREE_REPLY.total_seconds():.0f} seconds' END
"""  # noqa: S608 - put together of our own constants


class Barred(StrEnum):
    """Why nothing can be written to somebody."""

    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    INACTIVE = "inactive"


#: Answers to comments follow rules of their own: see `may_answer_privately`.
TO_COMMENTS = frozenset({Content.COMMENT_REPLY, Content.PRIVATE_REPLY})


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be written now.

    `contents` is empty where `barred` says why. `until` is when this ends, None for never. `tag` is what the platform wants to
    be told with it. `is_human` says that only what a person wrote is allowed.
    """

    contents: frozenset[Content]
    until: datetime | None = None
    tag: str = ""
    is_human: bool = False
    barred: Barred | None = None

    @property
    def only_templates(self) -> bool:
        return self.contents - TO_COMMENTS == frozenset({Content.TEMPLATE})

    @property
    def is_closed(self) -> bool:
        """Nothing private may be written; comments can still be answered."""
        return not self.contents - TO_COMMENTS

    def __contains__(self, content: Content) -> bool:
        return content in self.contents


def has_window(conversation: Conversation) -> bool:
    """Tell whether the platform has a window there. A number at Twilio has one for people on WhatsApp, none for SMS."""
    platform = conversation.channel.platform
    if platform == Platform.TWILIO:
        return bool(conversation.identity.profile.get("address") == WHATSAPP)
    return platform in WITH_WINDOW


def free_reply_until(conversation: Conversation) -> datetime | None:
    """Return when the window closes or closed.

    None: nothing closes. The platform has no window, or all that came was a comment.
    """
    if not has_window(conversation) or conversation.last_inbound_at is None:
        return None
    return conversation.last_inbound_at + FREE_REPLY


def allowance(conversation: Conversation, *, by_person: bool = True, now: datetime | None = None) -> Allowance:
    """Return what may be written in a conversation now, by a person or by a machine.

    The conversation's channel, identity and customer are read.
    """
    now = now or timezone.now()
    if barred := _bar(conversation):
        return Allowance(frozenset(), barred=barred)
    sends = adapter_for(conversation.channel.platform).ABILITIES.sends
    private = sends - TO_COMMENTS - {Content.TEMPLATE}
    public = sends & TO_COMMENTS
    templates = sends & {Content.TEMPLATE}
    if not has_window(conversation):
        return Allowance(private | public | templates)
    wrote_at = conversation.identity.last_inbound_at or conversation.last_inbound_at
    if wrote_at and now < wrote_at + FREE_REPLY:
        return Allowance(private | public | templates, until=wrote_at + FREE_REPLY)
    # Reactions cannot bear the tag that the time after the first day asks for.
    human = conversation.channel.platform in WITH_HUMAN_AGENT and by_person
    if wrote_at and human and now < wrote_at + HUMAN_REPLY:
        return Allowance(
            (private - {Content.REACTION}) | public, until=wrote_at + HUMAN_REPLY, tag=HUMAN_AGENT, is_human=True
        )
    return Allowance(public | templates)


def _bar(conversation: Conversation) -> Barred | None:
    if conversation.identity.customer.blocked:
        return Barred.BLOCKED
    if conversation.identity.opted_out:
        return Barred.OPTED_OUT
    return None if conversation.channel.is_active else Barred.INACTIVE


def may_answer_privately(commented_at: datetime, now: datetime | None = None) -> bool:
    """Tell whether a comment may still be answered by a private message."""
    return (now or timezone.now()) < commented_at + PRIVATE_REPLY
