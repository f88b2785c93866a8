"""Filling in a template, and showing beforehand what will be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from messaging.channels.outbound import Content
from messaging.message_templates.reading import BLANK
from messaging.models import Conversation, MessageTemplate
from messaging.sending import refusals
from messaging.sending.queueing import Draft
from messaging.window import has_window

LONGEST_BODY, LONGEST_HEADER = 1024, 60
#: What the platform refuses within a blank: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
_UNFIT = re.compile(r"[\r\n\t]| {5,}")

NOT_OFFERED = _("This template cannot be sent now.")
BLANK_COUNT = _("The template has %(wanted)d blanks; %(given)d were filled in.")
BLANK_EMPTY = _("Fill in every blank of the template.")
BLANK_UNFIT = _("What stands in a blank must be on one line, without tabs or many spaces in a row.")
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


def preview(template: MessageTemplate, body: Sequence[str] = (), header: Sequence[str] = ()) -> Preview:
    """Show a template with its blanks filled as far as they are; the others stay as `{{1}}`."""
    titles = tuple(button["text"] for button in template.buttons if button.get("text"))
    return Preview(_filled(template.header, header), _filled(template.body, body), template.footer, titles)


def fill(template: MessageTemplate, body: Sequence[str] = (), header: Sequence[str] = ()) -> Draft:
    """Return a message of a template with its blanks filled in, to be queued.

    Raises:
        messaging.sending.refusals.Refused: it is not offered, or the blanks are not filled as the platform wants.
    """
    if not template.is_offered:
        raise refusals.Refused(NOT_OFFERED)
    body, header = [value.strip() for value in body], [value.strip() for value in header]
    _check(body, template.body_blanks)
    _check(header, template.header_blanks)
    shown = preview(template, body, header)
    if len(shown.body) > LONGEST_BODY or len(shown.header) > LONGEST_HEADER:
        raise refusals.Refused(TOO_LONG)
    filled = {
        "name": template.name,
        "language": template.language,
        "body": body,
        "header": header,
        "external_id": template.external_id,
    }
    return Draft(content=Content.TEMPLATE, text=shown.text, details={"template": filled})


def _check(values: list[str], wanted: int) -> None:
    if len(values) != wanted:
        raise refusals.Refused(str(BLANK_COUNT) % {"wanted": wanted, "given": len(values)})
    if not all(values):
        raise refusals.Refused(BLANK_EMPTY)
    if any(_UNFIT.search(value) for value in values):
        raise refusals.Refused(BLANK_UNFIT)


def _filled(text: str, values: Sequence[str]) -> str:
    """Put values into blanks; a value that looks like a blank stays as it was typed."""

    def value_of(blank: re.Match[str]) -> str:
        number = int(blank[1]) if blank[1].isdecimal() else 0
        return values[number - 1] if 0 < number <= len(values) and values[number - 1] else blank[0]

    return BLANK.sub(value_of, text)
