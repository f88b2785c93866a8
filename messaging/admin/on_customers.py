"""What the page of a customer shows of their conversations."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm.models import Customer
from messaging.models import Conversation

SHOWN = 10


def conversations_panel(request: HttpRequest, customer: Customer) -> SafeString | str:
    """Return the newest conversations, empty for those who may not see any."""
    if not request.user.has_perm("messaging.view_conversation"):
        return ""
    found = Conversation.objects.filter(identity__customer=customer).select_related("channel", "assignee")
    context = {
        "conversations": found.defer("channel__credentials").order_by("-last_activity_at")[:SHOWN],
        "customer": customer,
    }
    return render_to_string("migochat/conversations_panel.html", context, request)
