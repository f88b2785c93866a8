"""What the field for an answer offers: what may be written now, and in plain words why not more."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.admin.inbox import uploads
from messaging.channels import adapter_for
from messaging.channels.outbound import Content
from messaging.message_templates.filling import templates_for
from messaging.models import Conversation, MessageTemplate
from messaging.sending.limits import limits_of
from messaging.sending.refusals import BARRED
from messaging.window import Allowance, allowance, has_window

MOST_BUTTONS, BUTTON_LENGTH = 10, 20
LONGEST_NOTE = 4000
PRIVATE = frozenset({Content.TEXT, Content.MEDIA, Content.LOCATION, Content.BUTTONS})


@dataclass(frozen=True)
class Offer:
    """What may be written. `notice` says why not all, or until when; `until` is when this changes."""

    contents: list[str]
    notice: str = ""
    tone: str = "neutral"
    until: datetime | None = None
    limits: dict[str, tuple[int, str]] = field(default_factory=dict)
    reactions: tuple[str, ...] = ()
    is_human: bool = False
    accept: str = ""
    most_bytes: int = 0
    most_picture_bytes: int = 0
    templates: list[MessageTemplate] = field(default_factory=list)

    @property
    def limits_json(self) -> str:
        return json.dumps(self.limits)

    @property
    def may_write(self) -> bool:
        return Content.TEXT in self.contents

    @property
    def only_templates(self) -> bool:
        return Content.TEMPLATE in self.contents and not self.may_write

    @property
    def only_comments(self) -> bool:
        return Content.COMMENT_REPLY in self.contents and not (self.may_write or Content.TEMPLATE in self.contents)


def composer_context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Return what the composer's template reads."""
    return {
        "may_answer": request.user.has_perm("messaging.change_conversation"),
        "may_note": request.user.has_perm("crm.add_note"),
        "offer": offer_for(conversation),
        "longest_note": LONGEST_NOTE,
        "most_buttons": MOST_BUTTONS,
        "button_length": BUTTON_LENGTH,
    }


def offer_for(conversation: Conversation) -> Offer:
    """Return what the composer offers now."""
    if conversation.bot_owned:
        words = _("A bot has this conversation. Take it over to write; notes can be written at any time.")
        return Offer(contents=[], notice=words, tone="info")
    allowed = allowance(conversation)
    platform = conversation.channel.platform
    notice, tone = _notice(conversation, allowed)
    templates = list(templates_for(conversation)) if allowed.only_templates else []
    return Offer(
        contents=sorted(allowed.contents),
        notice=notice,
        tone=tone,
        until=allowed.until,
        limits=limits_of(platform),
        reactions=adapter_for(platform).ABILITIES.reactions if Content.REACTION in allowed else (),
        is_human=allowed.is_human,
        accept=uploads.accepted(platform),
        most_bytes=uploads.most_bytes(platform),
        most_picture_bytes=uploads.most_bytes(platform, "image"),
        templates=templates,
    )


def _notice(conversation: Conversation, allowed: Allowance) -> tuple[str, str]:
    platform = {"platform": conversation.channel.platform_name}
    if allowed.barred:
        return str(BARRED[allowed.barred]), "bad"
    if allowed.is_human:
        words = _("24 hours are over: a colleague may still answer by hand, but nothing automatic is sent.")
        return words, "warning"
    if allowed.contents & PRIVATE:
        return "", "neutral"
    wrote = conversation.identity.last_inbound_at or conversation.last_inbound_at
    if not wrote and has_window(conversation):
        if Content.COMMENT_REPLY in allowed:
            words = _("They have only commented so far. Answer a comment: in public, or once in private within 7 days.")
            return words, "info"
        words = _("They have not written yet, so %(platform)s takes only approved templates.") % platform
        return words, "warning"
    if allowed.only_templates:
        words = _("They last wrote more than 24 hours ago: until they write again, %(platform)s takes only templates.")
        return words % platform, "warning"
    words = _("They last wrote more than 7 days ago: %(platform)s lets us write again once they do.") % platform
    if Content.COMMENT_REPLY in allowed:
        words = f"{words} {_('Comments can still be answered.')}"
    return words, "warning"
