"""Narrowing lists down to what came by one ad, campaign, post or source."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from crm.admin.linked_filters import LinkedFilter
from messaging.models import Message

UNKNOWN = {
    Message.Source.AD: gettext_lazy("An ad, not known which"),
    Message.Source.COMMENT: gettext_lazy("A comment, not known under what"),
}


def source_name(source: str) -> str:
    """Say by what something came of which neither ad nor post is known; nothing: no message ever told."""
    if not source:
        return _("Added by hand")
    return str(UNKNOWN.get(Message.Source(source), Message.Source(source).label))


def title_of(origin: Origin) -> str | None:
    """Return what to call an origin; None: there is none such."""
    found: Any = None
    if origin.kind in ("ad", "lone-ad"):
        found = AdCampaign.objects.filter(pk=origin.key).first()
    elif origin.kind in ("post", "any-post"):
        found = Post.objects.filter(pk=origin.key).first()
    elif origin.kind == "ad-set":
        return _set_title(origin.key, "ad_set") or _("Ads of no known ad set")
    elif origin.kind == "campaign":
        return _set_title(origin.key, "campaign") or _("Ads of no known campaign")
    elif origin.kind == "told":
        return _("Anything it tells of")
    elif origin.kind == "comments":
        return _("Comments under %(count)d posts") % {"count": len(origin.key.split("+"))}
    elif origin.key in ("", *Message.Source.values):
        return source_name(origin.key)
    return str(found) if found else None


def _set_title(key: str, kind: str) -> str:
    """Return the name of a campaign or ad set that is known by its id or its name."""
    named = AdCampaign.objects.filter(**{f"{kind}_id": key}).exclude(**{f"{kind}_name": ""}) if key else None
    name = named.values_list(f"{kind}_name", flat=True).order_by("pk").first() if named is not None else None
    return name or key


class BroughtByFilter(LinkedFilter):
    """`prefix` is before the names of the columns `ad`, `post` and `source`."""

    title = gettext_lazy("came by")
    parameter_name = "by"
    prefix = ""

    def title_of(self, given: str) -> Any:
        origin = Origin.read(given)
        return None if origin is None else title_of(origin)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        origin = Origin.read(self.value() or "")
        return queryset if origin is None else queryset.filter(origin.condition(self.prefix))
