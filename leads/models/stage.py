"""The steps from a first message to a sale."""

from typing import Any, ClassVar, Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel

KIND_IN_USE = """
    IF EXISTS (SELECT 1 FROM leads_lead WHERE stage_id = OLD.id) THEN
        RAISE EXCEPTION 'The kind of stage % is fixed, since leads are or were in it', OLD.slug
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_kind_fixed';
    END IF;
    RETURN NEW;
"""


class StageQuerySet(models.QuerySet["Stage"]):
    def open(self) -> Self:
        return self.filter(kind=Stage.Kind.OPEN)


class Stage(TimestampedModel):
    """One column of the board. Leads in a won or lost stage are closed.

    A score of `min_score` or more moves a lead here by itself where `advances` is set.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    class Colour(models.TextChoices):
        NEUTRAL = "neutral", _("Grey")
        INFO = "info", _("Blue")
        PRIMARY = "primary", _("Teal")
        WARNING = "warning", _("Amber")
        GOOD = "good", _("Green")
        BAD = "bad", _("Red")

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=50)
    order = models.PositiveSmallIntegerField(_("order"))
    kind = models.CharField(_("kind"), max_length=4, choices=Kind, default=Kind.OPEN)
    colour = models.CharField(_("colour"), max_length=8, choices=Colour, default=Colour.NEUTRAL)
    min_score = models.PositiveSmallIntegerField(
        _("from score"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    advances = models.BooleanField(
        _("leads move here by themselves"),
        default=True,
        help_text=_("As soon as their score reaches the figure above."),
    )

    objects: ClassVar[Any] = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ("order", "id")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=["open", "won", "lost"]), name="stage_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="open") | Q(min_score__isnull=True), name="stage_closed_has_no_min_score"
            ),
            models.CheckConstraint(
                condition=Q(min_score__isnull=True) | Q(min_score__range=(1, 100)), name="stage_min_score_in_range"
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="kind_fixed_once_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.kind IS DISTINCT FROM NEW.kind"),
                func=KIND_IN_USE,
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.kind == self.Kind.OPEN
