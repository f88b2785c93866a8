"""Leads that proved worth a seller's time."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.models import Team
from crm.models.rows import TimestampedModel
from leads.models.lead import Lead, Priority
from leads.models.product import Product


class Qualification(TimestampedModel):
    """Made once for a lead, when its score first reaches the setting `leads.qualified_from`.

    Reports count these rows where they say "qualified". `score`, `priority`, `profile` and `summary` are as they were then.
    """

    lead = models.OneToOneField(Lead, models.PROTECT, verbose_name=_("lead"), related_name="qualification")
    score = models.PositiveSmallIntegerField(_("score"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    profile = models.JSONField(_("profile"), default=dict)
    products = models.ManyToManyField(Product, verbose_name=_("products of interest"), blank=True, related_name="+")
    summary = models.TextField(_("summary of the conversation"), blank=True)
    qualified_at = models.DateTimeField(_("qualified"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("handed to"), null=True, blank=True, related_name="+",
        db_index=False,
    )  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"), null=True, blank=True, related_name="+")
    contacted_at = models.DateTimeField(_("contacted"), null=True)
    converted_at = models.DateTimeField(_("converted"), null=True)

    class Meta:
        verbose_name = _("qualification")
        verbose_name_plural = _("qualifications")
        indexes = (models.Index(F("qualified_at").desc(), F("id").desc(), name="qualification_recent"),)

    def __str__(self) -> str:
        return str(self.lead)
