"""Who had a conversation, and whether it was open, can be told later."""

from typing import Any

import pytest
from django.apps import apps

from crm.models import Team, User
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.history import assert_append_only, history_of
from messaging.models import Conversation
from messaging.tests.factories import NOON, make_conversation

pytestmark = pytest.mark.django_db

ConversationHistory: Any = apps.get_model("messaging", "ConversationHistory")
MANY = 500


def test_an_update_of_many_leaves_an_entry_for_each() -> None:
    identity = make_identity()
    made = Conversation.objects.bulk_create(
        Conversation(
            identity=identity, channel=identity.channel, status="closed", started_at=NOON, last_activity_at=NOON
        )
        for _ in range(MANY)
    )
    user = User.objects.create(email="ana@shop.example")
    Conversation.objects.update(assignee=user)
    entries = list(ConversationHistory.objects.values_list("pgh_obj_id", "assignee", "status"))
    assert len(entries) == MANY
    assert set(entries) == {(conversation.pk, None, "closed") for conversation in made}, "each as it was before"


def test_status_assignee_and_team_are_kept_as_they_were() -> None:
    conversation = make_conversation(make_identity(make_channel(), customer=make_customer()))
    user, team = User.objects.create(email="ana@shop.example"), Team.objects.create(name="Sales")
    for change in ({"assignee": user}, {"team": team}, {"status": "closed"}):
        Conversation.objects.update(**change)
    kept = list(history_of(conversation).values_list("pgh_label", "status", "assignee", "team"))
    assert kept == [
        ("before", "open", None, None),
        ("before", "open", user.pk, None),
        ("before", "open", user.pk, team.pk),
    ]


def test_counters_and_clocks_leave_none() -> None:
    make_conversation()
    Conversation.objects.update(
        message_count=3, unread_count=3, last_activity_at=NOON, last_inbound_at=NOON, waiting_since=NOON, session_turn=1
    )
    assert not ConversationHistory.objects.exists()


def test_history_cannot_be_rewritten() -> None:
    conversation = make_conversation()
    Conversation.objects.update(status="closed")
    assert_append_only("messaging_conversationhistory")
    assert history_of(conversation).get().status == "open"
