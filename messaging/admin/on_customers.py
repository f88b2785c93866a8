"""What the page of a customer shows of their conversations."""

from django.db.models import Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.models import Customer
from crm.visibility import user_of, visible
from messaging.models import Conversation

SHOWN = 10


def conversations_panel(request: HttpRequest, customer: Customer) -> SafeString | str:
    """Return the newest conversations, empty for those who may not see any."""
    if not request.user.has_perm("messaging.view_conversation"):
        return ""
    found = visible(user_of(request), Conversation).filter(identity__customer=customer)
    context = {
        "conversations": found.select_related("channel", "assignee")
        .defer("channel__credentials")
        .order_by("-last_activity_at")[:SHOWN],
        "customer": customer,
    }
    return render_to_string("migochat/conversations_panel.html", context, request)


def count_messages(customer_ids: list[int]) -> tuple[str, dict[int, int]]:
    """Return a title, and how many messages each customer and the shop wrote each other."""
    counted = Conversation.objects.filter(identity__customer__in=customer_ids).values_list("identity__customer")
    return _("Messages"), dict(counted.annotate(Sum("message_count")))
