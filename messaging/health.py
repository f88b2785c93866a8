"""What waits between the platforms and the inbox."""

import time
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.models import Severity
from crm.monitoring.findings import Check, Finding, backlog
from messaging.ingest import spool

MOST = 10_000
MANY_FAILED = 100
#: How many wait, counted no further than to a bound, and for how many seconds the oldest does; each by an index of its own.
PENDING = """
    SELECT (SELECT count(*) FROM (
            SELECT FROM messaging_webhookdelivery WHERE status = 'pending' LIMIT %(most)s) AS waiting),
        (SELECT extract(epoch FROM clock_timestamp() - received_at)::float FROM messaging_webhookdelivery
         WHERE status = 'pending' ORDER BY id LIMIT 1)
"""
FAILED = """
    SELECT count(*) FROM (SELECT FROM messaging_webhookdelivery WHERE status = 'failed' LIMIT %(most)s) AS failed
"""
QUEUED = """
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(next_attempt_at))::float FROM (
        SELECT outgoing.next_attempt_at FROM messaging_outgoing AS outgoing
        JOIN crm_channel AS channel ON channel.id = outgoing.channel_id
        WHERE outgoing.finished_at IS NULL AND channel.is_active LIMIT %(most)s) AS queued
"""


def one(query: str) -> tuple[Any, ...]:
    """Return the one row of a question that is bounded by `%(most)s`."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"most": MOST})
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def counted(count: int) -> str:
    """Write a number that was counted no further than to the bound."""
    return _("%(count)d or more") % {"count": count} if count >= MOST else str(count)


def spool_state() -> tuple[int, float]:
    """Return how many files wait on this machine, and for how many seconds the oldest does."""
    files = spool.waiting()
    if not files:
        return 0, 0.0
    return len(files), max(0.0, time.time() - int(files[0].name.partition("-")[0]) / 1e9)


def deliveries() -> Iterable[Finding]:
    """Accepted webhooks are read within moments."""
    count, age = one(PENDING)
    yield backlog(
        "deliveries",
        _("Deliveries waiting"),
        age,
        "delivery_seconds",
        text=_("%(count)s wait, the oldest for %(age)d s.") % {"count": counted(count), "age": age or 0},
        advice=_(
            "See whether the drain deliveries is at work. manage.py drain deliveries --once reads them by hand and says why not."
        ),
        page="admin:messaging_webhookdelivery_changelist",
    )


def failed() -> Iterable[Finding]:
    """No delivery was set aside."""
    [count] = one(FAILED)
    title, page = _("Failed deliveries"), "admin:messaging_webhookdelivery_changelist"
    if not count:
        yield Finding("failed", Severity.OK, title, _("None."), page=page)
        return
    severity = Severity.CRITICAL if count >= MANY_FAILED else Severity.WARNING
    text = ngettext("%(count)s was set aside.", "%(count)s were set aside.", count) % {"count": counted(count)}
    advice = _("Each says why in the list. Once the cause is mended: manage.py replay_deliveries --failed")
    yield Finding("failed", severity, title, text, advice, page)


def queued() -> Iterable[Finding]:
    """Answers of ours leave within moments."""
    count, age = one(QUEUED)
    overdue = None if age is None else max(0, age)
    yield backlog(
        "queued",
        _("Messages to be sent"),
        overdue,
        "queued_seconds",
        text=_("%(count)s wait to be sent, the oldest %(age)d s past its time.")
        % {"count": counted(count), "age": overdue or 0},
        advice=_("See whether the drain outgoing is at work, and whether a channel's token is refused."),
        page="admin:messaging_message_changelist",
    )


def spooled() -> Iterable[Finding]:
    """Nothing stays on this machine's disk that belongs in the database."""
    count, age = spool_state()
    yield backlog(
        "spool",
        _("Spool of this machine"),
        age if count else None,
        "delivery_seconds",
        text=_("%(count)d deliveries are on disk, the oldest for %(age)d s.") % {"count": count, "age": age},
        advice=_(
            "They go to the database by themselves once it is back. The drain spool has to be at work on this machine."
        ),
        none=_("Empty."),
    )


CHECKS = (
    Check("deliveries", gettext_lazy("Deliveries waiting"), deliveries),
    Check("failed", gettext_lazy("Failed deliveries"), failed),
    Check("queued", gettext_lazy("Messages to be sent"), queued),
    Check("spool", gettext_lazy("Spool of this machine"), spooled, needs_database=False),
)
