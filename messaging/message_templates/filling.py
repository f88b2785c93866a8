"""Filling in a template, and showing beforehand what will be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.files import File
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from messaging.channels.outbound import Content
from messaging.message_templates.reading import BLANK, are_named, blanks_in
from messaging.models import Conversation, MessageTemplate
from messaging.sending import refusals
from messaging.sending.queueing import Draft
from messaging.window import has_window

LONGEST_BODY, LONGEST_HEADER, LONGEST_URL = 1024, 60, 2000
#: What the platform refuses within a blank: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
_UNFIT = re.compile(r"[\r\n\t]| {5,}")

NOT_OFFERED = _("This template cannot be sent now.")
BLANK_COUNT = _("The template has %(wanted)d blanks; %(given)d were filled in.")
BLANK_EMPTY = _("Fill in every blank of the template.")
BLANK_UNFIT = _("What stands in a blank must be on one line, without tabs or many spaces in a row.")
END_UNFIT = _("What an address ends with must have no spaces.")
NO_FILE = _("Choose what stands at the head of the template: a file, or the address of one.")
LINK_UNFIT = _("The address of the file must begin with https://.")
TOO_LONG = _("With what was filled in, the template is too long for the platform.")


@dataclass(frozen=True, slots=True)
class Preview:
    """A template as the person will read it."""

    header: str
    body: str
    footer: str
    buttons: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, for the bubble in the conversation."""
        buttons = " ".join(f"[{title}]" for title in self.buttons)
        return "\n".join(filter(None, (self.header, self.body, self.footer, buttons)))


def templates_for(conversation: Conversation) -> "QuerySet[MessageTemplate]":
    """Return the templates that can be sent in a conversation, by name; none where the platform has no window to be outside of."""
    if not has_window(conversation):
        return MessageTemplate.objects.none()
    return MessageTemplate.objects.offered().filter(channel=conversation.channel_id)


def preview(
    template: MessageTemplate, body: Sequence[str] = (), header: Sequence[str] = (), ends: Sequence[str] = ()
) -> Preview:
    """Show a template with its blanks filled as far as they are; the others stay as `{{1}}`.

    Where an address of a button is filled in, it stands behind the button's title.
    """
    addresses = {button["index"]: button["url"] + end for button, end in zip(template.url_buttons, ends, strict=False)}
    titles = (
        " → ".join(filter(None, (button.get("text"), addresses.get(index))))
        for index, button in enumerate(template.buttons)
    )
    shown = tuple(title for title in titles if title)
    return Preview(_filled(template.header, header), _filled(template.body, body), template.footer, shown)


@dataclass(frozen=True, slots=True)
class HeaderFile:
    """What is put at the head of a template: a file of ours, or the https address of one."""

    link: str = ""
    file: "File[bytes] | None" = None
    mime_type: str = ""


def fill(
    template: MessageTemplate,
    body: Sequence[str] = (),
    header: Sequence[str] = (),
    *,
    ends: Sequence[str] = (),
    at_head: HeaderFile | None = None,
) -> Draft:
    """Return a message of a template with its blanks filled in, to be queued; `ends` are what addresses of its buttons end with.

    Raises:
        messaging.sending.refusals.Refused: it is not offered, or the blanks are not filled as the platform wants.
    """
    if not template.is_offered:
        raise refusals.Refused(NOT_OFFERED)
    body, header, ends = ([value.strip() for value in values] for values in (body, header, ends))
    _check(body, template.body_blanks)
    _check(header, template.header_blanks)
    _check(ends, len(template.url_buttons))
    shown = preview(template, body, header, ends)
    if (
        len(shown.body) > LONGEST_BODY
        or len(shown.header) > LONGEST_HEADER
        or any(len(end) > LONGEST_URL for end in ends)
    ):
        raise refusals.Refused(TOO_LONG)
    if any(not end.isprintable() or " " in end for end in ends):
        raise refusals.Refused(END_UNFIT)
    filled = {
        "name": template.name,
        "language": template.language,
        "body": body,
        "header": header,
        "external_id": template.external_id,
        **_extras(template, ends),
    }
    if not template.header_file:
        return Draft(content=Content.TEMPLATE, text=shown.text, details={"template": filled})
    return _with_head(template, filled, shown.text, at_head or HeaderFile())


def _with_head(template: MessageTemplate, filled: dict[str, Any], text: str, at_head: HeaderFile) -> Draft:
    """Put a file at the head, which goes along with the message, or the address of one, which stands above its text."""
    filled = {**filled, "header_file": template.header_file}
    if at_head.file:
        return Draft(
            content=Content.TEMPLATE,
            text=text,
            details={"template": filled},
            file=at_head.file,
            file_type="file" if template.header_file == "document" else template.header_file,
            mime_type=at_head.mime_type,
        )
    if not at_head.link:
        raise refusals.Refused(NO_FILE)
    if not _is_address(at_head.link):
        raise refusals.Refused(LINK_UNFIT)
    details = {"template": {**filled, "link": at_head.link}}
    return Draft(content=Content.TEMPLATE, text=f"{at_head.link}\n{text}", details=details)


def _extras(template: MessageTemplate, ends: Sequence[str]) -> dict[str, Any]:
    """Return what only some templates have: names of blanks, and ends of addresses by the place of their button."""
    names = {"body_names": blanks_in(template.body), "header_names": blanks_in(template.header)}
    extras: dict[str, Any] = {key: blanks for key, blanks in names.items() if are_named(blanks)}
    if ends:
        buttons = zip(template.url_buttons, ends, strict=True)
        extras["url_ends"] = [{"index": button["index"], "text": end} for button, end in buttons]
    return extras


def _is_address(link: str) -> bool:
    """Tell whether the platform can fetch from an address; what is not there it reports itself."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and len(link) <= LONGEST_URL and " " not in link


def _check(values: list[str], wanted: int) -> None:
    if len(values) != wanted:
        raise refusals.Refused(str(BLANK_COUNT) % {"wanted": wanted, "given": len(values)})
    if not all(values):
        raise refusals.Refused(BLANK_EMPTY)
    if any(_UNFIT.search(value) for value in values):
        raise refusals.Refused(BLANK_UNFIT)


def _filled(text: str, values: Sequence[str]) -> str:
    """Put values into blanks; a value that looks like a blank stays as it was typed."""
    known = dict(zip(blanks_in(text), values, strict=False))
    return BLANK.sub(lambda blank: known.get(blank[1]) or blank[0], text)
