"""Counting the figures of days again: one day over 500,000 messages, a year, and a day that all 500,000 fell on."""

import time
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.pages import measure

CUSTOMERS, MESSAGES = 10_000, 500_000
YEAR = 365


def run() -> dict[str, float]:
    """Return seconds."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from crm.models import User
    from messaging.models import Message

    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    today = timezone.localdate()
    busiest = Message.objects.order_by("-at").values_list("at", flat=True)[MESSAGES // 3]
    day = timezone.localtime(busiest).date()
    figures = {
        "a day": _seconds(lambda: count(day, day)),
        "a year": _seconds(lambda: count(today - timedelta(days=YEAR - 1), today)),
    }
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench@shop.example", "x"))
    dashboard = reverse("admin:dashboard")
    figures |= measure(client, "dashboard", [dashboard, f"{dashboard}?period=90"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_message SET at = %s::date + (id %% 80000) * interval '1 second'", [day])
        # Without the rows of before, as in a table that grew like this.
        cursor.execute("VACUUM (FULL, ANALYZE) messaging_message")
    figures["a day with 500,000 messages"] = _seconds(lambda: count(day, day))
    return figures


def count(first: date, last: date) -> None:
    from crm.metrics import roll_up

    for _days in roll_up(first, last):
        pass


def _seconds(do: Callable[[], None]) -> float:
    """Return the median of three times."""
    times = []
    for _round in range(3):
        started = time.perf_counter()
        do()
        times.append(time.perf_counter() - started)
    return sorted(times)[1]
