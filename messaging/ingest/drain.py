"""The drain from the inbox table to messages."""

import logging
import time
import uuid
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg import errors as postgres

from crm.database_errors import is_outage
from crm.encryption import Undecryptable
from crm.log_format import describe, place
from messaging.channels import ADAPTERS, MalformedPayload
from messaging.ingest.drafts import Batch
from messaging.ingest.interpret import Interpreter
from messaging.ingest.recordset import recordset
from messaging.ingest.routing import Delivery, Routes, UnknownAccount
from messaging.ingest.writing import write_batch
from messaging.models import WebhookDelivery

logger = logging.getLogger(__name__)

BATCH = 500
DEADLOCK_RETRIES = 10
MAX_ATTEMPTS = 5
FIRST_RETRY_SECONDS = 2
#: A row that commits late has a smaller id than others seen before it: look back this far, and everywhere once in a while.
LOOK_BACK = 1000
FULL_PASS_SECONDS = 1.0

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


class DeliveryDrain:
    """Reads accepted deliveries and writes what they mean: effects and mark in one transaction.

    A batch that fails is taken again one delivery at a time, so that a poisonous one is set aside alone.
    """

    def __init__(self, batch_size: int = BATCH) -> None:
        self.batch_size = batch_size
        self.routes = Routes()
        self.last_seen = 0
        self.full_pass_at = float("-inf")

    def run_batch(self) -> int:
        """Process up to one batch and return how many deliveries were dealt with."""
        self.routes.refresh()
        after = self._after()
        try:
            return self._process(CLAIM, {"after": after, "limit": self.batch_size})
        except Exception as error:
            # Whatever one delivery brings about, those around it must not wait for it.
            if is_outage(error):
                raise
            logger.warning("A batch failed and is taken one by one: %s", describe(error))
        return self._one_by_one(after)

    def _after(self) -> int:
        now = time.monotonic()
        if now >= self.full_pass_at:
            self.full_pass_at = now + FULL_PASS_SECONDS
            return 0
        return self.last_seen - LOOK_BACK

    def _process(self, claim: str, values: dict[str, Any]) -> int:
        """Claim and process in one transaction; deadlocks are nobody's fault and are retried."""
        for attempt in range(DEADLOCK_RETRIES):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(claim, values)
                    rows: list[DeliveryRow] = cursor.fetchall()
                    if rows:
                        self._write(rows)
            except OperationalError as error:
                retryable = isinstance(error.__cause__, postgres.DeadlockDetected | postgres.SerializationFailure)
                if not retryable or attempt == DEADLOCK_RETRIES - 1:
                    raise
            else:
                if rows:
                    self.last_seen = max(self.last_seen, rows[-1][0])
                return len(rows)
        return 0

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

    def _one_by_one(self, after: int) -> int:
        pending = WebhookDelivery.objects.pending().filter(id__gt=after, next_attempt_at__lte=timezone.now())
        numbers = list(pending.order_by("id").values_list("id", flat=True)[: self.batch_size])
        for number in numbers:
            try:
                self._process(CLAIM_ONE, {"id": number})
            except Exception as error:
                if is_outage(error):
                    raise
                logger.exception("Delivery %s failed", number)
                _postpone(number, place(error.__cause__ or error))
        return len(numbers)


def _postpone(number: int, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(POSTPONE, {"id": number, "error": reason, "pause": FIRST_RETRY_SECONDS, "most": MAX_ATTEMPTS})
