"""What the head of a conversation and the side of it show, on its own page and in the inbox alike."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils import timezone

from crm.models import Customer
from messaging import snoozing
from messaging.admin.inbox import versions
from messaging.models import Conversation

MAY_TAG, MAY_MAKE_TAGS = "crm.change_customer", "crm.add_tag"


def state_context(request: HttpRequest, shown: Conversation) -> dict[str, Any]:
    """Return what the head's template reads, and the version of that."""
    now = timezone.now()
    return {
        "conversation": shown,
        "customer": shown.identity.customer,
        "state_version": versions.of_state(shown),
        "mine": shown.assignee_id == request.user.pk,
        "snoozed": shown.is_put_off(now),
        "snoozes": [(snoozing.TITLES[name], until) for name, until in snoozing.choices(now).items()],
    }


def with_tags(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Read along the tags of each conversation's customer, as number and name, in the same query."""
    tagged = Customer.tags.through.objects.filter(customer=OuterRef("identity__customer")).order_by("tag__name")
    return conversations.annotate(
        customer_tags=ArraySubquery(tagged.values(row=JSONObject(pk="tag", name="tag__name")))
    )


def tags_context(request: HttpRequest, tags: Any) -> dict[str, Any]:
    """Return what the tags' template reads beside the conversation."""
    return {
        "customer_tags": tags,
        "may_tag": request.user.has_perm(MAY_TAG),
        "may_make_tags": request.user.has_perm(MAY_MAKE_TAGS),
    }
