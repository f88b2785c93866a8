from messaging.models.conversation import Conversation
from messaging.models.delivery import WebhookDelivery
from messaging.models.message import Attachment, Message, MessageEvent, MessageStatus
from messaging.models.outgoing import Outgoing

__all__ = ["Attachment", "Conversation", "Message", "MessageEvent", "MessageStatus", "Outgoing", "WebhookDelivery"]
