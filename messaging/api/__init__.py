"""Conversations, messages, sessions and handoffs in the API."""
