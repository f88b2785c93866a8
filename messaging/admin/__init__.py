"""The admin of conversations, messages, deliveries, and of channels, whose secrets the adapters name."""

from messaging.admin import (
    attachments,
    canned_replies,
    channels,
    conversations,
    deliveries,
    handoffs,
    messages,
    templates,
)
from messaging.admin.inbox import acting, answering, page, reacting, tagging, talk

__all__ = [
    "acting",
    "answering",
    "attachments",
    "canned_replies",
    "channels",
    "conversations",
    "deliveries",
    "handoffs",
    "messages",
    "page",
    "reacting",
    "tagging",
    "talk",
    "templates",
]
