"""Delivering webhooks in tests, signed, through the endpoint and the drain."""

from typing import Any

import orjson
from django.test import Client

from crm.drains import run_once
from crm.models import Channel
from messaging.ingest.drain import DeliveryDrain
from messaging.simulation.signing import signed_headers


def post(channel: Channel, body: Any, query: str = "", **overrides: str) -> Any:
    """Post a body (bytes, or an object to be sent as JSON) to a channel's address and return the response."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    url = channel.webhook_url + (f"?{query}" if query else "")
    headers = signed_headers(channel.platform, url=url, body=raw, credentials=channel.credentials) | overrides
    content_type = headers.pop("content-type")
    return Client().post(
        channel.webhook_path + (f"?{query}" if query else ""), raw, content_type=content_type, headers=headers
    )


def drain() -> int:
    """Process everything that waits."""
    return run_once({"deliveries": DeliveryDrain()})


def messenger(channel: Channel, *events: dict[str, Any], **entry: Any) -> dict[str, Any]:
    """Wrap messaging events in Messenger's envelope."""
    return {
        "object": "page",
        "entry": [{"id": channel.external_id, "time": 1767225600000, "messaging": list(events), **entry}],
    }


def text_message(mid: str, text: str, *, psid: str = "555", at: int = 1767225600000, **message: Any) -> dict[str, Any]:
    """A Messenger message from a person."""
    return {
        "sender": {"id": psid},
        "recipient": {"id": "0"},
        "timestamp": at,
        "message": {"mid": mid, "text": text, **message},
    }
