"""Sending on Messenger, and answering comments on the page.

https://developers.facebook.com/docs/messenger-platform/send-messages
https://developers.facebook.com/docs/messenger-platform/send-messages/sender-actions
https://developers.facebook.com/docs/messenger-platform/discovery/private-replies
https://developers.facebook.com/docs/graph-api/reference/object/comments
"""

from messaging.channels.abilities import Abilities
from messaging.channels.contract import Credentials
from messaging.channels.events import PSID
from messaging.channels.limits import Limit
from messaging.channels.meta_messages_api import answer_comment, send_message, send_reaction
from messaging.channels.outbound import Content, Outbound, Sent

ABILITIES = Abilities(
    sends=frozenset(
        {Content.TEXT, Content.MEDIA, Content.BUTTONS, Content.COMMENT_REPLY, Content.PRIVATE_REPLY, Content.REACTION}
    ),
    limits={
        **dict.fromkeys((Content.TEXT, Content.BUTTONS, Content.PRIVATE_REPLY), Limit(2000)),
        Content.COMMENT_REPLY: Limit(8000),
    },
    reactions=("❤", "👍", "😆", "😮", "😢", "😠"),
)


def send(outbound: Outbound, credentials: Credentials) -> Sent:
    """Send by the page's token."""
    if outbound.content == Content.COMMENT_REPLY:
        return answer_comment(outbound, credentials, edge="comments")
    if outbound.content == Content.PRIVATE_REPLY:
        return send_message(outbound, credentials, recipient={"comment_id": outbound.comment_id})
    recipient = {"id": outbound.recipient(PSID)}
    if outbound.content == Content.REACTION:
        return send_reaction(outbound, credentials, recipient=recipient, reaction=outbound.text)
    return send_message(outbound, credentials, recipient=recipient)
