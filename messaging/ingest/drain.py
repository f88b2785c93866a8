"""The drain from the inbox table to messages."""

import logging
import uuid
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.claiming import ClaimingDrain
from crm.encryption import Undecryptable
from crm.log_format import place
from messaging.channels import ADAPTERS, MalformedPayload
from messaging.ingest.drafts import Batch
from messaging.ingest.interpret import Interpreter
from messaging.ingest.recordset import recordset
from messaging.ingest.routing import Delivery, Routes, UnknownAccount
from messaging.ingest.writing import write_batch
from messaging.models import WebhookDelivery

logger = logging.getLogger(__name__)

BATCH = 500
MAX_ATTEMPTS = 5
FIRST_RETRY_SECONDS = 2

CLAIM = """
    SELECT id, uid, channel_id, body, query, headers, received_at FROM messaging_webhookdelivery
    WHERE status = 'pending' AND id > %(after)s AND next_attempt_at <= now()
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
CLAIM_ONE = """
    SELECT id, uid, channel_id, body, query, headers, received_at FROM messaging_webhookdelivery
    WHERE status = 'pending' AND id = %(id)s FOR UPDATE SKIP LOCKED
"""
CLOSE = """
    UPDATE messaging_webhookdelivery AS delivery
    SET status = done.status, error = done.error, processed_at = now(), attempts = delivery.attempts + 1
    FROM json_to_recordset(%s) AS done (id bigint, status text, error text) WHERE delivery.id = done.id
"""
POSTPONE = """
    UPDATE messaging_webhookdelivery
    SET attempts = attempts + 1, error = %(error)s, next_attempt_at = now() + interval '1 second' * %(pause)s * power(3, attempts),
        status = CASE WHEN attempts + 1 >= %(most)s THEN 'failed' ELSE status END,
        processed_at = CASE WHEN attempts + 1 >= %(most)s THEN now() END
    WHERE id = %(id)s AND status = 'pending'
"""

DeliveryRow = tuple[int, uuid.UUID, int, bytes, str, dict[str, str], datetime]


class DeliveryDrain(ClaimingDrain):
    """Reads accepted deliveries and writes what they mean."""

    noun = "Delivery"

    def __init__(self, batch_size: int = BATCH) -> None:
        super().__init__(batch_size)
        self.routes = Routes()

    def prepare(self) -> None:
        self.routes.refresh()

    def take(self, after: int, only: int | None) -> list[int]:
        with connection.cursor() as cursor:
            if only is None:
                cursor.execute(CLAIM, {"after": after, "limit": self.batch_size})
            else:
                cursor.execute(CLAIM_ONE, {"id": only})
            rows: list[DeliveryRow] = cursor.fetchall()
        if rows:
            self._write(rows)
        return [row[0] for row in rows]

    def waiting(self, after: int) -> list[int]:
        pending = WebhookDelivery.objects.pending().filter(id__gt=after, next_attempt_at__lte=timezone.now())
        return list(pending.order_by("id").values_list("id", flat=True)[: self.batch_size])

    def set_aside(self, number: int, reason: str) -> None:
        values: dict[str, Any] = {"id": number, "error": reason, "pause": FIRST_RETRY_SECONDS, "most": MAX_ATTEMPTS}
        with connection.cursor() as cursor:
            cursor.execute(POSTPONE, values)

    def _write(self, rows: list[DeliveryRow]) -> None:
        batch = Batch()
        interpreter = Interpreter(batch)
        done = [self._read(row, interpreter) for row in rows]
        write_batch(batch)
        with connection.cursor() as cursor:
            cursor.execute(CLOSE, [recordset(done)])

    def _read(self, row: DeliveryRow, interpreter: Interpreter) -> dict[str, Any]:
        """Add a delivery's events to the batch and return what becomes of it."""
        number, uid, channel_id, sealed, query, headers, received_at = row
        unknown: list[str] = []
        consequences = 0
        try:
            body = WebhookDelivery.open_body(uid, bytes(sealed))
            if not body:  # all of it told of somebody who was erased
                return {"id": number, "status": "ignored", "error": ""}
            delivery = Delivery(number, channel_id, body, query, headers, received_at)
            events = ADAPTERS[self.routes.platform_of(channel_id)].parse(delivery.as_received())
        except (MalformedPayload, Undecryptable) as error:
            return {"id": number, "status": "failed", "error": str(error)}
        except Exception as error:
            # A parser must not hold up the deliveries behind this one, whatever is wrong with it.
            logger.exception("Delivery %s could not be parsed", number)
            return {"id": number, "status": "failed", "error": place(error)}
        for position, event in enumerate(events):
            try:
                target = self.routes.channel_for(channel_id, event.account_id)
            except UnknownAccount as account:
                unknown.append(str(account))
                continue
            if target is not None:
                consequences += interpreter.add(delivery, target, event, position)
        if unknown:
            return {
                "id": number,
                "status": "failed",
                "error": f"No channel for account {', '.join(sorted(set(unknown)))}",
            }
        return {"id": number, "status": "processed" if consequences else "ignored", "error": ""}
