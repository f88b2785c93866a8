"""What the pages of customers show of their leads."""

from django.db.models import Count
from django.utils.translation import gettext as _

from leads.models import Lead


def count_leads(customer_ids: list[int]) -> tuple[str, dict[int, int]]:
    """Return a title, and how many leads each customer had and has."""
    counted = Lead.objects.not_merged().filter(customer__in=customer_ids).values_list("customer")
    return _("Leads"), dict(counted.annotate(Count("pk")))
