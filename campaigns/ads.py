"""What platforms tell of our ads."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from campaigns.models import AdCampaign

#: Our column, the platform's name for it, and the column's length.
TOLD = (
    ("title", "ad_name", 500),
    ("ad_set_id", "adset_id", 200),
    ("ad_set_name", "adset_name", 500),
    ("campaign_id", "campaign_id", 200),
    ("campaign_name", "campaign_name", 500),
)


@transaction.atomic
def learn_ad(*, channel_id: int, told: Mapping[str, str], seen_at: datetime) -> AdCampaign:
    """Keep what a platform tells of an ad, made on first sight; what is known already stays."""
    ad, _ = AdCampaign.objects.get_or_create(
        channel_id=channel_id, ad_id=told["ad_id"][:200], defaults={"first_seen_at": seen_at}
    )
    known = AdCampaign.objects.select_for_update(no_key=True).get(pk=ad.pk)
    changed = [column for column, name, _limit in TOLD if told.get(name) and not getattr(known, column)]
    for column, name, limit in TOLD:
        if column in changed:
            setattr(known, column, told[name][:limit])
    if changed:
        known.save(update_fields=[*changed, "updated_at"])
    return known
