"""Scores anew: as points fade with time, and by the rules as they are now."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from leads.locks import lock_customers
from leads.models import Lead
from leads.reading.reader import Reader
from leads.stages import Ladder
from leads.triage.claimed import LEADS, LeadDraft, lead_from
from leads.triage.journal import Journal
from leads.triage.rating import rate
from messaging.ingest.recordset import recordset

BATCH = 500
FADE_EVERY_SECONDS = 3600.0

NEXT_FADING = """
    SELECT lead.id FROM leads_lead AS lead
    WHERE lead.closed_at IS NULL AND lead.id > %(after)s AND EXISTS (
        SELECT 1 FROM leads_scoreentry AS entry JOIN leads_scoringrule AS rule ON rule.id = entry.rule_id
        WHERE entry.lead_id = lead.id AND entry.superseded_at IS NULL AND rule.half_life_days IS NOT NULL
    )
    ORDER BY lead.id LIMIT %(limit)s
"""
# What customers wrote since their lead began.
MESSAGES = """
    SELECT lead.id, message.id, message.at, message.text_folded, message.source, message.payload,
        EXISTS (SELECT 1 FROM messaging_attachment AS file WHERE file.message_id = message.id)
    FROM leads_lead AS lead
    JOIN crm_identity AS identity ON identity.customer_id = lead.customer_id
    JOIN messaging_conversation AS conversation ON conversation.identity_id = identity.id
    JOIN messaging_message AS message ON message.conversation_id = conversation.id
    WHERE lead.id = ANY(%s) AND message.direction = 'in' AND message.triaged_at IS NOT NULL AND message.at >= lead.opened_at
"""
LIVE = "SELECT id, lead_id, rule_id, message_id, points FROM leads_scoreentry WHERE lead_id = ANY(%s) AND superseded_at IS NULL"
SUPERSEDE = "UPDATE leads_scoreentry SET superseded_at = now() WHERE id = ANY(%s)"
INSERT = """
    INSERT INTO leads_scoreentry (lead_id, rule_id, message_id, points, at)
    SELECT lead_id, rule_id, message_id, points, at
    FROM json_to_recordset(%s) AS new (lead_id bigint, rule_id bigint, message_id bigint, points int, at timestamptz)
"""

Evidence = tuple[int, int, int]  # lead, rule, message


class FadingDrain:
    """Goes over all open leads with fading points once an hour, some at a time."""

    def __init__(self) -> None:
        self.begun_at = float("-inf")
        self.after = 0

    def run_batch(self) -> int:
        """Rate the next leads again and return how many those were."""
        now = time.monotonic()
        if self.after == 0:
            if now - self.begun_at < FADE_EVERY_SECONDS:
                return 0
            self.begun_at = now
        with connection.cursor() as cursor:
            cursor.execute(NEXT_FADING, {"after": self.after, "limit": BATCH})
            numbers = [number for (number,) in cursor.fetchall()]
        self.after = numbers[-1] if numbers else 0
        if numbers:
            rate_again(numbers, "points fade")
        return len(numbers)


@transaction.atomic
def rate_again(lead_ids: list[int], reason: str) -> None:
    """Give open leads the score that their entries have now, with all that follows from it."""
    leads = _locked(lead_ids)
    journal = Journal()
    rate(leads, Ladder.load(), dict.fromkeys((lead.id for lead in leads), reason), journal)
    journal.write({id(lead): lead.id for lead in leads})


def _locked(lead_ids: list[int]) -> list[LeadDraft]:
    customers = list(Lead.objects.filter(pk__in=lead_ids).values_list("customer_id", flat=True))
    lock_customers(customers)
    with connection.cursor() as cursor:
        cursor.execute(LEADS, {"customers": customers})
        return [lead for lead in map(lead_from, cursor.fetchall()) if lead.id in set(lead_ids)]


@dataclass
class Recount:
    """What a recomputation came to: leads looked at, entries added and superseded."""

    leads: int = 0
    added: int = 0
    superseded: int = 0


def recompute(lead_ids: Iterator[int] | list[int]) -> Iterator[Recount]:
    """Score leads by the rules as they are now, some at a time, and yield the sums so far after each part.

    Entries that the rules would no longer make stay as superseded ones.
    """
    reader, done = Reader.load(), Recount()
    numbers = list(lead_ids)
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        with transaction.atomic():
            added, superseded = _recompute(part, reader)
            rate_again(part, "rules changed")
        done.leads += len(part)
        done.added += added
        done.superseded += superseded
        yield done


def _recompute(lead_ids: list[int], reader: Reader) -> tuple[int, int]:
    _locked(lead_ids)
    wanted: dict[Evidence, dict[str, Any]] = {}
    found: dict[Evidence, list[tuple[int, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES, [lead_ids])
        for lead_id, message_id, at, text, source, payload, has_media in cursor.fetchall():
            reading = reader.read(text, source=source, has_media=has_media, payload=payload)
            for rule_id, points in reading.scoring:
                row = {"lead_id": lead_id, "rule_id": rule_id, "message_id": message_id, "points": points, "at": at}
                wanted[lead_id, rule_id, message_id] = row
        cursor.execute(LIVE, [lead_ids])
        for number, lead_id, rule_id, message_id, points in cursor.fetchall():
            found[lead_id, rule_id, message_id].append((number, points))
        gone = [
            number
            for evidence, entries in found.items()
            for number, points in entries
            if evidence not in wanted or wanted[evidence]["points"] != points
        ]
        right = {evidence for evidence, entries in found.items() if not {number for number, _ in entries} & set(gone)}
        new = [row for evidence, row in wanted.items() if evidence not in right]
        cursor.execute(SUPERSEDE, [gone])
        if new:
            cursor.execute(INSERT, [recordset(new)])
    return len(new), len(gone)
