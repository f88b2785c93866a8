"""Finding what belongs to somebody by their name, phone number or e-mail address."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Q, Value

from crm.among_these import AmongThese
from crm.models import Customer

#: So many are looked up first. From their ids the database tells what is least work; of a part of a name it only guesses how
#: many have it. Where more have it, a page of them is soon found in any order, and the guess is good.
FEW = 1000


def of_people_like(words: str, customer: str = "customer") -> Q:
    """Return the condition that `customer` leads to somebody whom the words find, as `Customer.objects.matching` does."""
    found = Customer.objects.matching(words).order_by().values_list("pk", flat=True)
    few = list(found[: FEW + 1])
    if len(few) > FEW:
        return Q(**{f"{customer}__in": found})
    if not few:
        return Q(pk__in=few)  # nothing has to be asked for that
    return Q(AmongThese(F(customer), Value(few, ArrayField(BigIntegerField()))))
