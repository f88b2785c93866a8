"""Why a lead has the score that it has."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel
from leads.models.lead import Lead
from leads.models.searching import folded_texts
from messaging.models import Message


class ScoringRuleQuerySet(models.QuerySet["ScoringRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class ScoringRule(TimestampedModel):
    """Points for something that inbound messages show.

    All entries of one rule on one lead together count at most `ceiling` (by amount, whatever their sign). Points halve every
    `half_life_days`; empty: they stay.
    """

    class Looks(models.TextChoices):
        INTENT = "intent", _("An intent")
        SENTIMENT = "sentiment", _("A sentiment")
        SOURCE = "source", _("A source")
        KEYWORD = "keyword", _("Words")
        CONTACT = "contact", _("A phone number or e-mail address")
        MEDIA = "media", _("A picture, video, voice message or file")
        PRODUCT = "product", _("A product of ours")
        MESSAGE = "message", _("Any message")

    name = models.CharField(_("name"), max_length=100, unique=True)
    looks_for = models.CharField(_("looks for"), max_length=10, choices=Looks)
    value = models.CharField(
        _("which"), max_length=30, blank=True, help_text=_("The intent, sentiment or source; empty: any of them.")
    )
    keywords = models.TextField(_("words and phrases"), blank=True, help_text=_("One a line; only for words."))
    folded = folded_texts("name", "value", "keywords")
    points = models.SmallIntegerField(_("points"), validators=[MinValueValidator(-100), MaxValueValidator(100)])
    ceiling = models.PositiveSmallIntegerField(
        _("at most"), default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    half_life_days = models.PositiveSmallIntegerField(
        _("halves after (days)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("active"), default=True)

    objects = ScoringRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("scoring rule")
        verbose_name_plural = _("scoring rules")
        ordering = ("order", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(points__range=(-100, 100)) & ~Q(points=0), name="scoring_rule_points_in_range"
            ),
            models.CheckConstraint(condition=Q(ceiling__range=(1, 100)), name="scoring_rule_ceiling_in_range"),
            models.CheckConstraint(
                condition=Q(half_life_days__isnull=True) | Q(half_life_days__gte=1),
                name="scoring_rule_half_life_positive",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ScoreEntry(models.Model):
    """Points that one message earned a lead by one rule, as the rule was then.

    `superseded_at` is set where a later recomputation came to something else; the row stays as history.
    """

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="score_entries", db_index=False)
    rule = models.ForeignKey(ScoringRule, models.PROTECT, related_name="entries", db_index=False)
    message = models.ForeignKey(Message, models.PROTECT, related_name="score_entries")
    points = models.SmallIntegerField(_("points"))
    at = models.DateTimeField(_("time"))
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("score entry")
        verbose_name_plural = _("score entries")
        constraints = (
            models.UniqueConstraint(
                F("lead"), F("rule"), F("message"), condition=Q(superseded_at=None), name="score_entry_once"
            ),
        )
        indexes = (models.Index(fields=["lead", "at"], name="score_entry_of_lead"),)

    def __str__(self) -> str:
        return f"{self.points:+d}"
