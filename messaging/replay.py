"""Choosing deliveries and putting them back in the line."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from messaging.models import WebhookDelivery

AT_ONCE = 2_000


@dataclass(frozen=True)
class Choice:
    """Which deliveries to replay: what is given narrows it down. No state: whatever became of them."""

    states: Collection[str] = ()
    ids: Collection[int] = ()
    since: datetime | None = None
    channel: str = ""

    def deliveries(self) -> QuerySet[WebhookDelivery]:
        """Return them; what is waiting anyway is left out."""
        chosen = WebhookDelivery.objects.exclude(status=WebhookDelivery.Status.PENDING)
        if self.states:
            chosen = chosen.filter(status__in=self.states)
        if self.ids:
            chosen = chosen.filter(pk__in=self.ids)
        if self.since:
            chosen = chosen.filter(received_at__gte=self.since)
        if self.channel:
            chosen = chosen.filter(channel__slug=self.channel)
        return chosen

    def counts(self) -> dict[str, int]:
        """Return how many there are by state."""
        return dict(self.deliveries().values_list("status").annotate(Count("pk")).order_by("status"))


def replay(choice: Choice, *, replayed: Callable[[int], None] = lambda count: None) -> int:
    """Put the chosen deliveries back in the line and return their number; `replayed` is told it bit by bit.

    Those that are taken up and fail again meanwhile are not chosen twice.
    """
    last_id = choice.deliveries().order_by("-pk").values_list("pk", flat=True).first() or 0
    total = passed = 0
    while passed < last_id:
        ahead = choice.deliveries().filter(pk__gt=passed, pk__lte=last_id).order_by("pk")
        ids = list(ahead.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            break
        passed = ids[-1]
        count = WebhookDelivery.objects.filter(pk__in=ids).replay()
        total += count
        replayed(count)
    return total
