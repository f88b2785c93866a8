"""What the lines of a report by origin are called, and where their figures lead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from leads.admin.reports.asking import list_url
from leads.models import Outcome
from leads.reports.attribution import TOLD, Question
from messaging.admin.origins import source_name
from messaging.models import Message


@dataclass(frozen=True, slots=True)
class Name:
    """What an origin is called, and a little more about it; `kind` is what sort of origin it is; `id` the platform's."""

    title: str
    below: str
    kind: str
    id: str = ""


def names_of(origins: Iterable[Origin], ads: dict[int, AdCampaign]) -> dict[Origin, Name]:
    """Name origins, the posts among them by one query."""
    origins = list(origins)
    ids = {int(origin.key) for origin in origins if origin.kind in ("post", "any-post")}
    fields = ("title", "external_id", "channel__name")
    posts: Any = Post.objects.filter(pk__in=ids).select_related("channel").only(*fields)
    known = {post.pk: post for post in posts}
    sets = {
        kind: {key: name for ad in ads.values() if (key := _key(ad, kind)) and (name := getattr(ad, f"{kind}_name"))}
        for kind in ("ad_set", "campaign")
    }
    return {origin: _name(origin, ads, known, sets) for origin in origins}


def _key(ad: AdCampaign, kind: str) -> str:
    key: str = getattr(ad, f"{kind}_id") or getattr(ad, f"{kind}_name")
    return key


def _name(origin: Origin, ads: dict[int, AdCampaign], posts: dict[int, Post], sets: dict[str, dict[str, str]]) -> Name:
    key = origin.key
    match origin.kind:
        case "ad" | "lone-ad":
            ad = ads[int(key)]
            below = " · ".join(filter(None, (ad.campaign_name, ad.ad_set_name, ad.channel.name)))
            return Name(str(ad), below, _("Ad"), ad.ad_id)
        case "post" | "any-post":
            post = posts[int(key)]
            return Name(str(post), f"{_('Post')} · {post.channel.name}", _("Post"), post.external_id)
        case "ad-set":
            return Name(sets["ad_set"].get(key, key) or _("Ads of no known ad set"), _("Ad set"), _("Ad set"), key)
        case "campaign":
            return Name(
                sets["campaign"].get(key, key) or _("Ads of no known campaign"), _("Campaign"), _("Campaign"), key
            )
        case _:
            return Name(source_name(key), _("No ad or post is known"), _("Other"))


@dataclass(frozen=True, slots=True)
class Links:
    """The rows behind each figure of a line; without an origin, behind those of the total."""

    question: Question
    origin: Origin | None = None

    def leads(self, state: str = "any", **more: str) -> str:
        question = self.question
        touch = question.touch.value
        parameters = {
            touch: self.origin.parameter if self.origin else None,
            "opened": question.period.parameter,
            f"{touch}-channel": question.channel_id,
        }
        return list_url("leads_lead", owned="all", state=state, **parameters, **more)

    @property
    def qualified(self) -> str:
        return self.leads(qualification__isnull="False")

    @property
    def won(self) -> str:
        return self.leads(Outcome.WON.value)

    @property
    def messages(self) -> str:
        by = (self.origin or TOLD).parameter
        days, channel = self.question.period.parameter, self.question.channel_id
        return list_url("messaging_message", direction=Message.Direction.IN.value, by=by, days=days, channel=channel)

    @property
    def spend(self) -> str:
        by, days = self.origin.parameter if self.origin else None, self.question.period.parameter
        return list_url("campaigns_performancemetric", by=by, days=days, channel=self.question.channel_id)
