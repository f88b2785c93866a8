"""Messages and what happens to them."""

import secrets
from typing import Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import AdCampaign, Post
from crm.folding import Folded
from crm.models import Channel
from messaging.models.conversation import Conversation


class MessageStatus(models.IntegerChoices):
    """What became of a message of ours, in rank: a status only ever rises, so their order of arrival is of no matter."""

    RECEIVED = 0, _("Received")
    QUEUED = 1, _("Queued")
    SENDING = 2, _("Sending")
    UNKNOWN = 3, _("Unknown, check")
    SENT = 4, _("Sent")
    FAILED = 5, _("Failed")
    DELIVERED = 6, _("Delivered")
    READ = 7, _("Read")


class MessageQuerySet(models.QuerySet["Message"]):
    def inbound(self) -> Self:
        return self.filter(direction=Message.Direction.IN)

    def by_colleagues(self) -> Self:
        """What we wrote, no machine, and what did not fail."""
        return self.filter(direction=Message.Direction.OUT, automated=False).exclude(status=MessageStatus.FAILED)

    def untriaged(self) -> Self:
        return self.inbound().filter(triaged_at=None)

    def in_order(self) -> Self:
        return self.order_by("at", "id")

    def containing(self, words: str) -> Self:
        """Find by a part of the text, however it is typed."""
        return self.filter(text_folded__contains=Folded(models.Value(words)))


