"""The platforms' reply window: until when we may write to somebody as we like.

Each private message of theirs opens it anew; a comment does not, and is answered in public at any time.

https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
https://www.twilio.com/docs/whatsapp/key-concepts
"""

from datetime import datetime, timedelta

from crm.models.channel import Platform
from messaging.channels.twilio import WHATSAPP
from messaging.models import Conversation

#: How long after a private message of theirs we may write what we like.
FREE_REPLY = timedelta(hours=24)
WITH_WINDOW = frozenset({Platform.MESSENGER, Platform.INSTAGRAM, Platform.WHATSAPP})

#: `free_reply_until` in SQL, of rows `conversation` and `channel`. Only of Twilio's people is the address looked at.
FREE_REPLY_UNTIL = f"""
    CASE WHEN channel.platform IN ({", ".join(f"'{platform.value}'" for platform in sorted(WITH_WINDOW))})
        OR (channel.platform = '{Platform.TWILIO.value}' AND (
            SELECT identity.profile ->> 'address' = '{WHATSAPP}' FROM crm_identity AS identity
            WHERE identity.id = conversation.identity_id
        ))
    THEN conversation.last_inbound_at + interval '{FREE_REPLY.total_seconds():.0f} seconds' END
"""  # noqa: S608 - put together of our own constants


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
