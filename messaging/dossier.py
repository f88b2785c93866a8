"""This app's share of a dossier."""

import mimetypes
from collections.abc import Collection

from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm.dossier import Files, Part, Share
from messaging.models import (
    Attachment,
    AwayReply,
    Conversation,
    Handoff,
    LeadFormAnswer,
    Message,
    MessageEvent,
    Outgoing,
    OwnReaction,
)

TALKS, MESSAGES = "conversations.json", "messages.json"
OF_CONVERSATION = "conversation__identity__customer"
OF_MESSAGE = "message__conversation__identity__customer"
ASKED = ("channel", "attempts", "next_attempt_at", "code")
_UPKEEP = _("What our programs note in order to do their work, such as what is to be asked of a platform again.")


def _files(attachment: Attachment) -> Files:
    """Name a file by its attachment and, as far as any system takes it, as its sender did."""
    if not attachment.file:
        return {}
    name, dot, ending = attachment.name.rpartition(".")
    if not dot:
        name, ending = (
            ending,
            (mimetypes.guess_extension(attachment.found_type or attachment.mime_type) or "").strip("."),
        )
    called = "-".join(filter(None, (str(attachment.pk), slugify(name, allow_unicode=True)[:80])))
    return {".".join(filter(None, (f"files/{called}", slugify(ending)[:10]))): str(attachment.file.name)}


def _events(customer_ids: Collection[int]) -> QuerySet[MessageEvent]:
    theirs = Message.objects.filter(
        channel=OuterRef("channel"),
        external_key=OuterRef("target_key"),
        conversation__identity__customer__in=customer_ids,
    )
    return MessageEvent.objects.filter(Exists(theirs))


SHARE = Share(
    parts=(
        Part(
            TALKS,
            "conversations",
            _("conversations on all channels"),
            Conversation,
            "identity__customer",
            named=["channel"],
        ),
        Part(
            TALKS,
            "history",
            _("whose a conversation was before"),
            apps.get_model("messaging", "ConversationHistory"),
            "pgh_obj__identity__customer",
        ),
        Part(TALKS, "handoffs", _("when a person took over from a program"), Handoff, OF_CONVERSATION),
        Part(TALKS, "away_replies", _("when they were told that the shop is closed"), AwayReply, OF_CONVERSATION),
        Part(MESSAGES, "messages", _("what was written"), Message, OF_CONVERSATION, named=["channel", "post", "ad"]),
        Part(
            MESSAGES, "attachments", _("files, places and contacts in messages"), Attachment, OF_MESSAGE, files=_files
        ),
        Part(
            MESSAGES, "events", _("what happened to messages: edits, reactions, receipts"), MessageEvent, rows=_events
        ),
        Part(
            MESSAGES,
            "own_reactions",
            _("our reactions to their messages"),
            OwnReaction,
            OF_MESSAGE,
            left_out=[*ASKED, "asked"],
        ),
        Part(MESSAGES, "lead_forms", _("what they answered in forms"), LeadFormAnswer, OF_MESSAGE, left_out=ASKED),
        Part(
            MESSAGES,
            "outgoing",
            _("how messages of ours were sent"),
            Outgoing,
            OF_MESSAGE,
            left_out=[*ASKED, "token", "sender"],
        ),
    ),
    left_out={
        "messaging.BotWatch": _UPKEEP,
        "messaging.ProfileLookup": _UPKEEP,
        "messaging.MediaFetch": _UPKEEP,
        "messaging.FileToRemove": _UPKEEP,
        "messaging.ConversationViewer": _(
            "Which colleague has a conversation on the screen, which is known for seconds only."
        ),
        "messaging.WebhookDelivery": _(
            "The platforms' deliveries as they came, which may hold several people's and are removed after some weeks; "
            "what they said of this person is in here."
        ),
    },
)
