"""Writing a batch with a few statements, each for all of it."""

from typing import Any

from django.db import connection

from leads.models import ActivityKind, ProductInteraction
from leads.reading.reader import Reading
from leads.triage.claimed import Inbound, KnownCustomer, LeadDraft
from leads.triage.journal import Journal
from messaging.ingest.recordset import recordset

NEXT_IDS = "SELECT nextval('leads_lead_id_seq') FROM generate_series(1, %s)"
INSERT_LEADS = """
    INSERT INTO leads_lead (
        id, created_at, updated_at, customer_id, stage_id, stage_by_person, stage_changed_at, score, priority, owner_id, team_id,
        assigned_at, first_source, last_source, currency, profile, next_step, opened_at, outcome, lost_reason, lost_note
    )
    SELECT new.id, now(), now(), new.customer_id, new.stage_id, false, now(), 0, 2, owner.id, owner.team_id,
        CASE WHEN owner.id IS NOT NULL THEN now() END, '', '', '', '{}', '', new.opened_at, '', '', ''
    FROM json_to_recordset(%s) AS new (id bigint, customer_id bigint, stage_id bigint, opened_at timestamptz)
    JOIN crm_customer AS customer ON customer.id = new.customer_id
    LEFT JOIN crm_user AS owner ON owner.id = customer.owner_id AND owner.is_active
    RETURNING id, owner_id
"""
UPDATE_TOUCHES = """
    UPDATE leads_lead AS lead SET
        opened_at = LEAST(lead.opened_at, new.opened_at),
        first_message_id = COALESCE(new.first_id, lead.first_message_id),
        first_source = CASE WHEN new.first_id IS NULL THEN lead.first_source ELSE new.first_source END,
        first_post_id = CASE WHEN new.first_id IS NULL THEN lead.first_post_id ELSE new.first_post END,
        first_ad_id = CASE WHEN new.first_id IS NULL THEN lead.first_ad_id ELSE new.first_ad END,
        first_touch_at = CASE WHEN new.first_id IS NULL THEN lead.first_touch_at ELSE new.first_at END,
        last_message_id = COALESCE(new.last_id, lead.last_message_id),
        last_source = CASE WHEN new.last_id IS NULL THEN lead.last_source ELSE new.last_source END,
        last_post_id = CASE WHEN new.last_id IS NULL THEN lead.last_post_id ELSE new.last_post END,
        last_ad_id = CASE WHEN new.last_id IS NULL THEN lead.last_ad_id ELSE new.last_ad END,
        last_touch_at = CASE WHEN new.last_id IS NULL THEN lead.last_touch_at ELSE new.last_at END,
        updated_at = now()
    FROM json_to_recordset(%s) AS new (
        id bigint, opened_at timestamptz,
        first_id bigint, first_source text, first_post bigint, first_ad bigint, first_at timestamptz,
        last_id bigint, last_source text, last_post bigint, last_ad bigint, last_at timestamptz
    )
    WHERE lead.id = new.id
"""
INSERT_ENTRIES = """
    INSERT INTO leads_scoreentry (lead_id, rule_id, message_id, points, at)
    SELECT lead_id, rule_id, message_id, points, at
    FROM json_to_recordset(%s) AS new (lead_id bigint, rule_id bigint, message_id bigint, points int, at timestamptz)
    ON CONFLICT (lead_id, rule_id, message_id) WHERE superseded_at IS NULL DO NOTHING
"""
INSERT_INTERACTIONS = """
    INSERT INTO leads_productinteraction (created_at, updated_at, customer_id, lead_id, product_id, kind, message_id, feedback, at)
    SELECT now(), now(), customer_id, lead_id, product_id, kind, message_id, '', at
    FROM json_to_recordset(%s) AS new
        (customer_id bigint, lead_id bigint, product_id bigint, kind text, message_id bigint, at timestamptz)
    ON CONFLICT (product_id, message_id) WHERE message_id IS NOT NULL DO NOTHING
"""
UPDATE_CUSTOMERS = """
    UPDATE crm_customer AS customer SET label = new.label, trade = new.trade, type = new.type, persona = new.persona,
        governorate = new.governorate, city = new.city, read_from = new.read_from, updated_at = now()
    FROM (
        SELECT told.*, stored.id AS locked
        FROM json_to_recordset(%s) AS told (id bigint, label text, trade text, type text, persona text, governorate text, city text,
            read_from jsonb)
        JOIN crm_customer AS stored ON stored.id = told.id ORDER BY told.id FOR NO KEY UPDATE OF stored
    ) AS new WHERE customer.id = new.id
"""
MARK = """
    UPDATE messaging_message AS message SET triaged_at = now(), intent = read.intent, sentiment = read.sentiment,
        confidence = read.confidence, entities = read.entities
    FROM json_to_recordset(%s) AS read (id bigint, intent text, sentiment text, confidence float, entities jsonb)
    WHERE message.id = read.id
"""
FORGET_FAILURES = "DELETE FROM leads_triagefailure WHERE message_id = ANY(%s)"


