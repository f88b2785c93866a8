"""Owners are reminded once of customers who wait too long and of follow-ups that are due."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import DAYS
from crm.drains import run_once
from crm.models import Notification, User
from crm.tests.factories import make_customer, make_identity, make_user
from leads.activities import Cause
from leads.models import Lead
from leads.notices import subjects_of, tell_of_follow_up
from leads.reminders import RemindersDrain
from leads.services.values import set_follow_up
from leads.tests.factories import make_lead
from messaging.models import Conversation
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _always_open() -> Any:
    set_to("business.hours", "")
    yield
    runtime_settings.forget()


def set_to(key: str, value: object) -> None:
    runtime_settings.change(key=key, value=value, by=User.objects.first() or make_user())


def ago(**gone: float) -> datetime:
    return timezone.now() - timedelta(**gone)


def make_waiting(since: datetime, owner: User | None, **fields: Any) -> Conversation:
    conversation = make_conversation(waiting_since=since, **fields)
    make_lead(conversation.identity.customer, owner=owner)
    return conversation


def remind() -> int:
    return run_once({"reminders": RemindersDrain()})


def told() -> list[tuple[User, str]]:
    return [(notice.user, notice.kind) for notice in Notification.objects.select_related("user").order_by("pk")]


class TestWaiting:
    def test_the_owner_is_told_once(self) -> None:
        owner = make_user()
        conversation = make_waiting(ago(minutes=61), owner)
        make_waiting(ago(minutes=59), owner)
        assert (remind(), remind(), told()) == (1, 0, [(owner, "waiting")])
        lead = Lead.objects.get(customer=conversation.identity.customer)
        assert Notification.objects.get().url == f"/admin/leads/lead/{lead.pk}/change/"

    def test_a_new_wait_is_told_again(self) -> None:
        owner = make_user()
        conversation = make_waiting(ago(hours=5), owner)
        remind()
        Conversation.objects.filter(pk=conversation.pk).update(waiting_since=ago(hours=2))
        assert (remind(), len(told())) == (1, 2)

    def test_a_new_owner_is_told_as_well(self) -> None:
        first, second = make_user(), make_user()
        make_waiting(ago(hours=2), first)
        remind()
        Lead.objects.update(owner=second)
        assert (remind(), told()) == (1, [(first, "waiting"), (second, "waiting")])

    def test_two_conversations_of_a_customer_are_told_as_one(self) -> None:
        owner = make_user()
        conversation = make_waiting(ago(hours=3), owner)
        make_conversation(make_identity(customer=conversation.identity.customer), waiting_since=ago(hours=2))
        assert (remind(), len(told())) == (1, 1)

    def test_the_setting_says_how_long_is_too_long(self) -> None:
        make_waiting(ago(minutes=61), make_user())
        set_to("conversations.late_after_minutes", 90)
        assert remind() == 0
        set_to("conversations.late_after_minutes", 60)
        assert remind() == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "closed", "closed_at": timezone.now()},
            {"snoozed_until": timezone.now() + timedelta(hours=1)},
            {"waiting_since": timezone.now() - timedelta(days=8)},
            {"waiting_since": None},
        ],
        ids=["closed", "snoozed", "told long ago", "answered"],
    )
    def test_others_wait_for_nothing(self, fields: dict[str, Any]) -> None:
        conversation = make_waiting(ago(hours=2), make_user())
        Conversation.objects.filter(pk=conversation.pk).update(**fields)
        assert (remind(), told()) == (0, [])

    @pytest.mark.parametrize(
        "fields", [{"owner": None}, {"closed_at": timezone.now(), "outcome": "won"}], ids=["nobody's", "closed"]
    )
    def test_leads_of_nobody_and_closed_ones_are_not_told_of(self, fields: dict[str, Any]) -> None:
        make_waiting(ago(hours=2), make_user())
        Lead.objects.update(**fields)
        assert (remind(), told()) == (0, [])

    def test_who_left_is_not_told(self) -> None:
        make_waiting(ago(hours=2), make_user(is_active=False))
        assert (remind(), told()) == (0, [])

    def test_hours_in_which_the_shop_is_closed_do_not_count(self) -> None:
        """The shop has been open for half an hour, after a day on which it was closed."""
        now = timezone.localtime()
        opened = now - timedelta(minutes=30)
        hours = [f"{DAYS[opened.weekday()]} {opened:%H:%M}-24:00"]
        if opened.date() != now.date():
            hours.append(f"{DAYS[now.weekday()]} 00:00-24:00")
        set_to("business.hours", "; ".join(hours))
        make_waiting(ago(hours=20), make_user())
        assert remind() == 0
        set_to("conversations.late_after_minutes", 25)
        assert remind() == 1

    def test_nobody_is_told_while_the_shop_is_closed(self) -> None:
        make_waiting(ago(hours=30), make_user())
        now = timezone.localtime()
        tomorrow, yesterday = DAYS[(now.weekday() + 1) % 7], DAYS[(now.weekday() - 1) % 7]
        set_to("business.hours", f"{tomorrow} 00:00-24:00; {yesterday} 00:00-24:00")
        assert remind() == 0

    def test_many_take_few_queries(self) -> None:
        owner = make_user()
        for _number in range(20):
            make_waiting(ago(hours=2), owner)
        remind()
        with CaptureQueriesContext(connection) as captured:
            assert RemindersDrain().run_batch() == 0
        assert len(captured) <= 10, [query["sql"] for query in captured]


class TestFollowUps:
    def test_the_owner_is_told_once_when_it_is_due(self) -> None:
        owner = make_user()
        lead = make_lead(owner=owner, next_follow_up_at=ago(minutes=1))
        make_lead(owner=owner, next_follow_up_at=timezone.now() + timedelta(minutes=1))
        assert (remind(), remind(), told()) == (1, 0, [(owner, "follow_up")])
        lead.refresh_from_db()
        assert lead.reminded_at is not None

    def test_one_that_is_put_off_is_told_again(self) -> None:
        owner = make_user()
        lead = make_lead(owner=owner, next_follow_up_at=ago(hours=1))
        remind()
        set_follow_up(lead_id=lead.pk, at=ago(minutes=1), cause=Cause.person(owner))
        assert (remind(), len(told())) == (1, 2)

    def test_nobodys_is_told_as_soon_as_it_is_somebodys(self) -> None:
        lead = make_lead(next_follow_up_at=ago(hours=1))
        assert remind() == 0
        Lead.objects.filter(pk=lead.pk).update(owner=make_user())
        assert remind() == 1

    def test_closed_leads_have_none(self) -> None:
        make_lead(
            owner=make_user(),
            next_follow_up_at=ago(hours=1),
            in_stage="converted",
            closed_at=ago(days=1),
            outcome="won",
        )
        assert remind() == 0

    def test_more_than_a_batch_are_all_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("leads.reminders.BATCH", 3)
        owner = make_user()
        for _number in range(4):
            make_lead(owner=owner, next_follow_up_at=ago(hours=1))
            make_waiting(ago(hours=2), owner)
        assert (remind(), len(told())) == (8, 8)

    @pytest.mark.django_db(transaction=True)
    def test_two_drains_at_once_tell_once(self) -> None:
        owner = make_user()
        for _number in range(10):
            make_lead(owner=owner, next_follow_up_at=ago(hours=1))
            make_waiting(ago(hours=2), owner)
        together = threading.Barrier(2)

        def work() -> None:
            together.wait(10)
            remind()
            connections.close_all()

        threads = [threading.Thread(target=work) for _place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(told()) == 20


def test_it_looks_only_every_few_seconds() -> None:
    drain = RemindersDrain()
    assert drain.run_batch() == 0
    make_lead(owner=make_user(), next_follow_up_at=ago(hours=1))
    assert drain.run_batch() == 0
    drain.looked_at -= 30
    assert drain.run_batch() == 1


def test_a_notice_shows_the_customer_to_who_may_see_them_and_stores_no_name() -> None:
    owner, stranger = make_user(), make_user()
    lead = make_lead(make_customer(name="Mona Adel"), owner=owner, next_follow_up_at=ago(hours=1))
    tell_of_follow_up(lead, owner)
    notice = Notification.objects.get()
    other = Notification.objects.create(user=owner, kind="mention", key="something else", text="x")
    assert "Mona" not in f"{notice.text} {notice.key} {notice.url}"
    assert subjects_of(owner, [notice, other]) == {notice.pk: "Mona Adel"}
    assert subjects_of(stranger, [notice]) == {}
