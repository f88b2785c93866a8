from messaging.models.away import AwayReply
from messaging.models.canned import CannedReply
from messaging.models.conversation import Conversation
from messaging.models.delivery import WebhookDelivery
from messaging.models.errand import ChannelErrand
from messaging.models.handoff import BotWatch, Handoff, HandoffKeywords
from messaging.models.lead_form import LeadFormAnswer
from messaging.models.media import FileToRemove, MediaFetch
from messaging.models.message import Attachment, Message, MessageEvent, MessageStatus
from messaging.models.outgoing import Outgoing
from messaging.models.presence import ConversationViewer
from messaging.models.profile import ProfileLookup
from messaging.models.reaction import OwnReaction
from messaging.models.template import MessageTemplate

__all__ = [
    "Attachment",
    "AwayReply",
    "BotWatch",
    "CannedReply",
    "ChannelErrand",
    "Conversation",
    "ConversationViewer",
    "FileToRemove",
    "Handoff",
    "HandoffKeywords",
    "LeadFormAnswer",
    "MediaFetch",
    "Message",
    "MessageEvent",
    "MessageStatus",
    "MessageTemplate",
    "Outgoing",
    "OwnReaction",
    "ProfileLookup",
    "WebhookDelivery",
]
