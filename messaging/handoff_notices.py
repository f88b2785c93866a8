"""Telling colleagues that a bot wants one of them."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.models import Notification, User
from crm.notices import tell
from crm.roles import SELLER
from messaging.models import Conversation, Handoff

MOST_TOLD = 50


def tell_of_handoff(handoff: Handoff) -> int:
    """Tell the colleague, the team, or all available sellers where it is nobody's; return how many had not been told before."""
    if handoff.status == Handoff.Status.ASSIGNED:
        text = _("A conversation was handed over to you.")
    else:
        text = _("A customer waits for a colleague to take over.")
    url = reverse("admin:messaging_conversation_change", args=[handoff.conversation_id])
    key = f"handoff:{handoff.pk}:{handoff.status}"
    return sum(tell(user, kind=Notification.Kind.HANDOFF, key=key, text=text, url=url) for user in who_is_told(handoff))


def who_is_told(handoff: Handoff) -> list[User]:
    """Return whom a handoff concerns, the closest that there are."""
    if handoff.assignee is not None:
        return [handoff.assignee]
    if handoff.team_id is not None:
        return list(_working().filter(team=handoff.team_id)[:MOST_TOLD])
    conversation = Conversation.objects.select_related("assignee", "identity__customer__owner").get(
        pk=handoff.conversation_id
    )
    for colleague in (conversation.assignee, conversation.identity.customer.owner):
        if colleague is not None and colleague.is_active:
            return [colleague]
    if conversation.team_id is not None:
        return list(_working().filter(team=conversation.team_id)[:MOST_TOLD])
    return list(_working().filter(is_available=True, groups__name=SELLER)[:MOST_TOLD])


def _working() -> "QuerySet[User]":
    return User.objects.filter(is_active=True).order_by("pk")
