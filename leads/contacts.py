"""When a colleague first wrote to a qualified lead."""

import time

from django.db import connection

LOOK_EVERY_SECONDS = 10.0

# `answered_at` is our newest message in a conversation, so that those without an answer cost no look at messages.
NOTE = """
    UPDATE leads_qualification AS qualification SET contacted_at = found.at, updated_at = now()
    FROM (
        SELECT waiting.id, min(message.at) AS at
        FROM leads_qualification AS waiting
        JOIN leads_lead AS lead ON lead.id = waiting.lead_id
        JOIN crm_identity AS identity ON identity.customer_id = lead.customer_id
        JOIN messaging_conversation AS conversation
            ON conversation.identity_id = identity.id AND conversation.answered_at >= waiting.qualified_at
        JOIN messaging_message AS message ON message.conversation_id = conversation.id AND message.at >= waiting.qualified_at
        WHERE waiting.contacted_at IS NULL AND message.direction = 'out' AND NOT message.automated
        GROUP BY waiting.id
    ) AS found
    WHERE qualification.id = found.id AND qualification.contacted_at IS NULL
"""


class ContactDrain:
    """Notes on qualified leads when a colleague first wrote to them, wherever that message was written."""

    def __init__(self) -> None:
        self.looked_at = float("-inf")

    def run_batch(self) -> int:
        """Note all first answers since the last look and return how many those were."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY_SECONDS:
            return 0
        self.looked_at = now
        with connection.cursor() as cursor:
            cursor.execute(NOTE)
            noted: int = cursor.rowcount
        return noted
