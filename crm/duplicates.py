"""Customers who may be one person: by the same phone number, the same e-mail address, or the same name on two platforms."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.merging import MergeRefused
from crm.models import Customer, DuplicateDismissed, User

PHONE, EMAIL, NAME = "phone", "email", "name"
REASONS = {PHONE: _("Same phone number"), EMAIL: _("Same e-mail address"), NAME: _("Same name on two platforms")}
#: More customers than this by one name are namesakes and tell nothing; by one number they are somebody's switchboard.
MOST_ALIKE = 5

# In two steps: the keys that several have come from the index alone.
BY_KEY = """
    WITH several AS (
        SELECT {key} AS key FROM crm_customer WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1
    ), alike AS (
        SELECT array_agg(customer.id) AS ids FROM several JOIN crm_customer AS customer ON customer.{key} = several.key
        WHERE customer.merged_into_id IS NULL GROUP BY several.key HAVING count(*) BETWEEN 2 AND %(most)s
    )
    SELECT first, second FROM alike, unnest(ids) AS first, unnest(ids) AS second WHERE first < second AND {undecided}
    ORDER BY second DESC, first DESC LIMIT %(limit)s
"""
# A name alone is a weak hint: the two must share no platform (there they are two accounts, so two people), and where both
# show a picture it must be the same.
BY_NAME = """
    WITH alike AS (
        SELECT array_agg(id) AS ids FROM crm_customer WHERE name_folded <> '' AND merged_into_id IS NULL
        GROUP BY name_folded HAVING count(*) BETWEEN 2 AND %(most)s
    ), seen AS (
        SELECT customer_id, array_agg(channel.platform) AS platforms,
               array_agg(split_part(profile ->> 'profile_pic', '?', 1)) FILTER (WHERE profile ? 'profile_pic') AS pictures
        FROM crm_identity AS identity JOIN crm_channel AS channel ON channel.id = identity.channel_id
        WHERE customer_id IN (SELECT unnest(ids) FROM alike) GROUP BY customer_id
    )
    SELECT first, second FROM alike, unnest(ids) AS first, unnest(ids) AS second, seen AS one, seen AS other
    WHERE first < second AND one.customer_id = first AND other.customer_id = second AND {undecided}
      AND NOT one.platforms && other.platforms AND COALESCE(one.pictures && other.pictures, true)
    ORDER BY second DESC, first DESC LIMIT %(limit)s
"""
UNDECIDED = """NOT EXISTS (
        SELECT 1 FROM crm_duplicatedismissed AS told WHERE told.first_id = first AND told.second_id = second
    )"""
SEARCHES = {
    PHONE: BY_KEY.format(key="phone_key", undecided=UNDECIDED),
    EMAIL: BY_KEY.format(key="email_key", undecided=UNDECIDED),
    NAME: BY_NAME.format(undecided=UNDECIDED),
}


@dataclass(frozen=True)
class Suggestion:
    """Two customers, the older first, and what they have in common."""

    first_id: int
    second_id: int
    reason: str


def suggestions(limit: int = 20) -> list[Suggestion]:
    """Return the pairs that are most likely one person: by number, by address, by name; each with the newest first."""
    found: dict[tuple[int, int], str] = {}
    for reason, search in SEARCHES.items():
        if len(found) < limit:
            with connection.cursor() as cursor:
                cursor.execute(search, {"limit": limit, "most": MOST_ALIKE})
                found = dict.fromkeys(cursor.fetchall(), reason) | found
    pairs = sorted(found.items(), key=lambda item: list(SEARCHES).index(item[1]))
    return [Suggestion(first, second, reason) for (first, second), reason in pairs[:limit]]


@transaction.atomic
def dismiss(*, customer_ids: Iterable[int], by: User) -> DuplicateDismissed:
    """Remember that two customers are not one.

    Raises:
        MergeRefused: these are not two customers.
    """
    pair = sorted(set(customer_ids))
    if len(pair) != 2 or Customer.objects.filter(pk__in=pair).count() != 2:
        raise MergeRefused(_("Choose two different customers."))
    first, second = pair
    return DuplicateDismissed.objects.get_or_create(first_id=first, second_id=second, defaults={"by": by})[0]


def alike(customer: Customer) -> "list[Customer]":
    """Return up to ten customers with the number, address or name of this one, whom it might be merged with."""
    same = Q(name_folded=customer.name_folded) if customer.name else Q(pk__in=())
    if customer.phone_key:
        same |= Q(phone_key=customer.phone_key)
    if customer.email_key:
        same |= Q(email_key=customer.email_key)
    return list(Customer.objects.current().filter(same).exclude(pk=customer.pk).order_by("-pk")[:10])
