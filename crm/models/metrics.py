"""Figures by day."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.channel import Channel
from crm.models.rows import TimestampedModel


class DailyMetric(TimestampedModel):
    """What one figure came to on one day of the business, on one channel; all of it can be counted again from rows.

    `part` divides a figure into what adds up to it (who wrote, which source, which currency). `count` is how many, `total` what
    they sum up to: seconds, an amount, points. Averages and rates are made of these when they are read, since they do not add up.
    Without a channel: what belongs to none, or what cannot be summed over channels (`crm.metrics.EVERYWHERE`).
    """

    day = models.DateField(_("day"))
    channel = models.ForeignKey(
        Channel, models.CASCADE, verbose_name=_("channel"), null=True, related_name="+", db_index=False
    )
    name = models.CharField(_("figure"), max_length=40)
    part = models.CharField(_("part"), max_length=40, blank=True)
    count = models.BigIntegerField(_("count"), default=0)
    total = models.DecimalField(_("total"), max_digits=20, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("daily metric")
        verbose_name_plural = _("daily metrics")
        constraints = (
            models.UniqueConstraint(
                fields=["day", "name", "part", "channel"], name="daily_metric_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.name} {self.part}".rstrip()
