"""Figures by day: counted from rows by set-based SQL, kept as `DailyMetric`, read by the dashboard.

Each app says in a tuple of `Source`s, named in `settings.METRICS`, how its figures are counted. A day is the business's, from
midnight to midnight on its own clock, so that it may have 23 or 25 hours.
"""

from crm.metrics.reading import Figure, Figures, read_figures
from crm.metrics.rolling import ROLLED_UP_AGAIN, Source, Span, keep_fresh, roll_up, rolled_up_until

#: The part of a figure that is not the sum of its channels: somebody may write on two.
EVERYWHERE = "everywhere"

__all__ = [
    "EVERYWHERE",
    "ROLLED_UP_AGAIN",
    "Figure",
    "Figures",
    "Source",
    "Span",
    "keep_fresh",
    "read_figures",
    "roll_up",
    "rolled_up_until",
]
