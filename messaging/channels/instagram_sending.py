"""Sending on Instagram, and answering comments on media.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
https://developers.facebook.com/docs/instagram-platform/private-replies
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies
"""

from django.conf import settings

from messaging.channels.abilities import Abilities
from messaging.channels.contract import Credentials
from messaging.channels.events import IGSID
from messaging.channels.limits import Limit, Unit
from messaging.channels.meta_messages_api import answer_comment, send_message, send_reaction
from messaging.channels.outbound import Content, Outbound, Sent

ABILITIES = Abilities(
    sends=frozenset(
        {Content.TEXT, Content.MEDIA, Content.BUTTONS, Content.COMMENT_REPLY, Content.PRIVATE_REPLY, Content.REACTION}
    ),
    limits={
        **dict.fromkeys((Content.TEXT, Content.BUTTONS, Content.PRIVATE_REPLY), Limit(1000, Unit.BYTES)),
        Content.COMMENT_REPLY: Limit(2200),
    },
    reactions=("❤",),
)
HEART = "love"  # the one reaction that the API knows


def send(outbound: Outbound, credentials: Credentials) -> Sent:
    """Send by the account's token."""
    base_url = settings.INSTAGRAM_API_URL
    if outbound.content == Content.COMMENT_REPLY:
        return answer_comment(outbound, credentials, edge="replies", base_url=base_url)
    if outbound.content == Content.PRIVATE_REPLY:
        return send_message(outbound, credentials, recipient={"comment_id": outbound.comment_id}, base_url=base_url)
    recipient = {"id": outbound.recipient(IGSID)}
    if outbound.content == Content.REACTION:
        return send_reaction(outbound, credentials, recipient=recipient, reaction=HEART, base_url=base_url)
    return send_message(outbound, credentials, recipient=recipient, base_url=base_url)
