"""What the head of a conversation shows, on its own page and in the inbox alike."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from messaging import snoozing
from messaging.admin.inbox import versions
from messaging.models import Conversation


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
