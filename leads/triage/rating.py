"""New scores, and what follows from them: stages reached, leads qualified."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from crm import runtime_settings
from leads.models import ActivityKind
from leads.scores import scores_of
from leads.stages import Ladder
from leads.triage.claimed import LeadDraft
from leads.triage.journal import Journal
from messaging.ingest.recordset import recordset

UPDATE = """
    UPDATE leads_lead AS lead SET score = new.score, stage_id = new.stage_id, updated_at = now(),
        stage_changed_at = CASE WHEN lead.stage_id <> new.stage_id THEN now() ELSE lead.stage_changed_at END
    FROM json_to_recordset(%s) AS new (id bigint, score int, stage_id bigint) WHERE lead.id = new.id
"""
# "owner" as it is now: a lead is handed on together with its qualification.
QUALIFY = """
    INSERT INTO leads_qualification
        (created_at, updated_at, lead_id, score, priority, profile, summary, qualified_at, owner_id, team_id)
    SELECT now(), now(), lead.id, lead.score, CASE WHEN lead.score >= 75 THEN 3 ELSE 2 END,
        jsonb_strip_nulls(jsonb_build_object(
            'label', NULLIF(customer.label, ''), 'trade', NULLIF(customer.trade, ''), 'type', customer.type,
            'persona', NULLIF(customer.persona, ''), 'governorate', NULLIF(customer.governorate, ''),
            'city', NULLIF(customer.city, ''), 'language', NULLIF(customer.language, '')
        )),
        '', now(), lead.owner_id, lead.team_id
    FROM leads_lead AS lead JOIN crm_customer AS customer ON customer.id = lead.customer_id
    WHERE lead.id = ANY(%s)
    ON CONFLICT (lead_id) DO NOTHING
    RETURNING id, lead_id
"""
PRODUCTS = """
    INSERT INTO leads_qualification_products (qualification_id, product_id)
    SELECT DISTINCT qualification.id, interest.product_id
    FROM leads_qualification AS qualification JOIN leads_productinteraction AS interest ON interest.lead_id = qualification.lead_id
    WHERE qualification.id = ANY(%s) AND interest.kind <> 'dislike'
    ON CONFLICT DO NOTHING
"""
# What they wanted, by how often, and their last words.
SUMMARIES = """
    UPDATE leads_qualification AS qualification SET summary = concat_ws(E'\\n', wants.text, words.text)
    FROM leads_lead AS lead,
    LATERAL (
        SELECT string_agg(intent || CASE WHEN times > 1 THEN ' ×' || times ELSE '' END, ', ' ORDER BY times DESC, intent) AS text
        FROM (
            SELECT message.intent, count(*) AS times
            FROM leads_scoreentry AS entry JOIN messaging_message AS message ON message.id = entry.message_id
            WHERE entry.lead_id = lead.id AND message.intent <> '' AND entry.superseded_at IS NULL GROUP BY message.intent
        ) AS intents
    ) AS wants,
    LATERAL (
        SELECT string_agg(left(text, 200), E'\\n' ORDER BY at, id) AS text FROM (
            SELECT message.id, message.at, message.text
            FROM crm_identity AS identity JOIN messaging_conversation AS conversation ON conversation.identity_id = identity.id
            CROSS JOIN LATERAL (
                SELECT id, at, text FROM messaging_message WHERE conversation_id = conversation.id AND direction = 'in' AND text <> ''
                ORDER BY at DESC, id DESC LIMIT 3
            ) AS message
            WHERE identity.customer_id = lead.customer_id ORDER BY message.at DESC, message.id DESC LIMIT 3
        ) AS newest
    ) AS words
    WHERE qualification.id = ANY(%s) AND lead.id = qualification.lead_id
"""


def rate(leads: Iterable[LeadDraft], ladder: Ladder, reasons: dict[int, str], journal: Journal) -> None:
    """Give open leads the score of their entries, move them to stages that they reach, and qualify them.

    `reasons` names the rules by lead. A stage that a colleague chose stays.
    """
    leads = [lead for lead in leads if lead.closed_at is None]
    scores = scores_of(lead.id for lead in leads)
    threshold = runtime_settings.value_of("leads.qualified_from")
    changed: list[dict[str, Any]] = []
    for lead in leads:
        score = scores.get(lead.id, 0)
        if score == lead.score:
            continue
        newest = max(lead.messages, key=lambda message: message.id).id if lead.messages else None
        journal.add(
            ActivityKind.SCORE_UPDATE, lead.customer_id, id(lead), old=lead.score, new=score,
            reason=reasons.get(lead.id, ""), message_id=newest,
        )  # fmt: skip
        lead.score = score
        reached = None if lead.stage_by_person else ladder.reached(lead.stage_id, score)
        if reached is not None:
            journal.add(
                ActivityKind.STAGE_CHANGE, lead.customer_id, id(lead), old=ladder.slug_of(lead.stage_id), new=reached.slug,
                reason=f"score {score}", message_id=newest,
            )  # fmt: skip
            lead.stage_id = reached.pk
        changed.append({"id": lead.id, "score": score, "stage_id": lead.stage_id})
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [recordset(changed)])
    _qualify([lead for lead in leads if lead.score >= threshold], journal)


def _qualify(leads: list[LeadDraft], journal: Journal) -> None:
    by_number = {lead.id: lead for lead in leads}
    if not by_number:
        return
    with connection.cursor() as cursor:
        cursor.execute(QUALIFY, [sorted(by_number)])
        made: list[tuple[int, int]] = cursor.fetchall()
        if not made:
            return
        numbers = [number for number, _ in made]
        cursor.execute(PRODUCTS, [numbers])
        cursor.execute(SUMMARIES, [numbers])
    for _, lead_id in made:
        lead = by_number[lead_id]
        journal.add(ActivityKind.QUALIFIED, lead.customer_id, id(lead), new=lead.score)
