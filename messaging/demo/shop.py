"""The demonstration shop: its channels, posts and ads."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm.models import Channel
from messaging.channels import adapter_for
from messaging.demo.talk import Talk

#: Slug, platform, name, id on the platform: by these, and not by the slug alone, `--remove` knows what it may take out.
CHANNELS = (
    ("demo-messenger", "messenger", "Demo page", "880000000000001"),
    ("demo-instagram", "instagram", "Demo Instagram", "880000000000002"),
    ("demo-whatsapp", "whatsapp", "Demo WhatsApp", "880000000000003"),
    ("demo-telegram", "telegram", "Demo bot", "8800000004"),
    ("demo-twilio", "twilio", "Demo SMS", "+15005550009"),
)
WITH_POSTS, WITH_ADS = ("messenger", "instagram"), ("messenger", "instagram", "whatsapp")
POSTS, ADS = 14, 8
DAYS = 180
CURRENCY = "EGP"
PICTURES = "https://pictures.example"


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post, by our id and the platform's."""

    id: int
    external_id: str


@dataclass(frozen=True, slots=True)
class ShownAd:
    """An ad, the post it was made of, and its words."""

    id: int
    ad_id: str
    post_id: int | None
    title: str


@dataclass(slots=True)
class ShopChannel:
    """One channel with what people come by."""

    id: int
    platform: str
    posts: list[ShownPost] = field(default_factory=list)
    ads: list[ShownAd] = field(default_factory=list)


def open_shop(chance: Random, now: datetime) -> list[ShopChannel]:
    """Return the shop's channels, made with their posts and ads on first use."""
    shop = []
    for slug, platform, name, external_id in CHANNELS:
        channel, _ = Channel.objects.get_or_create(
            slug=slug,
            platform=platform,
            external_id=external_id,
            defaults={"name": name, "credentials": _secrets(platform)},
        )
        shown = ShopChannel(channel.pk, platform)
        if platform in WITH_POSTS:
            shown.posts = _posts(channel, chance, now)
        if platform in WITH_ADS:
            shown.ads = _ads(channel, shown.posts, chance, now)
        shop.append(shown)
    return shop


def _secrets(platform: str) -> dict[str, list[str]]:
    return {name: [secrets.token_hex(16)] for name in adapter_for(platform).SECRETS}


def _posts(channel: Channel, chance: Random, now: datetime) -> list[ShownPost]:
    if not Post.objects.filter(channel=channel).exists():
        talk = Talk(chance)
        Post.objects.bulk_create(
            Post(
                channel=channel,
                external_id=f"{channel.external_id}_{number:04d}",
                title=talk.post_title(talk.language()),
                url=f"{PICTURES}/posts/{number}",
                media_type=chance.choice(("image", "video", "album")),
                first_seen_at=_some_day(chance, now),
            )
            for number in range(POSTS)
        )
    return [ShownPost(post.pk, post.external_id) for post in Post.objects.filter(channel=channel).order_by("pk")]


def _ads(channel: Channel, posts: list[ShownPost], chance: Random, now: datetime) -> list[ShownAd]:
    if not AdCampaign.objects.filter(channel=channel).exists():
        talk = Talk(chance)
        AdCampaign.objects.bulk_create(
            AdCampaign(
                channel=channel,
                ad_id=f"12{channel.external_id.strip('+')}{number:02d}",
                title=talk.ad_title(talk.language()),
                url=f"{PICTURES}/ads/{number}",
                post_id=chance.choice(posts).id if posts else None,
                ad_set_id=f"13{number % 4:04d}",
                ad_set_name=("Women", "Men", "Children", "Gifts")[number % 4],
                campaign_id=f"14{number % 2:04d}",
                campaign_name=("Spring", "New arrivals")[number % 2],
                first_seen_at=_some_day(chance, now),
            )
            for number in range(ADS)
        )
        _spend(channel, chance, now)
    ads = AdCampaign.objects.filter(channel=channel).order_by("pk")
    return [ShownAd(ad.pk, ad.ad_id, ad.post_id, ad.title) for ad in ads]


def _spend(channel: Channel, chance: Random, now: datetime) -> None:
    """Say what each ad cost and reached on every day of the demonstration."""
    today, days = timezone.localdate(now), []
    for ad in AdCampaign.objects.filter(channel=channel).order_by("pk"):
        budget = 60 + 440 * chance.random()
        for age in range(DAYS):
            spend = budget * (0.7 + 0.6 * chance.random())
            clicks = int(spend / (1.2 + 2 * chance.random()))
            days.append(
                PerformanceMetric(
                    ad=ad,
                    day=today - timedelta(days=age),
                    spend=f"{spend:.2f}",
                    currency=CURRENCY,
                    impressions=int(clicks * (30 + 60 * chance.random())),
                    clicks=clicks,
                )
            )
    PerformanceMetric.objects.bulk_create(days)


def _some_day(chance: Random, now: datetime) -> datetime:
    return now - timedelta(days=DAYS * chance.random())
