"""Whose conversations and messages a colleague sees.

A conversation that was given to nobody belongs to the customer's owner; where there is none either, everybody sees it.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from crm.models import Identity
from crm.visibility import ours, owned, seen, seen_with
from messaging.models import Attachment, CannedReply, Conversation, Handoff, LeadFormAnswer, Message, ProfileLookup


def talks_with_customer(user: Any) -> Exists:
    """Return the condition that a customer's conversation was given to a colleague or their team."""
    given = Conversation.objects.filter(ours(user, "assignee", "team"))
    return Exists(given.filter(identity__customer=OuterRef("pk")))


@seen(Conversation)
def _conversations(user: Any) -> Q:
    nobodys = Q(assignee=None, team=None)
    return ours(user, "assignee", "team") | (nobodys & owned(user, "identity__customer__owner"))


@seen(CannedReply)
def canned_replies_of(user: Any) -> Q:
    """Everybody's, one's team's and one's own; those of colleagues are theirs."""
    found = Q(owner=user.pk) | Q(owner=None, team=None)
    return found | Q(team=user.team_id) if user.team_id else found


seen_with(Handoff, "conversation", Conversation)
seen_with(Message, "conversation", Conversation)
seen_with(Attachment, "message", Message)
seen_with(LeadFormAnswer, "message", Message)
seen_with(ProfileLookup, "identity", Identity)