def make_leads(leads: list[LeadDraft], stage_id: int, stage_slug: str, journal: Journal) -> None:
    """Insert those that are new; they belong to the customer's owner, where there is one."""
    new = [lead for lead in leads if not lead.id]
    if not new:
        return
    with connection.cursor() as cursor:
        cursor.execute(NEXT_IDS, [len(new)])
        for lead, (number,) in zip(new, cursor.fetchall(), strict=True):
            lead.id, lead.stage_id = number, stage_id
        rows = [
            {"id": lead.id, "customer_id": lead.customer_id, "stage_id": stage_id, "opened_at": lead.opened_at}
            for lead in new
        ]
        cursor.execute(INSERT_LEADS, [recordset(rows)])
        owners = dict(cursor.fetchall())
    for lead in new:
        first = lead.first_touch
        journal.add(
            ActivityKind.OPENED, lead.customer_id, id(lead), new=stage_slug, message_id=first.id if first else None
        )
        lead.owner_id = owners[lead.id]
        if lead.owner_id:
            journal.add(
                ActivityKind.ASSIGNMENT, lead.customer_id, id(lead), new=lead.owner_id, reason="owner of the customer"
            )


def write_touches(leads: list[LeadDraft]) -> None:
    """Set the first and last touch of leads where this batch has an earlier or a later one."""
    rows = [
        {
            "id": lead.id,
            "opened_at": lead.opened_at,
            **_touch("first", lead.first_touch),
            **_touch("last", lead.last_touch),
        }
        for lead in leads
        if lead.first_touch or lead.last_touch
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_TOUCHES, [recordset(rows)])


def _touch(name: str, message: Inbound | None) -> dict[str, Any]:
    if message is None:
        return {f"{name}_id": None}
    return {
        f"{name}_id": message.id,
        f"{name}_source": message.source,
        f"{name}_post": message.post_id,
        f"{name}_ad": message.ad_id,
        f"{name}_at": message.at,
    }


def write_evidence(leads: list[LeadDraft], readings: dict[int, Reading]) -> None:
    """Keep the points and the interest in products that each message shows."""
    entries: list[dict[str, Any]] = []
    interactions: list[dict[str, Any]] = []
    for lead in leads:
        for message in lead.messages:
            reading = readings[message.id]
            about = {"lead_id": lead.id, "message_id": message.id, "at": message.at}
            entries += [{**about, "rule_id": rule_id, "points": points} for rule_id, points in reading.scoring]
            kind = interest_of(reading)
            interactions += [
                {**about, "customer_id": lead.customer_id, "product_id": product_id, "kind": kind}
                for product_id in reading.product_ids
            ]
    with connection.cursor() as cursor:
        if entries:
            cursor.execute(INSERT_ENTRIES, [recordset(entries)])
        if interactions:
            cursor.execute(INSERT_INTERACTIONS, [recordset(interactions)])


def interest_of(reading: Reading) -> str:
    """Return how a message that names products speaks of them."""
    if len(reading.product_ids) > 1:
        return ProductInteraction.Kind.COMPARE
    if reading.sentiment == "negative":
        return ProductInteraction.Kind.DISLIKE
    return ProductInteraction.Kind.LIKE if reading.sentiment == "positive" else ProductInteraction.Kind.VIEW


def write_customers(customers: list[KnownCustomer]) -> None:
    """Store what was learned of customers."""
    rows = [{"id": customer.id, **customer.values, "read_from": customer.read_from} for customer in customers]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_CUSTOMERS, [recordset(rows)])


def mark_triaged(messages: list[Inbound], readings: dict[int, Reading]) -> None:
    """Store what was read in messages, and that it was."""
    rows = [
        {
            "id": message.id,
            "intent": readings[message.id].intent,
            "sentiment": readings[message.id].sentiment,
            "confidence": readings[message.id].confidence,
            "entities": readings[message.id].entities or None,
        }
        for message in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [recordset(rows)])
        cursor.execute(FORGET_FAILURES, [[message.id for message in messages]])
