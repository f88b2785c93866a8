"""`manage.py export messages` of 100,000 and of 1,000,000 messages: rows a second, and what the process takes in memory."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

FEW, MANY = 100_000, 1_000_000
CUSTOMERS = 10_000
MEGABYTE = 1 << 20
LOOK_SECONDS = 0.05

PEOPLE = """
    INSERT INTO crm_customer (created_at, updated_at, uid, name, phone, email, governorate, city, label, trade, type, persona,
        language, is_active, blocked)
    SELECT now(), now(), gen_random_uuid(), 'Customer ' || n, '', '', '', '', '', '', 'new', '', '', true, false
    FROM generate_series(1, %(customers)s) AS n
"""
IDENTITIES = """
    INSERT INTO crm_identity (created_at, updated_at, customer_id, channel_id, username, name, profile, opted_out, is_placeholder)
    SELECT now(), now(), id, %(channel)s, '', '', '{}', false, false FROM crm_customer
"""
CONVERSATIONS = """
    INSERT INTO messaging_conversation (created_at, updated_at, identity_id, channel_id, status, started_at, last_activity_at,
        message_count, unread_count, session_state, session_turn, session_profile, key_entities, current_recommendations)
    SELECT now(), now(), id, channel_id, 'open', now(), now(), 0, 0, '', 0, '{}', '{}', '[]' FROM crm_identity
"""
MESSAGES = """
    INSERT INTO messaging_message (channel_id, conversation_id, direction, type, text, status, external_id, received_at, at, source,
        comment_id, payload, reply_to, automated, standby, hidden, error, intent, sentiment)
    SELECT channel_id, id, CASE n % 2 WHEN 0 THEN 'in' ELSE 'out' END, 'text', 'Is number ' || n || ' still there, and for how much?',
        CASE n % 2 WHEN 0 THEN 0 ELSE 7 END, 'm' || n, now(), now() - n * interval '1 second', 'direct', '', '', '', false, false,
        false, '', '', ''
    FROM generate_series(%(first)s, %(last)s) AS n JOIN messaging_conversation ON id = %(lowest)s + n % %(customers)s
"""


def run() -> dict[str, float]:
    """Return for each format and size rows a second, by the clock and by processor time, and MB; and how the MB compare."""
    from django.conf import settings
    from django.db import connection

    from crm.models import Channel

    channel = Channel.objects.create(platform="messenger", slug="bench", name="Bench", external_id="999")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX message_text_trigrams")  # nothing is searched here, and it takes minutes to fill
        for statement in (PEOPLE, IDENTITIES, CONVERSATIONS):
            cursor.execute(statement, {"customers": CUSTOMERS, "channel": channel.pk})
    output = Path(settings.VAR_DIR) / "messages"
    figures: dict[str, float] = {}
    peaks: dict[str, float] = {}
    for first, last in ((1, FEW), (FEW + 1, MANY)):
        _add_messages(first, last)
        for ending in ("csv", "json"):
            seconds, busy, peak = _export(output, ending)
            figures |= {
                f"{ending} of {last:,}, rows a second": last / seconds,
                f"{ending} of {last:,}, rows a processor second": last / busy,
                f"{ending} of {last:,}, MB": peak / MEGABYTE,
            }
            if last == MANY:
                figures[f"{ending}, memory of {MANY:,} / {FEW:,}"] = peak / peaks[ending]
            peaks[ending] = peak
    return figures


def _add_messages(first: int, last: int) -> None:
    from django.db import connection

    from messaging.models import Conversation

    lowest = Conversation.objects.order_by("pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        statement = MESSAGES.replace("n % ", "n %% ")
        cursor.execute(statement, {"first": first, "last": last, "lowest": lowest, "customers": CUSTOMERS})
        cursor.execute("VACUUM ANALYZE messaging_message")


def _export(output: Path, ending: str) -> tuple[float, float, int]:
    """Export all messages in a process of its own; return its seconds, those of a processor, and the most bytes it had."""
    words = [sys.executable, "manage.py", "export", "messages", "--format", ending, "--output", str(output), "--force"]
    started = time.perf_counter()
    peak, before = 0, os.times()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as child:  # noqa: S603 - our own
        while child.poll() is None:
            peak = max(peak, _peak(child.pid))
            time.sleep(LOOK_SECONDS)
    if child.returncode:
        raise RuntimeError(f"the export ended with {child.returncode}")
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, busy, peak


def _peak(process: int) -> int:
    """Return the most bytes that a process had in memory so far; 0: it has just ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024 if found else 0
