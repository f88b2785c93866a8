"""Reading from a form what a colleague wants to send."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.admin.inbox import uploads
from messaging.admin.inbox.asked import number
from messaging.admin.inbox.composer import BUTTON_LENGTH, MOST_BUTTONS
from messaging.channels.outbound import Content
from messaging.message_templates.filling import HeaderFile, fill, templates_for
from messaging.models import Conversation, Message
from messaging.sending.queueing import Draft


class Unclear(Exception):
    """A form that cannot be sent as it is; `str()` says why, for people."""


def read_draft(request: HttpRequest, conversation: Conversation) -> Draft:
    """Return what is to be written.

    Raises:
        Unclear: something is missing or of the wrong form.
    """
    given = request.POST
    try:
        content = Content(given.get("content", Content.TEXT))
    except ValueError:
        raise Unclear(_("This cannot be sent.")) from None
    if content == Content.TEMPLATE:
        return _template(request, conversation)
    values: dict[str, Any] = {
        "content": content,
        "text": unix_lines(given.get("text", "")),
        "answers": _answered(given, conversation),
    }
    if content == Content.MEDIA:
        values |= _file(request, conversation)
    elif content == Content.LOCATION:
        values["details"] = {"location": _place(given)}
    elif content == Content.BUTTONS:
        values["details"] = {"buttons": _buttons(given)}
    return Draft(**values)


def unix_lines(text: str) -> str:
    """Browsers put both signs of a typewriter at the end of each line."""
    return text.replace("\r\n", "\n")


def token_of(request: HttpRequest) -> UUID:
    """Return the number that the browser gave the message, so that asking twice sends once."""
    try:
        return UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid4()


def _answered(given: Any, conversation: Conversation) -> Message | None:
    pk = number(given.get("answers"))
    if pk is None:
        return None
    found = Message.objects.filter(conversation=conversation, pk=pk).first()
    if found is None:
        raise Unclear(_("The message that this answers is gone."))
    return found


def _file(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None or isinstance(file, list):
        raise Unclear(_("Choose a file."))
    try:
        upload = uploads.check(file, conversation.channel.platform)
    except uploads.WrongFile as wrong:
        raise Unclear(str(wrong)) from None
    return {"file": upload.file, "file_type": upload.kind, "mime_type": upload.mime_type}


def _place(given: Any) -> dict[str, Any]:
    try:
        latitude, longitude = float(given.get("latitude", "")), float(given.get("longitude", ""))
    except ValueError:
        latitude = longitude = float("nan")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Unclear(_("Give the place as latitude and longitude, such as 30.0444 and 31.2357."))
    words = {name: given.get(name, "").strip()[:200] for name in ("name", "address")}
    return {"latitude": latitude, "longitude": longitude, **words}


def _buttons(given: Any) -> list[dict[str, str]]:
    titles = [title.strip() for title in given.getlist("button") if title.strip()]
    if not titles:
        raise Unclear(_("Write at least one quick reply."))
    if len(titles) > MOST_BUTTONS or max(map(len, titles)) > BUTTON_LENGTH:
        said = _("Up to %(count)d quick replies, each of up to %(length)d letters.")
        raise Unclear(said % {"count": MOST_BUTTONS, "length": BUTTON_LENGTH})
    if len(set(titles)) < len(titles):
        raise Unclear(_("Each quick reply has to say something else."))
    return [{"title": title, "payload": title} for title in titles]


def _template(request: HttpRequest, conversation: Conversation) -> Draft:
    given = request.POST
    template = templates_for(conversation).filter(pk=number(given.get("template")) or 0).first()
    if template is None:
        raise Unclear(_("Choose a template."))
    at_head = _at_head(request, conversation, template.header_file) if template.header_file else None
    body, header, ends = (given.getlist(name) for name in ("body", "header", "end"))
    return fill(template, body, header, ends=ends, at_head=at_head)


def _at_head(request: HttpRequest, conversation: Conversation, kind: str) -> HeaderFile:
    """Return the file that was chosen, else the address that was given for one."""
    file = request.FILES.get("file")
    if file is None or isinstance(file, list):
        return HeaderFile(link=request.POST.get("link", "").strip())
    try:
        upload = uploads.check(file, conversation.channel.platform, among=uploads.AT_HEAD[kind])
    except uploads.WrongFile as wrong:
        raise Unclear(str(wrong)) from None
    return HeaderFile(file=upload.file, mime_type=upload.mime_type)
