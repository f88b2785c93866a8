"""What the lists of posts and ads show of the messages they brought."""

from typing import Any, Literal

from django.db.models import IntegerField, OuterRef, Subquery

from crm.visibility import visible
from messaging.models import Message

COUNTED_UP_TO = 1000


class _Count(Subquery):
    """How many rows there are, of those that a queryset was cut off at."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def messages_brought(user: Any, *, by: Literal["post", "ad"]) -> Subquery:
    """Return, for a queryset of posts or ads, how many of the messages that a user sees each of them brought.

    That is one more than `COUNTED_UP_TO` at most.
    """
    brought = visible(user, Message).filter(**{by: OuterRef("pk")}).order_by()
    return _Count(brought.values("pk")[: COUNTED_UP_TO + 1])
