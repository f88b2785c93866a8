"""What a batch of triage works on: messages, their customers, and the leads that those have."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from leads.locks import lock_customers

CLAIM = """
    SELECT message.id, identity.customer_id
    FROM messaging_message AS message
    JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    WHERE message.direction = 'in' AND message.triaged_at IS NULL AND message.id > %(after)s
      AND (%(only)s::bigint IS NULL OR message.id = %(only)s)
      AND NOT EXISTS (
        SELECT 1 FROM leads_triagefailure AS failure
        WHERE failure.message_id = message.id AND (failure.next_attempt_at IS NULL OR failure.next_attempt_at > now())
      )
    ORDER BY message.id LIMIT %(limit)s FOR NO KEY UPDATE OF message SKIP LOCKED
"""
MESSAGES = """
    SELECT message.id, identity.customer_id, message.at, message.text_folded, message.source, message.post_id, message.ad_id,
        message.payload, EXISTS (SELECT 1 FROM messaging_attachment AS file WHERE file.message_id = message.id)
    FROM messaging_message AS message
    JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    WHERE message.id = ANY(%s) ORDER BY message.at, message.id
"""
# The open lead of each customer and the one that was closed last.
LEADS = """
    SELECT lead.id, lead.customer_id, lead.stage_id, lead.stage_by_person, lead.score, lead.owner_id, lead.opened_at, lead.closed_at,
        lead.first_touch_at, lead.first_message_id, lead.last_touch_at, lead.last_message_id, lead.last_source, lead.last_post_id,
        lead.last_ad_id
    FROM leads_lead AS lead
    WHERE lead.customer_id = ANY(%(customers)s) AND lead.merged_into_id IS NULL AND (lead.closed_at IS NULL OR lead.id = (
        SELECT closed.id FROM leads_lead AS closed
        WHERE closed.customer_id = lead.customer_id AND closed.closed_at IS NOT NULL AND closed.merged_into_id IS NULL
        ORDER BY closed.closed_at DESC, closed.id DESC LIMIT 1
    ))
    ORDER BY lead.id FOR NO KEY UPDATE
"""
CUSTOMERS = """
    SELECT id, label, trade, type, persona, governorate, city, read_from, blocked FROM crm_customer WHERE id = ANY(%s)
"""


@dataclass(slots=True)
class Inbound:
    """An inbound message as far as triage looks at it."""

    id: int
    customer_id: int
    at: datetime
    text: str
    source: str
    post_id: int | None
    ad_id: int | None
    payload: str
    has_media: bool

    @property
    def rank(self) -> tuple[bool, datetime, int]:
        """Return what the greatest of makes the last touch."""
        return (self.source != "direct", self.at, self.id)


@dataclass(slots=True)
class KnownCustomer:
    """What rules may change of a customer."""

    id: int
    values: dict[str, str]
    read_from: dict[str, Any]
    blocked: bool
    changed: bool = False


@dataclass(slots=True)
class LeadDraft:
    """A lead as it is and is to be; `id` 0: to be made."""

    customer_id: int
    id: int = 0
    stage_id: int = 0
    stage_by_person: bool = False
    score: int = 0
    owner_id: int | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    first: tuple[datetime, int] | None = None
    last: tuple[bool, datetime, int] | None = None
    first_touch: Inbound | None = None
    last_touch: Inbound | None = None
    messages: list[Inbound] = field(default_factory=list)


@dataclass(slots=True)
class Claimed:
    """One batch, locked."""

    messages: list[Inbound]
    customers: dict[int, KnownCustomer]
    leads: list[LeadDraft]


def claim(*, after: int, limit: int, only: int | None = None) -> Claimed:
    """Lock up to `limit` untriaged messages with an id above `after`, and the leads of who wrote them.

    A message whose customer was merged into another between the two locks is left for the next batch.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"after": after, "limit": limit, "only": only})
        owners = dict(cursor.fetchall())
        if not owners:
            return Claimed([], {}, [])
        locked = set(owners.values())
        lock_customers(locked)
        cursor.execute(MESSAGES, [list(owners)])
        messages = [message for message in map(_message, cursor.fetchall()) if message.customer_id in locked]
        customers = sorted({message.customer_id for message in messages})
        cursor.execute(LEADS, {"customers": customers})
        leads = [lead_from(row) for row in cursor.fetchall()]
        cursor.execute(CUSTOMERS, [customers])
        known = {row[0]: _customer(row) for row in cursor.fetchall()}
    return Claimed(messages, known, leads)


def _message(row: tuple[Any, ...]) -> Inbound:
    return Inbound(*row)


def _customer(row: tuple[Any, ...]) -> KnownCustomer:
    number, label, trade, kind, persona, governorate, city, read_from, blocked = row
    values = {
        "label": label,
        "trade": trade,
        "type": kind,
        "persona": persona,
        "governorate": governorate,
        "city": city,
    }
    return KnownCustomer(number, values, orjson.loads(read_from), blocked)


def lead_from(row: tuple[Any, ...]) -> LeadDraft:
    """Read a row of `LEADS`."""
    number, customer_id, stage_id, by_person, score, owner_id, opened_at, closed_at = row[:8]
    first_at, first_id, last_at, last_id, last_source, last_post, last_ad = row[8:]
    has_origin = bool(last_post or last_ad or last_source not in ("", "direct"))
    return LeadDraft(
        customer_id, number, stage_id, by_person, score, owner_id, opened_at, closed_at,
        first=(first_at, first_id) if first_id else None,
        last=(has_origin, last_at, last_id) if last_id else None,
    )  # fmt: skip
