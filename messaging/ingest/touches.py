"""Reading by what way a message came, and from which ad or post."""

from datetime import datetime

from messaging.channels import events as platform
from messaging.ingest.drafts import Touch
from messaging.models import Message

AD_TITLES = {"title": ("ad_title", "headline"), "body": ("body",), "url": ("source_url",),
             "media_url": ("video_url", "photo_url", "image_url", "media_url")}  # fmt: skip
TITLES_LIMIT = {"title": 500, "body": 5000, "url": 2000, "media_url": 2000}
#: What is told of the post itself, also beside an ad: our column, the platform's name, the column's length.
POST_FACTS = (("title", "post_title", 500), ("url", "permalink_url", 2000), ("media_type", "media_product_type", 50))
ORGANIC = "0"


def source_of(event: platform.InboundMessage | platform.Referral) -> str:
    """Tell by what way a message came."""
    attribution = event.attribution
    if attribution.get("ad_id") or attribution.get("ctwa_clid") or _is_ad(attribution):
        return Message.Source.AD
    if getattr(event, "reply_to", "").startswith("story:"):
        return Message.Source.STORY
    if any(item.type.startswith("story") for item in getattr(event, "attachments", ())):
        return Message.Source.STORY
    if attribution or isinstance(event, platform.Referral):
        return Message.Source.REFERRAL
    return Message.Source.DIRECT


def _is_ad(attribution: dict[str, str]) -> bool:
    return not {"ad", "ads"}.isdisjoint(_kinds(attribution))


def _kinds(attribution: dict[str, str]) -> set[str]:
    """Return the platform's words for what somebody came by; each platform has its own name for them."""
    return {attribution.get(name, "").lower() for name in ("source_type", "type", "source")}


def touch_of(channel_id: int, attribution: dict[str, str], seen_at: datetime) -> Touch:
    """Read which ad and post an attribution names."""
    source_id = attribution.get("source_id", "")
    ad_id = attribution.get("ad_id") or (source_id if _is_ad(attribution) else "")
    if ad_id == ORGANIC:
        ad_id = ""
    post_id = attribution.get("post_id") or attribution.get("original_media_id") or attribution.get("media_id") or ""
    if not post_id and "post" in _kinds(attribution):
        post_id = source_id
    told = {
        column: next((attribution[name][: TITLES_LIMIT[column]] for name in names if attribution.get(name)), "")
        for column, names in AD_TITLES.items()
    }
    touch = Touch(channel_id, seen_at=seen_at)
    if ad_id:
        touch.ad = {"external_id": ad_id[:200], **told}
    if post_id:
        touch.post = {"external_id": post_id[:200], **({} if ad_id else told)}
        touch.post |= {column: attribution[name][:limit] for column, name, limit in POST_FACTS if attribution.get(name)}
    return touch
