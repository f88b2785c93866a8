"""Reminding owners of customers who wait too long and of follow-ups that are due."""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import business_week
from crm.models import Notification, User
from leads.models import Lead
from leads.notices import key_of, tell_of_follow_up, tell_of_waiting

BATCH = 100
LOOK_EVERY_SECONDS = 30.0
OLDEST = timedelta(days=7)  # who has waited longer is in everybody's list already

# A customer waits since the first message that nobody has answered in any of their conversations.
LATE = """
    SELECT lead.id, lead.owner_id, min(conversation.waiting_since)
    FROM messaging_conversation AS conversation
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    JOIN leads_lead AS lead ON lead.customer_id = identity.customer_id AND lead.closed_at IS NULL
    JOIN crm_user AS owner ON owner.id = lead.owner_id AND owner.is_active
    WHERE conversation.status = 'open' AND conversation.waiting_since BETWEEN %(oldest)s AND %(late)s
        AND (conversation.snoozed_until IS NULL OR conversation.snoozed_until <= now())
    GROUP BY lead.id
    ORDER BY 3, 1
"""


class RemindersDrain:
    """Looks every few seconds. Each wait and each planned follow-up is told once."""

    def __init__(self) -> None:
        self.looked_at = float("-inf")

    def run_batch(self) -> int:
        """Tell owners what is due and return how many were told."""
        if time.monotonic() - self.looked_at < LOOK_EVERY_SECONDS:
            return 0
        told = _tell_of_follow_ups() + _tell_of_waiting()
        if not told:
            self.looked_at = time.monotonic()
        return told


def _tell_of_waiting() -> int:
    now, week = timezone.now(), business_week()
    patience = timedelta(minutes=runtime_settings.value_of("conversations.late_after_minutes"))
    late = week.open_for(patience, until=now, within=OLDEST) if week.is_open(now) else None
    if late is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LATE, {"oldest": now - OLDEST, "late": late})
        found = cursor.fetchall()
    keys = [key_of(lead_id, Notification.Kind.WAITING, since) for lead_id, _owner, since in found]
    owners = User.objects.in_bulk({owner for _lead, owner, _since in found})
    known = set(Notification.objects.filter(user__in=owners, key__in=keys).values_list("user_id", "key"))
    untold = [row for row, key in zip(found, keys, strict=True) if (row[1], key) not in known][:BATCH]
    return sum(tell_of_waiting(lead_id, owners[owner], since) for lead_id, owner, since in untold)


@transaction.atomic
def _tell_of_follow_ups() -> int:
    now = timezone.now()
    due = Lead.objects.follow_up_due(now).filter(reminded_at=None, owner__is_active=True).select_related("owner")
    leads = list(due.select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH])
    for lead in leads:
        if lead.owner is not None:
            tell_of_follow_up(lead, lead.owner)
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(reminded_at=now)
    return len(leads)
