"""What brings people to us: posts and ads, each made on first sight by its id on the platform."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import Channel
from crm.models.rows import TimestampedModel


class Post(TimestampedModel):
    """A post, reel or video of ours."""

    channel = models.ForeignKey(
        Channel, models.PROTECT, verbose_name=_("channel"), related_name="posts", db_index=False
    )
    external_id = models.CharField(_("id on the platform"), max_length=200)
    title = models.CharField(_("title"), max_length=500, blank=True)
    url = models.URLField(_("link"), max_length=2000, blank=True)
    media_url = models.URLField(_("picture or video"), max_length=2000, blank=True)
    media_type = models.CharField(_("kind of media"), max_length=50, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = (models.UniqueConstraint(fields=["channel", "external_id"], name="post_once"),)
        indexes = (models.Index(F("first_seen_at").desc(), F("id").desc(), name="post_recent"),)

    def __str__(self) -> str:
        return self.title or self.external_id


class AdCampaign(TimestampedModel):
    """One ad; the campaign and ad set that it runs in are columns of it."""

    channel = models.ForeignKey(Channel, models.PROTECT, verbose_name=_("channel"), related_name="ads", db_index=False)
    ad_id = models.CharField(_("ad id"), max_length=200)
    title = models.CharField(_("title"), max_length=500, blank=True)
    body = models.TextField(_("words"), blank=True)
    url = models.URLField(_("link"), max_length=2000, blank=True)
    media_url = models.URLField(_("picture or video"), max_length=2000, blank=True)
    post = models.ForeignKey(Post, models.PROTECT, verbose_name=_("post"), null=True, blank=True, related_name="ads")
    ad_set_id = models.CharField(_("ad set id"), max_length=200, blank=True)
    ad_set_name = models.CharField(_("ad set"), max_length=500, blank=True)
    campaign_id = models.CharField(_("campaign id"), max_length=200, blank=True)
    campaign_name = models.CharField(_("campaign"), max_length=500, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))

    class Meta:
        verbose_name = _("ad")
        verbose_name_plural = _("ads")
        constraints = (models.UniqueConstraint(fields=["channel", "ad_id"], name="ad_once"),)
        indexes = (models.Index(F("first_seen_at").desc(), F("id").desc(), name="ad_recent"),)

    def __str__(self) -> str:
        return self.title or self.ad_id


class PerformanceMetricQuerySet(models.QuerySet["PerformanceMetric"]):
    def of_channel(self, channel_id: int) -> Self:
        return self.filter(Q(ad__channel=channel_id) | Q(post__channel=channel_id))


class PerformanceMetric(TimestampedModel):
    """What an ad or a post cost and reached on one day, as its platform tells it."""

    ad = models.ForeignKey(
        AdCampaign, models.CASCADE, verbose_name=_("ad"), null=True, blank=True, related_name="metrics"
    )
    post = models.ForeignKey(
        Post, models.CASCADE, verbose_name=_("post"), null=True, blank=True, related_name="metrics"
    )
    day = models.DateField(_("day"))
    spend = models.DecimalField(_("spend"), max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    impressions = models.PositiveBigIntegerField(_("impressions"), default=0)
    clicks = models.PositiveBigIntegerField(_("clicks"), default=0)

    objects = PerformanceMetricQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of spend")
        verbose_name_plural = _("days of spend")
        ordering = ("-day", "-id")
        constraints = (
            models.UniqueConstraint(fields=["ad", "day"], condition=Q(ad__isnull=False), name="metric_of_ad_once"),
            models.UniqueConstraint(
                fields=["post", "day"], condition=Q(post__isnull=False), name="metric_of_post_once"
            ),
            models.CheckConstraint(
                condition=Q(ad__isnull=False, post__isnull=True) | Q(ad__isnull=True, post__isnull=False),
                name="metric_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(spend__gte=0), name="metric_spend_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.ad or self.post}, {self.day}"
