"""What customers think of what we sell."""

from django.db import transaction
from django.utils import timezone

from leads.locks import lock_customers
from leads.models import Lead, Product, ProductInteraction


@transaction.atomic
def note_interest(*, lead: Lead, product: Product, kind: str, feedback: str = "") -> ProductInteraction:
    """Keep what a colleague heard a customer say of a product. Raises `ValueError` for a kind that there is none of."""
    lock_customers([lead.customer_id])
    lead.refresh_from_db(fields=["customer"])  # who may have been merged into another a moment ago
    return ProductInteraction.objects.create(
        customer_id=lead.customer_id,
        lead=lead,
        product=product,
        kind=ProductInteraction.Kind(kind),
        feedback=feedback.replace("\x00", "").strip(),
        at=timezone.now(),
    )
