"""What this app exports."""

from crm.exports import Column, Table
from messaging.models import Conversation, Handoff, Message, MessageStatus

STATUSES = {int(status): status.name.lower() for status in MessageStatus}

MESSAGES = Table(
    "messages",
    Message.objects.all,
    "at",
    (
        Column("id"),
        Column("at"),
        Column("conversation_id"),
        Column("customer_id", "conversation__identity__customer_id"),
        Column("customer", "conversation__identity__customer__name", personal=True),
        Column("channel", "channel__slug"),
        Column("platform", "channel__platform"),
        Column("direction"),
        Column("kind", "type"),
        Column("text", personal=True),
        Column("status", read=STATUSES.get),
        Column("automated"),
        Column("author_id"),
        Column("author", "author__email", personal=True),
        Column("source"),
        Column("post_id", "post__external_id"),
        Column("post", "post__title"),
        Column("ad_id", "ad__ad_id"),
        Column("ad", "ad__title"),
        Column("campaign", "ad__campaign_name"),
        Column("intent"),
        Column("sentiment"),
        Column("edited_at"),
        Column("unsent_at", "deleted_at"),
    ),
)
CONVERSATIONS = Table(
    "conversations",
    Conversation.objects.all,
    "started_at",
    (
        Column("id"),
        Column("customer_id", "identity__customer_id"),
        Column("customer", "identity__customer__name", personal=True),
        Column("channel", "channel__slug"),
        Column("platform", "channel__platform"),
        Column("status"),
        Column("assignee_id"),
        Column("assignee", "assignee__email", personal=True),
        Column("team", "team__name"),
        Column("bot_owned"),
        Column("messages", "message_count"),
        Column("unread", "unread_count"),
        Column("started_at"),
        Column("last_activity_at"),
        Column("last_inbound_at"),
        Column("answered_at"),
        Column("waiting_since"),
        Column("closed_at"),
    ),
)
HANDOFFS = Table(
    "handoffs",
    Handoff.objects.all,
    "requested_at",
    (
        Column("id"),
        Column("conversation_id"),
        Column("customer_id", "conversation__identity__customer_id"),
        Column("status"),
        Column("reason", personal=True),
        Column("by"),
        Column("team", "team__name"),
        Column("assignee_id"),
        Column("assignee", "assignee__email", personal=True),
        Column("requested_at"),
        Column("assigned_at"),
        Column("completed_at"),
        Column("rating"),
        Column("feedback", personal=True),
    ),
)
TABLES = (MESSAGES, CONVERSATIONS, HANDOFFS)
