"""Writes that happen once however often they are sent: `Idempotency-Key`.

The key is claimed by an insert, in the transaction of the write itself. Who comes second with the same key waits for that
transaction; then the answer is there, or the write never happened and it is theirs to do.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.problems import BadRequest, Unprocessable
from crm.models import ApiToken, IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 200
KEPT = timedelta(days=1)
CLAIM = """
    INSERT INTO crm_idempotencykey AS known (token_id, key, fingerprint, at) VALUES (%(token)s, %(key)s, %(fingerprint)s, now())
    ON CONFLICT (token_id, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, status = NULL, answer = NULL, at = now()
    WHERE known.at < %(before)s
    RETURNING id
"""
FORGET = """
    DELETE FROM crm_idempotencykey WHERE id IN (
        SELECT id FROM crm_idempotencykey WHERE at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""
BATCH = 1000
LOOK_EVERY_SECONDS = 60.0


def key_of(request: Request) -> str:
    """Return the key that a program gave a write, empty where it gave none.

    Raises:
        BadRequest: it cannot be one.
    """
    key: str = request.headers.get(HEADER, "").strip()
    if len(key) > LONGEST or not key.isascii() or (key and not key.isprintable()):
        raise BadRequest("bad_key", _("An Idempotency-Key has 1 to 200 characters of ASCII."))
    return key


def fingerprint_of(request: Request) -> bytes:
    """Return what two requests have in common only if they ask for the same."""
    asked = request._request
    digest = hashlib.sha256(f"{asked.method} {asked.get_full_path()}\n".encode())
    digest.update(asked.body)
    return digest.digest()


def answer_once(*, token: ApiToken, key: str, fingerprint: bytes, write: Callable[[], Response]) -> HttpResponse:
    """Do a write and keep its answer, or give the answer that it had. The caller is in a transaction, and rolls back what fails.

    Raises:
        Unprocessable: the key was used for another request.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM, {"token": token.pk, "key": key, "fingerprint": fingerprint, "before": timezone.now() - KEPT}
        )
        claimed = cursor.fetchone()
    if claimed is None:
        return _earlier_answer(IdempotencyKey.objects.get(token=token, key=key), fingerprint)
    answer = write()
    content = b"" if answer.data is None else JSONRenderer().render(answer.data)
    IdempotencyKey.objects.filter(pk=claimed[0]).update(status=answer.status_code, answer=content)
    return HttpResponse(content, status=answer.status_code, content_type=JSONRenderer.media_type)


def _earlier_answer(known: IdempotencyKey, fingerprint: bytes) -> HttpResponse:
    if bytes(known.fingerprint) != fingerprint:
        raise Unprocessable("key_reused", _("This Idempotency-Key was used for another request."))
    answer = HttpResponse(bytes(known.answer or b""), status=known.status, content_type=JSONRenderer.media_type)
    answer[REPLAYED] = "true"
    return answer


class IdempotencyDrain:
    """Forgets keys that are older than a day."""

    def __init__(self) -> None:
        self.looked_at = float("-inf")

    def run_batch(self) -> int:
        """Forget up to a batch and return how many those were."""
        if time.monotonic() - self.looked_at < LOOK_EVERY_SECONDS:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [timezone.now() - KEPT, BATCH])
            forgotten: int = cursor.rowcount
        if forgotten < BATCH:
            self.looked_at = time.monotonic()
        return forgotten
