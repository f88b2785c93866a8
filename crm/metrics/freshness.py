"""Keeping the figures of today fresh, and of yesterday where the night's count did not come."""

import time

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import runtime_settings
from crm.metrics.rolling import count_last_days, rolled_up_until
from crm.runtime_settings import Declared, declare

LOOK_SECONDS = 15.0
MINUTES = "figures.fresh_minutes"


class FiguresDrain:
    """Counts today and yesterday again every few minutes, in whichever process is first to see that it is time."""

    def __init__(self) -> None:
        self.look_at = float("-inf")

    def run_batch(self) -> int:
        now = time.monotonic()
        if now < self.look_at:
            return 0
        self.look_at = now + LOOK_SECONDS
        counted = rolled_up_until()
        if counted and (timezone.now() - counted).total_seconds() < 60 * runtime_settings.value_of(MINUTES):
            return 0
        count_last_days(2 if counted else None)
        return 0


declare(
    Declared(
        key=MINUTES,
        kind="whole number",
        default=5,
        minimum=1,
        maximum=1440,
        title=_("Minutes between two counts of today's figures"),
        help=_("What the dashboard shows is at most so old. The last weeks are counted again every night."),
        category=_("Figures"),
    )
)
