"""A bare Django function view that checks the same HMAC and does one INSERT."""

import hashlib
import hmac
import uuid

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from benchmarks.bodies import SECRET
from config.urls import urlpatterns as project_urls

INSERT = """
    INSERT INTO messaging_webhookdelivery
        (uid, channel_id, body, query, headers, digest, received_at, status, attempts, next_attempt_at, error)
    VALUES (%s, %s, %s, '', '{}', %s, %s, 'ignored', 0, %s, '')
"""


@csrf_exempt
def bare(request: HttpRequest, channel_id: int) -> HttpResponse:
    body = request.body
    claimed = request.headers.get("x-hub-signature-256", "")
    expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(claimed.encode(), expected.encode()):
        return HttpResponse(status=403)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid.uuid4(), channel_id, body, hashlib.sha256(body).digest()[:16], now, now])
    return HttpResponse(headers={"Content-Length": "0"})


urlpatterns = [path("webhooks/bare/<int:channel_id>/", bare), *project_urls]
