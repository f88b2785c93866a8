"""What something came by, and how that is told apart: by ad, ad set, campaign or post, and by its source where none is known.

Messages, leads and costs each name an ad, a post and (costs apart) a source. Every grouping puts each of them under exactly one
origin, so that the figures of a report add up to its total. `Sorter` does so for rows that were read; `Origin.condition` is the
same in SQL, for the list behind a figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import AdCampaign

Kind = Literal["ad", "lone-ad", "ad-set", "campaign", "post", "any-post", "source", "comments", "told"]
DIRECT = "direct"
_BY_ID = ("ad", "lone-ad", "post", "any-post")
_LONGEST_ID = 18  # digits, which a bigint always holds


class Grouping(models.TextChoices):
    AD = "ad", _("Ad")
    AD_SET = "ad-set", _("Ad set")
    CAMPAIGN = "campaign", _("Campaign")
    POST = "post", _("Post")


@dataclass(frozen=True, slots=True)
class Origin:
    """One line of a report, or what a list is narrowed down to. `key` is an id, a name or a source.

    - `ad`: by this ad. `lone-ad`: by this ad, which is known to advertise no post.
    - `ad-set`, `campaign`: by any ad in it; by its id, or by its name where the id is not known; empty: neither is.
    - `post`: by this post without an ad. `any-post`: by this post, or by an ad for it that named none.
    - `source`: in this way, with neither an ad nor a post known.
    - `comments`: by a comment under one of these posts (ids with `+` between).
    - `told`: by anything that it tells of; the key is empty.
    """

    kind: Kind
    key: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the origin that an address names as `ad:5`; None: it names none."""
        kind, colon, key = text.partition(":")
        ids = [key] if kind in _BY_ID else key.split("+") if kind == "comments" else []
        known = kind in (*_BY_ID, "ad-set", "campaign", "source", "comments", "told")
        if not known or not colon or "\0" in key or (kind == "told" and key) or not all(map(_is_id, ids)):
            return None
        return cls(kind, key)  # type: ignore[arg-type]  # one of the kinds, as was just seen

    @property
    def parameter(self) -> str:
        return f"{self.kind}:{self.key}"

    @property
    def is_row(self) -> bool:
        """Tell whether it is one ad or one post, and the key its id."""
        return self.kind in _BY_ID

    def condition(self, prefix: str = "") -> Q:
        """Return the condition on rows with `<prefix>ad`, `<prefix>post` and `<prefix>source`."""
        ad, post, source = f"{prefix}ad", f"{prefix}post", f"{prefix}source"
        no_ad, no_post = Q(**{f"{ad}__isnull": True}), Q(**{f"{post}__isnull": True})
        match self.kind:
            case "ad":
                return Q(**{ad: self.key})
            case "lone-ad":
                return Q(**{ad: self.key, f"{ad}__post__isnull": True}) & no_post
            case "ad-set":
                return self._named(f"{ad}__ad_set")
            case "campaign":
                return self._named(f"{ad}__campaign")
            case "post":
                return Q(**{post: self.key}) & no_ad
            case "any-post":
                return Q(**{post: self.key}) | (Q(**{f"{ad}__post": self.key}) & no_post)
            case "source":
                return Q(**{source: self.key}) & no_ad & no_post
            case "comments":
                return Q(**{source: "comment", f"{post}__in": self.key.split("+")})
            case "told":
                return ~Q(**{source: DIRECT})

    def _named(self, column: str) -> Q:
        by_name = Q(**{f"{column}_id": "", f"{column}_name": self.key})
        return Q(**{f"{column}_id": self.key}) | by_name if self.key else by_name


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


@dataclass(frozen=True, slots=True)
class Sorter:
    """Puts what was read under its origin. `ads` holds every ad that is named, by id."""

    grouping: Grouping
    ads: Mapping[int, AdCampaign]

    def origin_of(self, ad: int | None, post: int | None, source: str) -> Origin:
        if self.grouping == Grouping.POST:
            return self._by_post(ad, post, source)
        if ad is not None:
            return self._by_ad(self.ads[ad])
        return Origin("post", str(post)) if post is not None else Origin("source", source)

    def _by_ad(self, ad: AdCampaign) -> Origin:
        if self.grouping == Grouping.AD_SET:
            return Origin("ad-set", ad.ad_set_id or ad.ad_set_name)
        if self.grouping == Grouping.CAMPAIGN:
            return Origin("campaign", ad.campaign_id or ad.campaign_name)
        return Origin("ad", str(ad.pk))

    def _by_post(self, ad: int | None, post: int | None, source: str) -> Origin:
        post = post if post is not None or ad is None else self.ads[ad].post_id
        if post is not None:
            return Origin("any-post", str(post))
        return Origin("lone-ad", str(ad)) if ad is not None else Origin("source", source)


def ads_named(ids: set[int]) -> dict[int, AdCampaign]:
    """Return the ads of these ids, with what a report says of them."""
    fields = ("channel__name", "ad_id", "title", "post", "ad_set_id", "ad_set_name", "campaign_id", "campaign_name")
    found: Any = AdCampaign.objects.filter(pk__in=ids).select_related("channel").only(*fields)
    return {ad.pk: ad for ad in found}
