"""The admin of conversations, messages, deliveries, and of channels, whose secrets the adapters name."""

from messaging.admin import channels, conversations, deliveries, handoffs, messages, templates

__all__ = ["channels", "conversations", "deliveries", "handoffs", "messages", "templates"]
