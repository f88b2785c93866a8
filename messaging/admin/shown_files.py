"""Attachments as the thread shows them: our own copy where there is one, else a link that nothing is loaded from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.admin import labels
from messaging.admin.attachments import may_be_shown
from messaging.channels.outbound import Reason
from messaging.fetching import Why
from messaging.models import Attachment
from messaging.sniffing import SHOWN

COORDINATES = ("lat", "long")
#: Why there is no copy, by the first word of `Attachment.problem`.
PROBLEMS: Mapping[str, Any] = {
    Why.TOO_LARGE: gettext_lazy("too large to be kept"),
    Why.STATUS: gettext_lazy("the platform no longer has it"),
    Why.ADDRESS: gettext_lazy("it lies where nothing is fetched from"),
    Why.REDIRECT: gettext_lazy("it lies where nothing is fetched from"),
    Reason.CONTENT: gettext_lazy("the platform does not give it out"),
    Reason.UNREACHABLE: gettext_lazy("the platform does not give it out"),
    Reason.SETUP: gettext_lazy("the channel's secrets do not let us"),
    Reason.TOKEN: gettext_lazy("the platform refuses our access token"),
}


@dataclass
class File:
    """An attachment in the thread. `thumbnail` is the address of a small picture, `plays` `audio` or `video`.

    `url` leads to our copy (`kept`) or to where the platform has it; `note` says what became of fetching it, `again` asks for it
    once more where that failed.
    """

    icon: str
    kind: str
    name: str
    url: str
    kept: bool = False
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None
    plays: str = ""
    note: str = ""
    again: str = ""


def file_of(item: Attachment) -> File:
    """Return how an attachment is shown."""
    name = item.name or item.mime_type
    if item.type == "location" and isinstance(item.extra, dict):
        name = name or ", ".join(str(item.extra[key]) for key in COORDINATES if key in item.extra)
    shown = File(labels.kind_icon(item.type), labels.kind_name(item.type), name, labels.safe_url(item.url))
    if not item.file:
        shown.note = _note(item)
        if item.state == Attachment.State.FAILED:
            shown.again = reverse("admin:attachment_again", args=[item.pk])
        return shown
    shown.kept, shown.url = True, reverse("admin:attachment_file", args=[item.pk])
    if not may_be_shown(item):
        return shown
    if item.found_type in SHOWN:
        shown.thumbnail = reverse("admin:attachment_thumbnail", args=[item.pk])
        shown.width, shown.height = item.width, item.height
    else:
        shown.plays = item.found_type.partition("/")[0]
    return shown


def _note(item: Attachment) -> str:
    if item.state == Attachment.State.WAITING:
        return _("being fetched")
    if item.state == Attachment.State.FAILED:
        return str(PROBLEMS.get(item.problem.partition(" ")[0], _("could not be fetched")))
    return ""
