"""What the pages of customers and conversations show of leads."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from crm.models import Customer
from crm.visibility import user_of, visible
from leads.models import Lead
from messaging.models import Conversation

SHOWN = 10
#: What the card beside a conversation shows.
ON_CARD = (
    *("score", "priority", "next_follow_up_at", "next_step", "closed_at", "value", "currency"),
    *("stage__name", "stage__colour", "owner__full_name", "owner__email"),
)


def leads_panel(request: HttpRequest, customer: Customer) -> SafeString | str:
    """Return a customer's leads, newest first; empty for those who may not see any."""
    if not request.user.has_perm("leads.view_lead"):
        return ""
    found = visible(user_of(request), Lead).filter(customer=customer, merged_into=None).select_related("stage", "owner")
    leads = list(found.defer("profile").order_by("-opened_at", "-pk")[:SHOWN])
    may_add = request.user.has_perm("leads.add_lead") and customer.merged_into_id is None
    context = {
        "leads": leads,
        "customer": customer,
        "may_add": may_add and not any(lead.is_open for lead in leads),
    }
    return render_to_string("leads/customer_panel.html", context, request)


def lead_card(request: HttpRequest, conversation: Conversation) -> SafeString | str:
    """Return the open lead of whom a conversation is with, else their newest; empty where there is none to see."""
    if not request.user.has_perm("leads.view_lead"):
        return ""
    found = visible(user_of(request), Lead).filter(customer=conversation.identity.customer_id, merged_into=None)
    lead = found.select_related("stage", "owner").only(*ON_CARD).order_by("-opened_at", "-pk").first()
    if lead is None:
        return ""
    return render_to_string("leads/conversation_card.html", {"lead": lead}, request)
