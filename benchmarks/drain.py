"""Draining against a raw COPY of the same message rows into the same table with all its indexes."""

import time
import uuid
from typing import Any

from benchmarks.bodies import message_body

MESSAGES = 20_000
BATCH_BODIES = 500


def make_deliveries(channel: Any, start: int, count: int) -> None:
    """Insert signed-for deliveries, one text message each, as the endpoint would have."""
    from django.db import connection
    from django.utils import timezone
    from psycopg.types.json import Jsonb

    from crm.encryption import encrypt
    from messaging.keys import delivery_digest
    from messaging.models.delivery import BODY_LABEL

    now = timezone.now()
    columns = "uid, channel_id, body, query, headers, digest, received_at, status, attempts, next_attempt_at, error"
    with connection.cursor() as cursor, cursor.copy(f"COPY messaging_webhookdelivery ({columns}) FROM STDIN") as copy:
        for number in range(start, start + count):
            body = message_body(channel.external_id, number)
            uid = uuid.uuid4()
            sealed = encrypt(BODY_LABEL, uid, body)
            copy.write_row(
                (uid, channel.id, sealed, "", Jsonb({}), delivery_digest(body, ""), now, "pending", 0, now, "")
            )


def copy_rate(rows: list[tuple[Any, ...]], columns: str) -> float:
    """Return rows a second of a raw COPY in transactions of the drain's size."""
    from django.db import connection

    started = time.perf_counter()
    for start in range(0, len(rows), BATCH_BODIES):
        with connection.cursor() as cursor, cursor.copy(f"COPY messaging_message ({columns}) FROM STDIN") as copy:
            for row in rows[start : start + BATCH_BODIES]:
                copy.write_row(row)
    return len(rows) / (time.perf_counter() - started)


def run() -> dict[str, float]:
    """Return messages a second of both and their ratio, the median of three rounds."""
    from django.db import connection

    from crm.models import Channel
    from messaging.ingest.drain import DeliveryDrain

    channel = Channel.objects.create(
        platform="messenger", slug="bench", name="Bench", external_id="999", credentials={"app_secret": ["s"]}
    )
    rounds = []
    for number in range(3):
        make_deliveries(channel, number * MESSAGES, MESSAGES)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        drain = DeliveryDrain()
        started = time.perf_counter()
        while drain.run_batch():
            pass
        drained = MESSAGES / (time.perf_counter() - started)
        rounds.append((drained / _copied(number), drained))
    ratio, drained = sorted(rounds)[1]
    return {"drain messages/s": drained, "COPY rows/s": drained / ratio, "drain / COPY": ratio}


def _copied(number: int) -> float:
    """Copy the rows that a round drained once more, under other keys."""
    from django.db import connection

    wanted = [
        "channel_id", "conversation_id", "direction", "type", "text", "status", "external_id", "external_key",
            "sent_at",
        "received_at", "at", "source", "comment_id", "payload", "reply_to", "automated", "standby", "hidden",
        "error", "intent",
        "sentiment", "delivery_id",
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(wanted)} FROM messaging_message ORDER BY id OFFSET %s LIMIT %s",  # noqa: S608 - our columns
            [number * MESSAGES, MESSAGES],
        )
        at = wanted.index("external_key")
        rows = [(*row[:at], uuid.uuid4().bytes, *row[at + 1 :]) for row in cursor.fetchall()]
        external = wanted.index("external_id")
        rows = [(*row[:external], f"c{row[external]}", *row[external + 1 :]) for row in rows]
    return copy_rate(rows, ", ".join(wanted))
