"""Delivering webhooks in tests, signed, through the endpoint and the drain."""

from typing import Any

import orjson
from django.test import Client

from crm.drains import run_once
from crm.models import Channel
from messaging.ingest.drain import DeliveryDrain
from messaging.simulation.signing import signed_headers

START = 1_767_225_600_000  # ms


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


def receive(channel: Channel, *webhooks: Any) -> None:
    """Take webhooks in and process them."""
    for webhook in webhooks:
        assert post(channel, webhook).status_code == 200
    drain()


def messenger(channel: Channel, *events: dict[str, Any], **entry: Any) -> dict[str, Any]:
    """Wrap messaging events in Messenger's envelope."""
    return {
        "object": "page",
        "entry": [{"id": channel.external_id, "time": START, "messaging": list(events), **entry}],
    }


def text_message(mid: str, text: str, *, psid: str = "555", at: int = START, **message: Any) -> dict[str, Any]:
    """A Messenger message from a person."""
    return {
        "sender": {"id": psid},
        "recipient": {"id": "0"},
        "timestamp": at,
        "message": {"mid": mid, "text": text, **message},
    }


def whatsapp(channel: Channel, **value: Any) -> dict[str, Any]:
    """Wrap a change in WhatsApp's envelope."""
    metadata = {"display_phone_number": "1", "phone_number_id": channel.external_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def whatsapp_text(wamid: str, sender: dict[str, str], text: str = "hi", at: int = START // 1000) -> dict[str, Any]:
    """A WhatsApp message; `sender` holds `from`, `from_user_id` or both."""
    return {**sender, "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}}


def feed(channel: Channel, value: dict[str, Any], time: int = START // 1000) -> dict[str, Any]:
    """Wrap a change in the envelope of a page's feed."""
    return {
        "object": "page",
        "entry": [{"id": channel.external_id, "time": time, "changes": [{"field": "feed", "value": value}]}],
    }


def comment(channel: Channel, comment_id: str, author: str, time: int = START // 1000, **value: Any) -> dict[str, Any]:
    """A comment under the page's post 100_9."""
    value = {
        "item": "comment", "verb": "add", "comment_id": comment_id, "post_id": "100_9", "parent_id": "100_9",
        "created_time": START // 1000, "from": {"id": author, "name": "Ana"}, **value,
    }  # fmt: skip
    return feed(channel, value, time)
