"""What customers think of what we sell."""

from django.db import transaction
from django.utils import timezone

from leads.models import Lead, Product, ProductInteraction


@transaction.atomic
def note_interest(*, lead: Lead, product: Product, kind: str, feedback: str = "") -> ProductInteraction:
    """Keep what a colleague heard a customer say of a product. Raises `ValueError` for a kind that there is none of."""
    return ProductInteraction.objects.create(
        customer_id=lead.customer_id,
        lead=lead,
        product=product,
        kind=ProductInteraction.Kind(kind),
        feedback=feedback.replace("\x00", "").strip(),
        at=timezone.now(),
    )
