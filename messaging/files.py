"""Files of messages: where platforms can fetch those that we send."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse

from messaging.models import Attachment

#: Platforms fetch a file when they are told of it, and once more when they try again.
FETCHED_WITHIN = timedelta(days=1)
_signer = TimestampSigner(salt="messaging.files")


def public_url(attachment: Attachment) -> str:
    """Return an address under which a platform can fetch a file of ours for a while."""
    path = reverse("public_file", kwargs={"signed": _signer.sign(str(attachment.pk))})
    return f"{settings.PUBLIC_BASE_URL}{path}"


def public_file(request: HttpRequest, signed: str) -> FileResponse:
    """Hand a file to whoever has its signed address, never as something that a browser would run."""
    try:
        number = _signer.unsign(signed, max_age=FETCHED_WITHIN)
    except BadSignature:
        raise Http404 from None
    attachment = Attachment.objects.filter(pk=number).exclude(file="").first()
    if attachment is None:
        raise Http404
    return FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.name or "file",
        content_type=attachment.mime_type or "application/octet-stream",
    )
