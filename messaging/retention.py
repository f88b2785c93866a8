"""What becomes of old deliveries and of conversations in which nothing happens any more.

Nothing depends on a delivery once it was read: messages name its number, to be looked up as long as it is there.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.retention import Rule, delete_batch
from crm.retention.days import days_setting
from crm.runtime_settings import declare
from messaging.models import Conversation, Handoff, Outgoing
from messaging.services import close_conversation

declare(
    days_setting(
        "retention.deliveries_days",
        default=30,
        title=_("Webhook deliveries are removed after (days)"),
        help=_(
            "As they came from the platforms, once they were read. Those that failed stay twice as long, those that wait always. "
            "0: never."
        ),
    ),
    days_setting(
        "retention.idle_conversations_days",
        default=30,
        title=_("Conversations are closed after (days without a message)"),
        help=_("Never where somebody waits for an answer or for a colleague, or it is snoozed. 0: never."),
    ),
)


def close_idle(before: datetime, after: int, limit: int) -> list[int]:
    """Close conversations without activity since `before` in which nobody waits and nothing is on its way; return their ids."""
    handed_over = Handoff.objects.open().filter(conversation=OuterRef("pk"))
    on_its_way = Outgoing.objects.filter(conversation=OuterRef("pk"), finished_at=None)
    idle = (
        Conversation.objects.awake(timezone.now())
        .filter(pk__gt=after, last_activity_at__lt=before, waiting_since=None)
        .exclude(Exists(handed_over))
        .exclude(Exists(on_its_way))
        .order_by("pk")
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
    )
    numbers = list(idle.values_list("pk", flat=True)[:limit])
    for number in numbers:
        close_conversation(conversation_id=number)
    return numbers


RULES = (
    Rule(
        "deliveries",
        "retention.deliveries_days",
        delete_batch("messaging_webhookdelivery", "received_at < %(before)s AND status IN ('processed', 'ignored')"),
    ),
    Rule(
        "failed deliveries",
        "retention.deliveries_days",
        delete_batch("messaging_webhookdelivery", "received_at < %(before)s AND status = 'failed'"),
        times=2,
    ),
    Rule("closed conversations", "retention.idle_conversations_days", close_idle, batch=100),
)
