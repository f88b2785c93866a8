"""What the head of a conversation and the side of it show, on its own page and in the inbox alike."""

from typing import Any

from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils import timezone

from messaging import snoozing
from messaging.admin.inbox import versions
from messaging.models import Conversation

MAY_TAG, MAY_MAKE_TAGS = "crm.change_customer", "crm.add_tag"
#: Of a row `crm_identity`.
TAGS = """(
    SELECT coalesce(jsonb_agg(jsonb_build_object('pk', tag.id, 'name', tag.name) ORDER BY tag.name), '[]')
    FROM crm_customer_tags AS tagged JOIN crm_tag AS tag ON tag.id = tagged.tag_id
    WHERE tagged.customer_id = crm_identity.customer_id
)"""


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
    """Read along the tags of each conversation's customer, as number and name; the identity has to be read along as well."""
    return conversations.annotate(customer_tags=RawSQL(TAGS, (), JSONField()))  # noqa: S611 - our own constant


def tags_context(request: HttpRequest, tags: Any) -> dict[str, Any]:
    """Return what the tags' template reads beside the conversation."""
    return {
        "customer_tags": tags,
        "may_tag": request.user.has_perm(MAY_TAG),
        "may_make_tags": request.user.has_perm(MAY_MAKE_TAGS),
    }
