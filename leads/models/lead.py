"""Leads: somebody who may buy."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import AdCampaign, Post
from crm.models import Customer, Team
from crm.models.rows import TimestampedModel
from leads.models.stage import Stage
from messaging.models import Message


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Outcome(models.TextChoices):
    """How a closed lead ended."""

    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    MERGED = "merged", _("Merged into another")


class LostReason(models.TextChoices):
    PRICE = "price", _("Too expensive")
    NO_ANSWER = "no_answer", _("No answer from them")
    TOO_SLOW = "too_slow", _("We answered too late")
    ELSEWHERE = "elsewhere", _("Bought elsewhere")
    UNAVAILABLE = "unavailable", _("Not available")
    DELIVERY = "delivery", _("Delivery or place")
    NOT_SERIOUS = "not_serious", _("Only looking")
    SPAM = "spam", _("Spam or mistake")
    OTHER = "other", _("Other")


class LeadQuerySet(models.QuerySet["Lead"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def not_merged(self) -> Self:
        return self.filter(merged_into=None)

    def unassigned(self) -> Self:
        return self.filter(owner=None)

    def follow_up_due(self, until: datetime) -> Self:
        return self.open().filter(next_follow_up_at__lte=until).order_by("next_follow_up_at")


class Lead(TimestampedModel):
    """One chance of a sale with a customer; a customer has at most one open lead.

    The first touch is the first inbound message of the lead by (time, id). The last touch is the newest one with an origin (an ad,
    a post, a link...), or the newest of all where none has any. `outcome` says the same of the lead as the kind of its stage;
    but a lead merged into another keeps the stage it was in, and no list, board or report shows it (`not_merged`).
    `stage_by_person` tells that a colleague chose the stage: the score then moves it no more.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"), related_name="leads")
    stage = models.ForeignKey(Stage, models.PROTECT, verbose_name=_("stage"), related_name="leads", db_index=False)
    stage_by_person = models.BooleanField(_("stage chosen by a colleague"), default=False, editable=False)
    stage_changed_at = models.DateTimeField(_("in this stage since"), default=timezone.now, editable=False)
    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("owner"), null=True, blank=True, related_name="leads",
        db_index=False,
    )  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"), null=True, blank=True, related_name="leads")
    assigned_at = models.DateTimeField(_("assigned"), null=True, editable=False)

    first_message = models.ForeignKey(Message, models.PROTECT, null=True, editable=False, related_name="leads_begun")
    first_source = models.CharField(
        _("first source"), max_length=10, choices=Message.Source, blank=True, editable=False
    )
    first_post = models.ForeignKey(
        Post, models.PROTECT, null=True, editable=False, related_name="first_leads", db_index=False
    )
    first_ad = models.ForeignKey(
        AdCampaign, models.PROTECT, null=True, editable=False, related_name="first_leads", db_index=False
    )
    first_touch_at = models.DateTimeField(_("first touch"), null=True, editable=False)
    # Without an index and a constraint: it changes with every message, which else would cost an entry in each index.
    last_message = models.ForeignKey(
        Message,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="leads_touched",
        db_index=False,
        db_constraint=False,
    )
    last_source = models.CharField(_("last source"), max_length=10, choices=Message.Source, blank=True, editable=False)
    last_post = models.ForeignKey(
        Post, models.PROTECT, null=True, editable=False, related_name="last_leads", db_index=False
    )
    last_ad = models.ForeignKey(
        AdCampaign, models.PROTECT, null=True, editable=False, related_name="last_leads", db_index=False
    )
    last_touch_at = models.DateTimeField(_("last touch"), null=True, editable=False)

    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    profile = models.JSONField(_("profile"), default=dict, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_follow_up_at = models.DateTimeField(_("next follow-up"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    outcome = models.CharField(_("outcome"), max_length=6, choices=Outcome, blank=True, editable=False)
    lost_reason = models.CharField(_("reason of the loss"), max_length=12, choices=LostReason, blank=True)
    lost_note = models.CharField(_("more on the loss"), max_length=500, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("merged into"), null=True, editable=False, related_name="merged"
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = (
            models.UniqueConstraint(fields=["customer"], condition=Q(closed_at=None), name="lead_one_open"),
            models.CheckConstraint(condition=Q(score__range=(0, 100)), name="lead_score_in_range"),
            models.CheckConstraint(condition=Q(value__isnull=True) | Q(value__gte=0), name="lead_value_not_negative"),
            models.CheckConstraint(condition=Q(outcome__in=["", "won", "lost", "merged"]), name="lead_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="merged", merged_into__isnull=False)
                | (~Q(outcome="merged") & Q(merged_into__isnull=True)),
                name="lead_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at__isnull=True) | (~Q(outcome="") & Q(closed_at__isnull=False)),
                name="lead_closed_has_outcome",
            ),
            models.CheckConstraint(condition=~Q(outcome="lost") | ~Q(lost_reason=""), name="lead_lost_has_reason"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="lead_not_merged_into_itself"),
        )
        indexes = (
            models.Index("stage", F("score").desc(), F("id").desc(), name="lead_board"),
            models.Index(
                fields=["stage", "currency"],
                include=["value", "owner", "team"],
                name="lead_stage_sums",
                condition=Q(merged_into=None),
            ),
            models.Index(F("opened_at").desc(), F("id").desc(), name="lead_recent"),
            models.Index("owner", F("opened_at").desc(), F("id").desc(), name="lead_of_owner"),
            models.Index(
                fields=["first_source", "-opened_at", "-id"],
                include=["owner", "team"],
                name="lead_by_source",
                condition=Q(merged_into=None, closed_at=None),
            ),
            models.Index("owner", F("assigned_at").desc(), name="lead_turns"),
            models.Index(
                fields=["opened_at"], name="lead_to_assign", condition=Q(owner__isnull=True, closed_at__isnull=True)
            ),
            models.Index(
                fields=["next_follow_up_at"],
                name="lead_follow_up",
                condition=Q(next_follow_up_at__isnull=False, closed_at__isnull=True),
            ),
            models.Index(fields=["closed_at"], name="lead_closed", condition=Q(closed_at__isnull=False)),
            models.Index(fields=["first_post"], name="lead_first_post", condition=Q(first_post__isnull=False)),
            models.Index(fields=["first_ad"], name="lead_first_ad", condition=Q(first_ad__isnull=False)),
            models.Index(fields=["last_post"], name="lead_last_post", condition=Q(last_post__isnull=False)),
            models.Index(fields=["last_ad"], name="lead_last_ad", condition=Q(last_ad__isnull=False)),
        )

    def __str__(self) -> str:
        return str(self.customer)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_free(self) -> bool:
        """Whether a seller may still be found for it."""
        return self.is_open and self.owner_id is None
