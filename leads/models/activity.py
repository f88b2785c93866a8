"""What happened to leads, for good."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from leads.models.lead import Lead
from messaging.models import Message


class ActivityKind(models.TextChoices):
    OPENED = "opened", _("Opened")
    STAGE_CHANGE = "stage_change", _("Stage")
    LABEL_CHANGE = "label_change", _("Label")
    TYPE_CHANGE = "type_change", _("Type")
    TRADE_CHANGE = "trade_change", _("Trade")
    PERSONA_CHANGE = "persona_change", _("Persona")
    PLACE_CHANGE = "place_change", _("Place")
    SCORE_UPDATE = "score_update", _("Score")
    ASSIGNMENT = "assignment", _("Owner")
    QUALIFIED = "qualified", _("Qualified")
    VALUE_CHANGE = "value_change", _("Value")
    FOLLOW_UP = "follow_up", _("Follow-up")
    MERGE = "merge", _("Merge")
    NOTE = "note", _("Note")


class LeadActivity(models.Model):
    """One change, with what it was before, and who or what made it. Rows are only ever added.

    `old` and `new` are slugs, codes or figures, never personal data; of owners they are user ids. A merge may move a row to the
    customer and lead that stay; everything else of it is fixed by the database.
    """

    class Actor(models.TextChoices):
        PERSON = "person", _("A colleague")
        RULE = "rule", _("A rule")
        IMPORT = "import", _("An import")
        API = "api", _("The API")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="activities", db_index=False)
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="activities", db_index=False)
    kind = models.CharField(_("kind"), max_length=16, choices=ActivityKind)
    old = models.CharField(_("before"), max_length=200, blank=True)
    new = models.CharField(_("after"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    automated = models.BooleanField(_("by itself"), default=False)
    by = models.CharField(_("by"), max_length=6, choices=Actor)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("colleague"),
        null=True,
        related_name="+",
        db_index=False,
    )
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        indexes = (
            models.Index("lead", F("at").desc(), F("id").desc(), name="activity_of_lead"),
            models.Index("customer", F("at").desc(), F("id").desc(), name="activity_of_customer"),
        )
        triggers = (
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["customer", "lead"]),
            ),
            pgtrigger.Protect(name="not_deleted", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.old} → {self.new}"
