"""Whose conversations are asked for, as SQL about a row `conversation`, for the statements that every inbox runs again and again.

Each takes `me`, the number of who asks, and `team`, that of their team or NULL; those about a state, `now`.
"""

from messaging.admin.inbox.asked import ALL, CLOSED, MINE, OPEN, SNOOZED, UNASSIGNED

#: Stands before a statement, as its first WITH.
COLLEAGUES = "colleagues AS (SELECT id FROM crm_user WHERE id = %(me)s OR team_id = %(team)s)"
#: As `messaging.visibility` has it. The customer's owner is only looked up of what was given to nobody.
SEEN = """(conversation.assignee_id = ANY(ARRAY(SELECT id FROM colleagues)) OR conversation.team_id = %(team)s
    OR (conversation.assignee_id IS NULL AND conversation.team_id IS NULL AND coalesce((
        SELECT customer.owner_id FROM crm_identity AS identity JOIN crm_customer AS customer ON customer.id = identity.customer_id
        WHERE identity.id = conversation.identity_id
    ), %(me)s) = ANY(ARRAY(SELECT id FROM colleagues))))"""
#: As `Asked.of_tab` has it.
OF_TAB = {MINE: "conversation.assignee_id = %(me)s", UNASSIGNED: "conversation.assignee_id IS NULL", ALL: "true"}
_PUT_OFF = """coalesce(conversation.snoozed_until > %(now)s
    AND NOT coalesce(conversation.last_inbound_at > conversation.snoozed_at, false)
    AND NOT coalesce(conversation.waiting_since > conversation.snoozed_at, false), false)"""
#: As `Asked.of_state` has it.
OF_STATE = {
    OPEN: f"conversation.status = 'open' AND NOT {_PUT_OFF}",
    SNOOZED: f"conversation.status = 'open' AND {_PUT_OFF}",
    CLOSED: "conversation.status = 'closed'",
}
UNREAD = "conversation.status = 'open' AND conversation.unread_count > 0 AND conversation.waiting_since IS NOT NULL"