class Message(models.Model):
    """One message, comment, postback or lead form, in or out.

    Two clocks: `sent_at` is the platform's, `received_at` ours; `at` is theirs where plausible, else ours, and orders threads.
    `external_key` is the blind index of `external_id` and makes it unique per channel. Unsent by its writer: text and media are
    gone, the row stays with `deleted_at`.
    """

    class Direction(models.TextChoices):
        IN = "in", _("In")
        OUT = "out", _("Out")

    class Source(models.TextChoices):
        DIRECT = "direct", _("Direct")
        AD = "ad", _("Ad")
        COMMENT = "comment", _("Comment")
        STORY = "story", _("Story")
        REFERRAL = "referral", _("Link")
        LEAD_FORM = "lead_form", _("Lead form")

    channel = models.ForeignKey(
        Channel, models.PROTECT, verbose_name=_("channel"), related_name="messages", db_index=False
    )
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, verbose_name=_("conversation"), related_name="messages", db_index=False
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    type = models.CharField(_("type"), max_length=50)
    text = models.TextField(_("text"), blank=True)
    text_folded = models.GeneratedField(expression=Folded("text"), output_field=models.TextField(), db_persist=True)
    status = models.SmallIntegerField(_("status"), choices=MessageStatus, default=MessageStatus.RECEIVED)
    external_id = models.TextField(_("id on the platform"), blank=True)
    external_key = models.BinaryField(null=True, editable=False)
    sent_at = models.DateTimeField(_("their clock"), null=True)
    received_at = models.DateTimeField(_("our clock"))
    at = models.DateTimeField(_("time"))
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.DIRECT)
    post = models.ForeignKey(
        Post, models.PROTECT, verbose_name=_("post"), null=True, related_name="messages", db_index=False
    )
    ad = models.ForeignKey(
        AdCampaign, models.PROTECT, verbose_name=_("ad"), null=True, related_name="messages", db_index=False
    )
    comment_id = models.CharField(_("comment id"), max_length=200, blank=True)
    referral = models.JSONField(_("referral as received"), null=True)
    payload = models.TextField(_("payload"), blank=True)
    reply_to = models.TextField(_("answers"), blank=True)
    reply_to_key = models.BinaryField(null=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("author"), null=True, related_name="+", db_index=False
    )
    automated = models.BooleanField(_("automated"), default=False)
    standby = models.BooleanField(_("on standby"), default=False)
    reactions = models.JSONField(_("reactions"), null=True)
    edited_at = models.DateTimeField(_("edited"), null=True)
    deleted_at = models.DateTimeField(_("unsent"), null=True)
    hidden = models.BooleanField(_("hidden"), default=False)
    error = models.TextField(_("error"), blank=True)
    intent = models.CharField(_("intent"), max_length=50, blank=True)
    sentiment = models.CharField(_("sentiment"), max_length=20, blank=True)
    confidence = models.FloatField(_("confidence"), null=True)
    entities = models.JSONField(_("entities"), null=True)
    delivery_id = models.BigIntegerField(_("delivery"), null=True)
    triaged_at = models.DateTimeField(_("triaged"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.UniqueConstraint(fields=["channel", "external_key"], name="message_once"),
            models.CheckConstraint(condition=Q(direction__in=["in", "out"]), name="message_direction_known"),
        )
        indexes = (
            models.Index(fields=["conversation", "at", "id"], name="message_of_conversation"),
            models.Index(F("at").desc(), F("id").desc(), name="message_recent"),
            models.Index(fields=["id"], name="message_untriaged", condition=Q(direction="in", triaged_at=None)),
            models.Index(
                fields=["conversation"],
                name="message_of_ours_unread",
                condition=Q(direction="out", status__lt=MessageStatus.READ),
            ),
            models.Index(
                fields=["conversation"],
                name="message_of_ours_lost",
                condition=Q(direction="out", status__in=[MessageStatus.UNKNOWN, MessageStatus.FAILED]),
            ),
            models.Index(fields=["post"], name="message_of_post", condition=Q(post__isnull=False)),
            models.Index(fields=["ad"], name="message_of_ad", condition=Q(ad__isnull=False)),
            models.Index(
                "source", F("at").desc(), F("id").desc(), name="message_of_source", condition=~Q(source="direct")
            ),
            GinIndex(OpClass(F("text_folded"), name="gin_trgm_ops"), name="message_text_trigrams"),
        )

    def __str__(self) -> str:
        return self.text[:60] or self.type


class MessageEvent(models.Model):
    """Something that happened to a message: a status, edit, unsend, reaction, or our answer under a comment.

    Kept for good and found by `target_key`, so that it takes effect whether it comes before or after its message.
    """

    class Kind(models.TextChoices):
        STATUS = "status", _("Status")
        EDIT = "edit", _("Edit")
        DELETION = "deletion", _("Unsent")
        REACTION = "reaction", _("Reaction")
        HIDING = "hiding", _("Hidden or shown")
        OWN_COMMENT = "own_comment", _("Our answer to a comment")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    event_key = models.BinaryField()
    target_key = models.BinaryField()
    at = models.DateTimeField(_("time"))
    received_at = models.DateTimeField(_("our clock"))
    version = models.BigIntegerField(default=0)
    status = models.SmallIntegerField(_("status"), choices=MessageStatus, null=True)
    text = models.TextField(_("text"), blank=True)
    actor_key = models.BinaryField(null=True)
    details = models.JSONField(null=True)
    delivery_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("message event")
        verbose_name_plural = _("message events")
        constraints = (models.UniqueConstraint(fields=["channel", "event_key"], name="message_event_once"),)
        indexes = (models.Index(fields=["channel", "target_key"], name="message_event_of_message"),)

    def __str__(self) -> str:
        return self.get_kind_display()


def place_of_file(attachment: "Attachment", name: str) -> str:
    """Return where a file is kept: by day, under a name that nobody can guess and that says nothing of its content."""
    return f"{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"


class Attachment(models.Model):
    """A media item, location or shared contact of a message. `file` is our own copy, where there is one; `size` in bytes.

    `mime_type` is what others say it is, `found_type` what our copy begins like: only by that is it ever shown. `thumbnail` is
    there only for pictures that were read to their end; `width` and `height` are the thumbnail's. Rows that leave their files
    behind, however they are removed, have them removed by a trigger (see `FileToRemove`).
    """

    class State(models.TextChoices):
        NEW = "new", _("New")
        WAITING = "waiting", _("Waiting to be fetched")
        KEPT = "kept", _("Kept")
        LINKED = "linked", _("Linked only")
        FAILED = "failed", _("Could not be fetched")

    message = models.ForeignKey(
        Message, models.CASCADE, verbose_name=_("message"), related_name="attachments", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(_("type"), max_length=50)
    url = models.TextField(_("address"), blank=True)
    external_id = models.TextField(_("id on the platform"), blank=True)
    name = models.CharField(_("name"), max_length=500, blank=True)
    mime_type = models.CharField(_("kind of file"), max_length=200, blank=True)
    extra = models.JSONField(_("more"), null=True)
    file = models.FileField(_("file"), upload_to=place_of_file, max_length=200, blank=True, db_default="")
    size = models.PositiveBigIntegerField(_("size"), null=True)
    state = models.CharField(_("our copy"), max_length=7, choices=State, default=State.NEW, db_default=State.NEW)
    problem = models.CharField(_("why there is none"), max_length=100, blank=True, db_default="")
    found_type = models.CharField(_("kind of our copy"), max_length=50, blank=True, db_default="")
    thumbnail = models.FileField(_("small picture"), max_length=200, blank=True, db_default="")
    width = models.PositiveSmallIntegerField(null=True)
    height = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("message", "position")
        constraints = (models.UniqueConstraint(fields=["message", "position"], name="attachment_once"),)
        indexes = (models.Index(fields=["id"], name="attachment_new", condition=Q(state="new")),)
        triggers = (
            pgtrigger.Trigger(
                name="files_go_with_it",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.file <> '' OR OLD.thumbnail <> ''"),
                func="""
                    INSERT INTO messaging_filetoremove (name, remove_at)
                    SELECT name, now() FROM unnest(ARRAY[OLD.file, OLD.thumbnail]) AS name WHERE name <> ''
                    ON CONFLICT (name) DO UPDATE SET remove_at = now();
                    RETURN NULL;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.name or self.type
