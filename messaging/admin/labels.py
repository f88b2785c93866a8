"""What lists and threads call the kinds of messages, and the icons they give them."""

from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import markup
from messaging import text_search
from messaging.models import Message, MessageStatus

#: Kinds of attachments and messages that are not text, each with its name and icon.
KINDS: dict[str, tuple[Any, str]] = {
    "image": (gettext_lazy("Picture"), "image"),
    "photo": (gettext_lazy("Picture"), "image"),
    "sticker": (gettext_lazy("Sticker"), "mood"),
    "animation": (gettext_lazy("Animation"), "gif_box"),
    "gif": (gettext_lazy("Animation"), "gif_box"),
    "video": (gettext_lazy("Video"), "movie"),
    "reel": (gettext_lazy("Reel"), "movie"),
    "ig_reel": (gettext_lazy("Reel"), "movie"),
    "audio": (gettext_lazy("Audio"), "mic"),
    "voice": (gettext_lazy("Voice message"), "mic"),
    "file": (gettext_lazy("File"), "attach_file"),
    "document": (gettext_lazy("File"), "attach_file"),
    "location": (gettext_lazy("Location"), "location_on"),
    "venue": (gettext_lazy("Location"), "location_on"),
    "contact": (gettext_lazy("Contact"), "contact_page"),
    "contacts": (gettext_lazy("Contact"), "contact_page"),
    "share": (gettext_lazy("Shared post"), "share"),
    "story_mention": (gettext_lazy("Mention in their story"), "alternate_email"),
    "template": (gettext_lazy("Template"), "view_agenda"),
    "order": (gettext_lazy("Order"), "shopping_cart"),
    "product": (gettext_lazy("Product"), "shopping_bag"),
    "interactive": (gettext_lazy("Choice"), "touch_app"),
    "button": (gettext_lazy("Button"), "touch_app"),
    "postback": (gettext_lazy("Button"), "touch_app"),
    "callback": (gettext_lazy("Button"), "touch_app"),
    "comment": (gettext_lazy("Comment"), "comment"),
    "referral": (gettext_lazy("Came by a link"), "link"),
    "lead_form": (gettext_lazy("Filled in a form"), "list_alt"),
}
SOURCE_ICONS = {
    Message.Source.AD: "campaign",
    Message.Source.COMMENT: "comment",
    Message.Source.STORY: "auto_stories",
    Message.Source.REFERRAL: "link",
    Message.Source.LEAD_FORM: "list_alt",
}
STATUS_ICONS = {
    MessageStatus.QUEUED: "schedule",
    MessageStatus.SENDING: "schedule",
    MessageStatus.UNKNOWN: "help",
    MessageStatus.SENT: "check",
    MessageStatus.FAILED: "error",
    MessageStatus.DELIVERED: "done_all",
    MessageStatus.READ: "done_all",
}
STATUS_TONES: dict[int, markup.Tone] = {
    MessageStatus.FAILED: "bad",
    MessageStatus.UNKNOWN: "warning",
    MessageStatus.READ: "accent",
}


def kind_name(kind: str) -> str:
    """Return what people call a kind of message or attachment; an unknown one by its own word."""
    known = KINDS.get(kind)
    return str(known[0]) if known else kind.replace("_", " ").capitalize()


def kind_icon(kind: str) -> str:
    known = KINDS.get(kind)
    return known[1] if known else "attachment"


def snippet(message: Message, length: int = 140) -> str:
    """Return one line that stands for a message."""
    if message.deleted_at:
        return _("Message unsent")
    return " ".join(message.text.split())[:length] or kind_name(message.type)


def searched_short() -> str:
    """Say where words were looked for that the index cannot find."""
    hint = _("So few letters were looked for in the newest %(count)s messages only.")
    return hint % {"count": markup.grouped(text_search.SEARCHED_SHORT)}


def safe_url(url: str) -> str:
    """Return a web address as it is, and nothing for any other kind: it comes from outside and becomes a link."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def source_chip(message: Message) -> str:
    """Return a chip that tells how the person came, empty where they simply wrote."""
    if message.source == Message.Source.DIRECT:
        return ""
    origin = message.ad or message.post
    return markup.chip(message.get_source_display(), "accent", title=origin or "")
