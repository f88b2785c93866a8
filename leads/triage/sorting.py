"""Which lead a message belongs to, and how it touches it."""

from collections import defaultdict

from leads.triage.claimed import Claimed, Inbound, LeadDraft


def sort_into_leads(batch: Claimed) -> list[LeadDraft]:
    """Give every message to a lead, new ones where a customer has none; return the leads that got any.

    A message from before a lead was closed still belongs to that one; the first after it opens a new one. Who is blocked
    opens none.
    """
    candidates: dict[int, list[LeadDraft]] = defaultdict(list)
    for known in batch.leads:
        candidates[known.customer_id].append(known)
    touched: dict[int, LeadDraft] = {}
    for message in batch.messages:
        lead = _lead_for(message, candidates[message.customer_id])
        if lead is None:
            if batch.customers[message.customer_id].blocked:
                continue
            lead = LeadDraft(message.customer_id)
            candidates[message.customer_id].append(lead)
        _touch(lead, message)
        touched[id(lead)] = lead
    return list(touched.values())


def _lead_for(message: Inbound, candidates: list[LeadDraft]) -> LeadDraft | None:
    open_lead = None
    for lead in candidates:
        if lead.closed_at is None:
            open_lead = lead
        elif message.at <= lead.closed_at:
            return lead
    return open_lead


def _touch(lead: LeadDraft, message: Inbound) -> None:
    lead.messages.append(message)
    mark = (message.at, message.id)
    if lead.first is None or mark < lead.first:
        lead.first, lead.first_touch = mark, message
    if lead.last is None or message.rank > lead.last:
        lead.last, lead.last_touch = message.rank, message
    lead.opened_at = min(lead.opened_at or message.at, message.at)
