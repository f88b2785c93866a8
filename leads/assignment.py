"""Giving leads that are nobody's to sellers, oldest first."""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import business_week
from crm.models import User
from crm.roles import SELLER
from leads.activities import Cause
from leads.models import Lead
from leads.runtime_settings import Assignment
from leads.services.owners import assign_lead

BATCH = 50
SETTLED_AFTER = timedelta(seconds=1)  # what triage has just opened may get its owner from elsewhere in the same moment
ONE_AT_A_TIME = 4202  # an advisory lock: two that hand out at once would both give to the same seller

SELLERS = """
    SELECT seller.id FROM crm_user AS seller
    WHERE seller.id = ANY(%(sellers)s) AND (%(team)s::bigint IS NULL OR seller.team_id = %(team)s)
    ORDER BY {order} seller.id LIMIT 1
"""
LAST_TURN = "(SELECT max(lead.assigned_at) FROM leads_lead AS lead WHERE lead.owner_id = seller.id) NULLS FIRST,"
LOAD = "(SELECT count(*) FROM leads_lead AS lead WHERE lead.owner_id = seller.id AND lead.closed_at IS NULL),"
NEXT_SELLER = {
    Assignment.ROUND_ROBIN: SELLERS.format(order=LAST_TURN),
    Assignment.LEAST_LOADED: SELLERS.format(order=LOAD + LAST_TURN),
}


def available_sellers() -> list[User]:
    """Return the sellers who take new leads now; none outside business hours."""
    if not business_week().is_open(timezone.now()):
        return []
    return list(User.objects.filter(is_active=True, is_available=True, groups__name=SELLER))


class AssignmentDrain:
    """Hands out open leads without an owner, those first that have waited longest; a team's leads go to that team."""

    def run_batch(self) -> int:
        """Assign up to a batch of leads and return how many got an owner."""
        rule = NEXT_SELLER.get(runtime_settings.value_of("leads.assignment"))
        if rule is None or not _waiting().exists():
            return 0
        sellers = available_sellers()
        # Leads of a team that is away must not stand before all others.
        teams = {seller.team_id for seller in sellers if seller.team_id}
        waiting = _waiting().filter(Q(team=None) | Q(team__in=teams)) if sellers else Lead.objects.none()
        return sum(_assign(lead, sellers, rule) for lead in waiting[:BATCH])


def _waiting() -> QuerySet[Lead]:
    settled = timezone.now() - SETTLED_AFTER
    free = Lead.objects.open().unassigned().filter(created_at__lt=settled, customer__blocked=False)
    return free.order_by("opened_at", "pk")


@transaction.atomic
def _assign(lead: Lead, sellers: list[User], rule: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute(rule, {"sellers": [seller.pk for seller in sellers], "team": lead.team_id})
        found = cursor.fetchone()
    owner = next((seller for seller in sellers if found and seller.pk == found[0]), None)
    if owner is None:
        return 0
    given = assign_lead(lead_id=lead.pk, owner=owner, cause=Cause.rule("assignment"), take_over=False)
    return int(given.owner_id == owner.pk)
