"""What the erasure of a person does with the rows of this app, in order: what hangs below a row stands before it."""

from django.apps import apps
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from crm.erasure.rule import Rule
from messaging.models import (
    Attachment,
    AwayReply,
    Conversation,
    ConversationViewer,
    Handoff,
    LeadFormAnswer,
    MediaFetch,
    Message,
    Outgoing,
    OwnReaction,
    ProfileLookup,
)
from messaging.models.handoff import BotWatch

IDENTITY = ("identity",)
CONVERSATION = ("conversation__identity",)
MESSAGE = ("message__conversation__identity",)

RULES = (
    Rule(ProfileLookup, identities=IDENTITY),
    Rule(ConversationViewer, identities=CONVERSATION),
    Rule(BotWatch, identities=CONVERSATION),
    Rule(MediaFetch, identities=("attachment__message__conversation__identity",)),
    Rule(Attachment, identities=MESSAGE),
    Rule(LeadFormAnswer, identities=MESSAGE),
    Rule(OwnReaction, identities=MESSAGE),
    Rule(Outgoing, identities=CONVERSATION),
    # Says of a message that it was no answer; without it the time of our last one would be another.
    Rule(AwayReply, identities=CONVERSATION, keep={"conversation", "message", "at"}),
    Rule(
        apps.get_model("messaging", "ConversationHistory"),
        identities=("pgh_obj__identity",),
        keep={"pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "status", "assignee", "team"},
        despite=("messaging.ConversationHistory:append_only",),
    ),
    Rule(
        Handoff,
        identities=CONVERSATION,
        keep={
            "conversation",
            "status",
            "by",
            "requested_by",
            "team",
            "assignee",
            "requested_at",
            "assigned_at",
            "completed_at",
            "rating",
        },
    ),
    # The key, a keyed digest, makes a message that the platform brings once more no new one.
    Rule(
        Message,
        identities=CONVERSATION,
        keep={
            "channel",
            "conversation",
            "direction",
            "type",
            "status",
            "external_key",
            "sent_at",
            "received_at",
            "at",
            "source",
            "post",
            "ad",
            "author",
            "automated",
            "standby",
            "edited_at",
            "deleted_at",
            "hidden",
            "intent",
        },
        instead={"triaged_at": Coalesce(F("triaged_at"), Now())},
    ),
    Rule(
        Conversation,
        identities=IDENTITY,
        keep={
            "channel",
            "identity",
            "status",
            "assignee",
            "team",
            "started_at",
            "last_activity_at",
            "answered_at",
            "closed_at",
            "message_count",
        },
    ),
)  # fmt: skip
