"""What this app exports."""

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm.exports import Column, Table

POSTS = Table(
    "posts",
    Post.objects.all,
    "first_seen_at",
    (
        Column("id"),
        Column("channel", "channel__slug"),
        Column("post_id", "external_id"),
        Column("title"),
        Column("url"),
        Column("media_type"),
        Column("first_seen_at"),
    ),
)
ADS = Table(
    "ads",
    AdCampaign.objects.all,
    "first_seen_at",
    (
        Column("id"),
        Column("channel", "channel__slug"),
        Column("ad_id"),
        Column("title"),
        Column("body"),
        Column("url"),
        Column("post_id", "post__external_id"),
        Column("ad_set_id"),
        Column("ad_set", "ad_set_name"),
        Column("campaign_id"),
        Column("campaign", "campaign_name"),
        Column("first_seen_at"),
    ),
)
SPEND = Table(
    "spend",
    PerformanceMetric.objects.all,
    "day",
    (
        Column("id"),
        Column("day"),
        Column("ad_id", "ad__ad_id"),
        Column("ad", "ad__title"),
        Column("campaign", "ad__campaign_name"),
        Column("post_id", "post__external_id"),
        Column("post", "post__title"),
        Column("spend"),
        Column("currency"),
        Column("impressions"),
        Column("clicks"),
    ),
)
TABLES = (POSTS, ADS, SPEND)
