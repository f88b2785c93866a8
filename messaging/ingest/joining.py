"""Two identities that a payload shows to be one person: a phone number seen alone, a user id seen alone, then both."""

from django.db import connection

from crm.merging import merge_customers
from crm.models import Identity
from messaging.ingest.conversations import RECOUNT

LOCK = "SELECT id, customer_id FROM crm_identity WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
OPEN_CONVERSATION = """
    SELECT id FROM messaging_conversation WHERE identity_id = %s AND status = 'open' FOR NO KEY UPDATE
"""
MOVE_MESSAGES = "UPDATE messaging_message SET conversation_id = %(to)s WHERE conversation_id = %(from)s"
ADD_UP = """
    UPDATE messaging_conversation AS kept SET
        started_at = LEAST(kept.started_at, other.started_at),
        last_activity_at = GREATEST(kept.last_activity_at, other.last_activity_at),
        last_inbound_at = GREATEST(kept.last_inbound_at, other.last_inbound_at),
        answered_at = GREATEST(kept.answered_at, other.answered_at),
        seen_at = GREATEST(kept.seen_at, other.seen_at),
        message_count = kept.message_count + other.message_count
    FROM messaging_conversation AS other WHERE kept.id = %(to)s AND other.id = %(from)s
"""
CLOSE = """
    UPDATE messaging_conversation
    SET status = 'closed', closed_at = now(), message_count = 0, unread_count = 0, waiting_since = NULL
    WHERE id = %s
"""
MOVE_CONVERSATIONS = "UPDATE messaging_conversation SET identity_id = %(to)s WHERE identity_id = %(from)s"
MOVE_KEYS = "UPDATE crm_identitykey SET identity_id = %(to)s WHERE identity_id = %(from)s"
MOVE_CONSENTS = """
    UPDATE crm_consent AS moved SET identity_id = %(to)s, customer_id = %(customer)s
    WHERE identity_id = %(from)s AND NOT EXISTS (
        SELECT 1 FROM crm_consent AS same
        WHERE same.identity_id = %(to)s AND same.scope = moved.scope AND same.at = moved.at AND same.granted = moved.granted
    )
"""
ADD_UP_IDENTITY = """
    UPDATE crm_identity AS kept SET
        first_inbound_at = LEAST(kept.first_inbound_at, other.first_inbound_at),
        last_inbound_at = GREATEST(kept.last_inbound_at, other.last_inbound_at),
        delivered_watermark = GREATEST(kept.delivered_watermark, other.delivered_watermark),
        read_watermark = GREATEST(kept.read_watermark, other.read_watermark),
        opted_out = CASE WHEN COALESCE(other.consent_at, '-infinity') > COALESCE(kept.consent_at, '-infinity')
            THEN other.opted_out ELSE kept.opted_out END,
        consent_at = GREATEST(kept.consent_at, other.consent_at)
    FROM crm_identity AS other WHERE kept.id = %(to)s AND other.id = %(from)s
"""
REMOVE_CONSENTS = "DELETE FROM crm_consent WHERE identity_id = %s"
REMOVE_LOOKUPS = "DELETE FROM messaging_profilelookup WHERE identity_id = %s"
REMOVE = "DELETE FROM crm_identity WHERE id = %s"


def join_identities(identities: list[tuple[int, int]]) -> tuple[int, int]:
    """Make one identity of several, given as (identity id, customer id); return the oldest, which stays.

    Keys, conversations and messages move to it. A customer left without any identity is merged into the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [[identity_id for identity_id, _ in identities]])
        locked: list[tuple[int, int]] = cursor.fetchall()  # a colleague may have merged their customers a moment ago
        kept, *others = locked
        for other in others:
            ids = {"to": kept[0], "from": other[0], "customer": kept[1]}
            _join_conversations(kept[0], other[0])
            for statement in (MOVE_CONVERSATIONS, MOVE_KEYS, MOVE_CONSENTS, ADD_UP_IDENTITY):
                cursor.execute(statement, ids)
            cursor.execute(REMOVE_CONSENTS, [other[0]])  # those that the kept one has too
            cursor.execute(REMOVE_LOOKUPS, [other[0]])
            cursor.execute(REMOVE, [other[0]])
            if other[1] != kept[1]:
                _join_customers(kept[1], other[1])
    return kept


def _join_customers(kept_id: int, other_id: int) -> None:
    """Merge a customer who has no identity left into the other one; with another identity they stay apart."""
    if not Identity.objects.filter(customer=other_id).exists():
        merge_customers(kept_id=kept_id, merged_id=other_id, by=None, reason="one payload names both")


def _join_conversations(kept_identity: int, other_identity: int) -> None:
    """Where both have an open conversation, move the messages of the one into the other; two cannot be open."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CONVERSATION, [kept_identity])
        kept = cursor.fetchone()
        cursor.execute(OPEN_CONVERSATION, [other_identity])
        other = cursor.fetchone()
        if kept and other:
            ids = {"to": kept[0], "from": other[0]}
            cursor.execute(MOVE_MESSAGES, ids)
            cursor.execute(ADD_UP, ids)
            cursor.execute(CLOSE, [other[0]])
            cursor.execute(RECOUNT, [[kept[0]]])
