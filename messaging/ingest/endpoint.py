"""`/webhooks/<slug>/`: verify, store, answer. Nothing is parsed here."""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from messaging.channels import ADAPTERS, BadSignature, Received
from messaging.ingest import intake
from messaging.ingest.body import BodyRefused, read_body
from messaging.ingest.database import DatabaseAway
from messaging.ingest.known_channels import KnownChannel, SecretsUnreadable, UnknownChannel, known_channel
from messaging.ingest.spool import SpoolFull

logger = logging.getLogger(__name__)


class IgnoreAccept(BaseContentNegotiation):
    """Platforms send whatever Accept they like and read no answer; stock negotiation would refuse some with 406."""

    def select_parser(self, request: Request, parsers: Any) -> None:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = JSONRenderer()
        return renderer, renderer.media_type


class WebhookView(APIView):
    """Where platforms deliver. An accepted POST is one committed row before it is answered.

    Answers are empty: Twilio would send any text to the customer.
    """

    authentication_classes = ()
    permission_classes = ()
    parser_classes = ()
    content_negotiation_class = IgnoreAccept
    schema = None

    def get(self, request: Request, slug: str) -> HttpResponse:
        """Answer the platform's handshake."""
        try:
            channel = known_channel(slug)
        except UnknownChannel:
            return _answer(404)
        except (DatabaseAway, SecretsUnreadable):
            return _answer(503)
        answer = ADAPTERS[channel.platform].handshake(_received(request._request, b""), channel.credentials)
        if answer is None:
            return _answer(403)
        return _answer(text=answer)

    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a delivery in."""
        try:
            received = _received(request._request, read_body(request._request, settings.WEBHOOK_MAX_BYTES))
            try:
                channel = known_channel(slug)
            except (DatabaseAway, SecretsUnreadable):
                intake.keep_unverified(slug, received)
                return _answer()
            return _accept(channel, received)
        except BodyRefused as refusal:
            return _answer(refusal.status)
        except UnknownChannel:
            return _answer(404)
        except (SpoolFull, OSError) as error:
            logger.error("Delivery for %s refused with 503: %s", slug, type(error).__name__)
            return _answer(503)


def _accept(channel: KnownChannel, received: Received) -> HttpResponse:
    adapter = ADAPTERS[channel.platform]
    try:
        adapter.verify(received, channel.credentials)
    except BadSignature as refusal:
        logger.warning("Rejected a delivery for %s: %s", channel.slug, refusal)
        intake.count_rejection(channel)
        return _answer(403)
    intake.keep(channel, received)
    return _answer()


def _answer(status: int = 200, text: str = "") -> HttpResponse:
    """Return a response with its length, which no middleware adds here: without it, the answer would come in chunks."""
    content = text.encode()
    headers = {"Content-Type": "text/plain", "Content-Length": str(len(content))}
    return HttpResponse(content, status=status, headers=headers)


def _received(request: HttpRequest, body: bytes) -> Received:
    query = request.META.get("QUERY_STRING", "")
    headers = {name[5:].lower().replace("_", "-"): value for name, value in request.META.items() if name[:5] == "HTTP_"}
    headers["content-type"] = request.META.get("CONTENT_TYPE", "")
    return Received(
        body=body,
        method=request.method or "",
        url=f"{settings.PUBLIC_BASE_URL}{request.path}{'?' if query else ''}{query}",
        headers=headers,
    )
