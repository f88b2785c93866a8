"""Putting conversations off: they leave the list until a time, or until the customer writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.business_hours import parse
from crm.models import Team
from crm.tests.factories import make_channel, make_identity
from crm.tests.staff import logged_in, member
from messaging import services, snoozing
from messaging.models import Conversation
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation

SOON = timedelta(hours=1)


@pytest.fixture
def talk(db: Any) -> Conversation:
    return make_conversation(
        make_identity(make_channel("telegram"), key=("chat", "1")),
        last_inbound_at=timezone.now() - SOON,
        waiting_since=timezone.now() - SOON,
    )


def listed(status: str = "") -> int:
    url = reverse("admin:messaging_conversation_changelist")
    page = logged_in(member("seller")).get(url, {"status": status} if status else {})
    assert page.status_code == 200
    count: int = page.context["cl"].result_count
    return count


def snooze(talk: Conversation, by: timedelta = SOON) -> None:
    services.snooze_conversation(conversation_id=talk.pk, until=timezone.now() + by)


def test_it_leaves_the_list_and_comes_back_by_itself(talk: Conversation) -> None:
    assert (listed(), listed("snoozed")) == (1, 0)
    snooze(talk)
    assert (listed(), listed("snoozed")) == (0, 1)
    assert Conversation.objects.awake(timezone.now() + 2 * SOON).count() == 1
    assert Conversation.objects.snoozed(timezone.now() + 2 * SOON).count() == 0


@pytest.mark.parametrize("what", ["last_inbound_at", "waiting_since"])
def test_it_comes_back_once_they_write(talk: Conversation, what: str) -> None:
    snooze(talk)
    Conversation.objects.update(**{what: timezone.now()})
    assert (listed(), listed("snoozed")) == (1, 0)
    snooze(talk)  # and is put off once more
    assert (listed(), listed("snoozed")) == (0, 1)


def test_our_own_message_does_not_bring_it_back(talk: Conversation) -> None:
    snooze(talk)
    queue_message(conversation_id=talk.pk, draft=Draft(text="Hello"), author=member("seller"))
    assert listed() == 0


def test_it_is_taken_back(talk: Conversation) -> None:
    snooze(talk)
    services.snooze_conversation(conversation_id=talk.pk, until=None)
    assert (listed(), listed("snoozed")) == (1, 0)
    talk.refresh_from_db()
    assert (talk.snoozed_until, talk.snoozed_at) == (None, None)


def test_a_closed_one_is_not_among_the_snoozed(talk: Conversation) -> None:
    snooze(talk)
    services.close_conversation(conversation_id=talk.pk)
    assert (listed(), listed("snoozed"), listed("closed"), listed("any")) == (0, 0, 1, 1)


def test_those_never_snoozed_nor_written_to_are_listed(db: None) -> None:
    make_conversation()
    assert listed() == 1


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ("Mon-Fri 08:30-18:00", {"later": (7, 16), "tomorrow": (8, 8), "next_week": (13, 8)}),
        ("Mon-Sun 00:00-24:00", {"later": (7, 16), "tomorrow": (8, 9), "next_week": (13, 9)}),
        ("Sat 10:00-14:00", {"later": (7, 16), "tomorrow": (11, 10), "next_week": (18, 10)}),
        ("Mon-Sun 18:00-02:00", {"later": (7, 16), "tomorrow": (8, 18), "next_week": (13, 18)}),
    ],
)
def test_what_is_offered_follows_the_shop(hours: str, found: dict[str, tuple[int, int]]) -> None:
    now = timezone.make_aware(datetime(2026, 7, 7, 13, 0))  # noqa: DTZ001 - a Tuesday on the clock of the shop
    offered = {name: timezone.localtime(at) for name, at in snoozing.choices(now, parse(hours)).items()}
    assert {name: (at.day, at.hour) for name, at in offered.items()} == found


def test_late_at_night_nothing_is_later_today() -> None:
    now = timezone.make_aware(datetime(2026, 7, 7, 22, 0))  # noqa: DTZ001 - on the clock of the shop
    assert set(snoozing.choices(now, parse(""))) == {"tomorrow", "next_week"}


@pytest.mark.parametrize("by", [timedelta(), timedelta(days=-1), timedelta(days=367)])
def test_a_time_of_ones_own_is_to_come(by: timedelta) -> None:
    now = datetime(2026, 7, 7, tzinfo=UTC)
    snoozing.refuse_impossible(now + SOON, now)
    with pytest.raises(ValueError, match="Choose a time to come"):
        snoozing.refuse_impossible(now + by, now)


def test_a_team_gets_a_conversation_and_its_assignee_is_nobody(talk: Conversation) -> None:
    team = Team.objects.create(name="A")
    services.assign_conversation(conversation_id=talk.pk, assignee=member("seller"))
    services.give_to_team(conversation_id=talk.pk, team=team)
    talk.refresh_from_db()
    assert (talk.team, talk.assignee) == (team, None)
