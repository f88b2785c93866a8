"""Signed Messenger webhooks of one text message each."""

import hashlib
import hmac
from typing import Any

import orjson

SECRET = "bench-secret"  # noqa: S105 - of a channel that lives as long as a benchmark
PEOPLE = 2_000
WORDS = (
    "hello is this still available", "كم سعر هذا المنتج من فضلك", "quanto custa o frete para Recife", "I want two in blue",
    "هل يوجد توصيل الى الاسكندرية", "tem na cor preta tamanho M", "please send me the size chart", "شكرا جزيلا وصلني الطلب",
)  # fmt: skip


def message_body(page: str, number: int, at: int = 0) -> bytes:
    """Return a webhook with one text message; `at` is in ms."""
    at = at or 1_780_000_000_000 + number * 50
    event: dict[str, Any] = {
        "sender": {"id": str(7_000_000_000 + number % PEOPLE)},
        "recipient": {"id": page},
        "timestamp": at,
        "message": {
            "mid": f"m_bench-{number:012d}-AbCdEfGhIjKlMnOpQrStUvWxYz",
            "text": f"{WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]} {number}",
        },
    }
    return orjson.dumps({"object": "page", "entry": [{"id": page, "time": at, "messaging": [event]}]})


def http_request(path: str, body: bytes) -> bytes:
    """Return a whole HTTP/1.1 request with Meta's signature."""
    signature = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
