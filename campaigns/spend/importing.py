"""Writing a file of spend into the table."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import AdCampaign
from campaigns.spend.reading import NAMES, Cost, costs_in, decoded
from crm.models import Channel

#: A day that is told again takes the place of what was told before; one that says the same is left alone and not returned.
WRITE = """
    INSERT INTO campaigns_performancemetric AS stored (created_at, updated_at, ad_id, day, spend, currency, impressions, clicks)
    SELECT now(), now(), * FROM unnest(
        %s::bigint[], %s::date[], %s::numeric[], %s::text[], %s::bigint[], %s::bigint[]
    ) AS told (ad_id, day, spend, currency, impressions, clicks)
    ORDER BY ad_id, day
    ON CONFLICT (ad_id, day) WHERE ad_id IS NOT NULL DO UPDATE SET updated_at = now(), spend = EXCLUDED.spend,
        currency = EXCLUDED.currency, impressions = EXCLUDED.impressions, clicks = EXCLUDED.clicks
    WHERE (stored.spend, stored.currency, stored.impressions, stored.clicks)
        IS DISTINCT FROM (EXCLUDED.spend, EXCLUDED.currency, EXCLUDED.impressions, EXCLUDED.clicks)
    RETURNING xmax = 0
"""


@dataclass
class Outcome:
    """What became of the lines of a file. `refused` holds (line, why)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    new_ads: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        return _(
            "%(created)d days added, %(updated)d changed, %(unchanged)d as they were, %(refused)d lines refused; "
            "%(new_ads)d ads were not known before."
        ) % {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": len(self.refused),
            "new_ads": self.new_ads,
        }


@transaction.atomic
def import_spend(*, content: bytes, currency: str = "", channel: Channel | None = None) -> Outcome:
    """Keep what each line of a CSV file tells of an ad's day.

    `currency` is for lines that name none. With a `channel`, ads are looked for there alone, and one that nobody came by so
    far is added to it: what costs and brings nothing is what one wants to know. Without, an ad must be known, and on one
    channel only.

    Raises:
        Unreadable: the file as a whole makes no sense; nothing is written.
    """
    outcome = Outcome()
    costs: list[Cost] = []
    seen: dict[tuple[str, Any], int] = {}
    for found in costs_in(decoded(content), currency):
        if not isinstance(found, Cost):
            outcome.refused.append(found)
        elif (earlier := seen.setdefault((found.ad_id, found.day), found.line)) != found.line:
            outcome.refused.append((found.line, _("The same ad and day as line %(line)d.") % {"line": earlier}))
        else:
            costs.append(found)
    ads = _ads(costs, channel, outcome)
    _write([(ads[cost.ad_id], cost) for cost in costs if cost.ad_id in ads], outcome)
    outcome.refused.sort()
    return outcome


def _ads(costs: Iterable[Cost], channel: Channel | None, outcome: Outcome) -> dict[str, int]:
    """Return our id of each ad, having filled in the names that we lacked; lines of other ads are refused."""
    costs = list(costs)
    named = {cost.ad_id: cost.names for cost in reversed(costs)}
    if channel:
        outcome.new_ads = _add_unknown(named, channel)
    known: dict[str, list[AdCampaign]] = {}
    rows = AdCampaign.objects.filter(ad_id__in=named, **({"channel": channel} if channel else {}))
    for ad in rows.only("ad_id", *NAMES):
        known.setdefault(ad.ad_id, []).append(ad)
    for cost in costs:
        if cost.ad_id not in known:
            why = _("No ad with the id %(id)s is known. Choose a channel to add it to.")
            outcome.refused.append((cost.line, why % {"id": cost.ad_id[:40]}))
        elif len(known[cost.ad_id]) > 1:
            why = _("The ad %(id)s runs on several channels. Choose the one that its cost counts for.")
            outcome.refused.append((cost.line, why % {"id": cost.ad_id[:40]}))
    single = [ads[0] for ads in known.values() if len(ads) == 1]
    _fill_in_names(single, named)
    return {ad.ad_id: ad.pk for ad in single}


def _add_unknown(named: dict[str, dict[str, str]], channel: Channel) -> int:
    now = timezone.now()
    there = set(AdCampaign.objects.filter(channel=channel, ad_id__in=named).values_list("ad_id", flat=True))
    new = [AdCampaign(channel=channel, ad_id=ad_id, first_seen_at=now) for ad_id in sorted(named) if ad_id not in there]
    AdCampaign.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _fill_in_names(ads: Iterable[AdCampaign], named: dict[str, dict[str, str]]) -> None:
    """Set what the file calls an ad, its set and campaign, where we have no word for it."""
    changed = []
    for ad in ads:
        missing = {name: text for name, text in named[ad.ad_id].items() if not getattr(ad, name)}
        for name, text in missing.items():
            setattr(ad, name, text)
        if missing:
            changed.append(ad)
    AdCampaign.objects.bulk_update(changed, NAMES, batch_size=1000)


def _write(days: list[tuple[int, Cost]], outcome: Outcome) -> None:
    if not days:
        return
    columns: list[list[Any]] = [
        [ad for ad, _cost in days],
        *(
            [getattr(cost, name) for _ad, cost in days]
            for name in ("day", "spend", "currency", "impressions", "clicks")
        ),
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, columns)
        made = [made for (made,) in cursor.fetchall()]
    outcome.created = sum(made)
    outcome.updated = len(made) - outcome.created
    outcome.unchanged = len(days) - len(made)
