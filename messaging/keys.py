"""Blind indexes by which deliveries, messages and events are told apart, unique per channel."""

from crm.encryption import blind_index


def delivery_digest(body: bytes, query: str) -> bytes:
    """Return the digest of a delivery; the query counts, since Twilio brings our own ids back in it."""
    return blind_index("delivery", query.encode() + b"\x00" + body)


def message_key(external_id: str) -> bytes:
    """Return the key of a message by its id on the platform."""
    return blind_index("message", external_id)


def event_key(*parts: str) -> bytes:
    """Return the key of a message event by everything that makes it one and not another."""
    return blind_index("event", "\x00".join(parts))
