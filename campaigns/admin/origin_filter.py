"""Narrowing lists down to what came by, or was spent on, one ad, campaign or post."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from crm.admin.linked_filters import LinkedFilter


class OriginFilter(LinkedFilter):
    """`prefix` is before the names of the columns `ad`, `post` and, where there is one, `source`."""

    title = gettext_lazy("of")
    parameter_name = "by"
    prefix = ""

    def title_of(self, given: str) -> Any:
        origin = Origin.read(given)
        return None if origin is None else self.name_of(origin)

    def name_of(self, origin: Origin) -> str | None:
        """Return what to call an origin; None: there is none such."""
        if origin.is_row:
            model: Any = AdCampaign if origin.kind in ("ad", "lone-ad") else Post
            found = model.objects.filter(pk=origin.key).first()
            return str(found) if found else None
        if origin.kind == "ad-set":
            return _name_of_set(origin.key, "ad_set") or _("Ads of no known ad set")
        if origin.kind == "campaign":
            return _name_of_set(origin.key, "campaign") or _("Ads of no known campaign")
        return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        origin = Origin.read(self.value() or "")
        return queryset if origin is None else queryset.filter(origin.condition(self.prefix))


def _name_of_set(key: str, kind: str) -> str:
    """Return the name of a campaign or ad set that is known by its id or its name."""
    named = AdCampaign.objects.filter(**{f"{kind}_id": key}).exclude(**{f"{kind}_name": ""}) if key else None
    name = named.values_list(f"{kind}_name", flat=True).order_by("pk").first() if named is not None else None
    return name or key
