"""What there is to tell of one customer in figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from crm.models import Customer
from crm.visibility import visible
from leads.models import Lead, Outcome, Product, ProductInteraction
from leads.reports.attribution import WON
from leads.reports.money import Money
from messaging.models import Message

FAVOURITES = 3
Kind = ProductInteraction.Kind


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """`between_purchases` is the average time from one sale to the next; None: there were fewer than two."""

    received: int
    sent: int
    first_contact: datetime | None
    leads: int
    won: int
    value: Money
    between_purchases: timedelta | None
    favourites: list[Product]


def customer_figures(*, user: Any, customer: Customer) -> CustomerFigures:
    """Add up what a colleague may see of a customer, by three queries."""
    talk = visible(user, Message).filter(conversation__identity__customer=customer)
    inbound = Q(direction=Message.Direction.IN)
    said = talk.aggregate(received=Count("pk", filter=inbound), sent=Count("pk", filter=~inbound), first=Min("at"))
    value, leads, won = Money(), 0, 0
    sold: list[datetime] = []
    rows = (
        visible(user, Lead).exclude(outcome=Outcome.MERGED).filter(customer=customer).order_by().values_list("currency")
    )
    for currency, count, sales, worth, first, last in rows.annotate(
        count=Count("pk"),
        sales=Count("pk", filter=WON),
        worth=Sum("value", filter=WON),
        first=Min("closed_at", filter=WON),
        last=Max("closed_at", filter=WON),
    ):
        leads, won = leads + count, won + sales
        value.add(worth, currency)
        sold += [at for at in (first, last) if at]
    return CustomerFigures(
        received=said["received"],
        sent=said["sent"],
        first_contact=said["first"],
        leads=leads,
        won=won,
        value=value,
        between_purchases=(max(sold) - min(sold)) / (won - 1) if won > 1 else None,
        favourites=favourite_products(customer),
    )


def favourite_products(customer: Customer) -> list[Product]:
    """Return what the customer likes or asked for most, what they like first; not what they dislike."""
    theirs = Q(interactions__customer=customer)
    found = Product.objects.filter(theirs).annotate(
        likes=Count("interactions", filter=Q(interactions__kind=Kind.LIKE)),
        dislikes=Count("interactions", filter=Q(interactions__kind=Kind.DISLIKE)),
        asked=Count("interactions"),
    )
    return list(found.filter(dislikes=0).order_by("-likes", "-asked", "name", "pk")[:FAVOURITES])
