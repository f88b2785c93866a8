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
from messaging.ingest.known_channels import KnownChannel, UnknownChannel, known_channel
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
            return HttpResponse(status=404)
        except intake.DatabaseAway:
            return HttpResponse(status=503)
        answer = ADAPTERS[channel.platform].handshake(_received(request._request, b""), channel.credentials)
        if answer is None:
            return HttpResponse(status=403)
        return HttpResponse(answer, content_type="text/plain")

    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a delivery in."""
        try:
            received = _received(request._request, read_body(request._request, settings.WEBHOOK_MAX_BYTES))
            try:
                channel = known_channel(slug)
            except intake.DatabaseAway:
                intake.keep_unverified(slug, received)
                return HttpResponse()
            return _accept(channel, received)
        except BodyRefused as refusal:
            return HttpResponse(status=refusal.status)
        except UnknownChannel:
            return HttpResponse(status=404)
        except (SpoolFull, OSError) as error:
            logger.error("Delivery for %s refused with 503: %s", slug, type(error).__name__)
            return HttpResponse(status=503)


def _accept(channel: KnownChannel, received: Received) -> HttpResponse:
    adapter = ADAPTERS[channel.platform]
    try:
        adapter.verify(received, channel.credentials)
    except BadSignature as refusal:
        logger.warning("Rejected a delivery for %s: %s", channel.slug, refusal)
        intake.count_rejection(channel)
        return HttpResponse(status=403)
    intake.keep(channel, received)
    return HttpResponse()


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
