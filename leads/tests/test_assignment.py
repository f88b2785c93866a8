"""Leads that are nobody's go to sellers: in turn or to the least busy, within business hours, never twice."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import runtime_settings
from crm.business_hours import DAYS
from crm.drains import run_once
from crm.models import Notification, Team, User
from crm.roles import SELLER
from crm.tests.factories import make_identity, make_user
from leads.activities import Cause
from leads.assignment import AssignmentDrain
from leads.models import ActivityKind, Lead, LeadActivity, Qualification
from leads.services.owners import assign_lead
from leads.tests.factories import make_lead
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db
NEVER_NOW = 3  # days from today


@pytest.fixture(autouse=True)
def _always_open() -> Any:
    set_to("business.hours", "")
    yield
    runtime_settings.forget()


def set_to(key: str, value: object) -> None:
    runtime_settings.change(key=key, value=value, by=User.objects.filter(is_superuser=True).first() or make_boss())


def make_boss() -> User:
    return make_user(is_superuser=True)


def close_the_shop() -> None:
    day = DAYS[(timezone.localtime().weekday() + NEVER_NOW) % 7]
    set_to("business.hours", f"{day} 10:00-11:00")


def make_seller(name: str = "", **fields: Any) -> User:
    seller = make_user(full_name=name, **fields)
    seller.groups.add(Group.objects.get(name=SELLER))
    return seller


def make_waiting(count: int, **fields: Any) -> list[Lead]:
    """Make leads without an owner, the first of them the oldest."""
    now = timezone.now()
    leads = [make_lead(opened_at=now - timedelta(hours=count - place), **fields) for place in range(count)]
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(created_at=now - timedelta(hours=1))
    return leads


def drain() -> int:
    return run_once({"assignment": AssignmentDrain()})


def owners() -> list[int | None]:
    return list(Lead.objects.order_by("opened_at", "pk").values_list("owner", flat=True))


def test_each_seller_in_turn() -> None:
    sellers = [make_seller() for _place in range(3)]
    make_waiting(30)
    assert drain() == 30
    assert owners() == [seller.pk for seller in sellers] * 10


def test_turns_go_on_where_they_were_left() -> None:
    first, second = make_seller(), make_seller()
    make_waiting(1)
    drain()
    make_waiting(2)
    drain()
    assert Counter(owners()) == {first.pk: 2, second.pk: 1}
    assert Lead.objects.latest("pk").owner == first


def test_the_least_busy_gets_the_next_and_closed_leads_are_no_work() -> None:
    set_to("leads.assignment", "least loaded")
    busy, idle = make_seller(), make_seller()
    make_waiting(3, owner=busy)
    for lead in make_waiting(4, owner=idle):
        Lead.objects.filter(pk=lead.pk).update(closed_at=timezone.now(), outcome="won")
    new = [lead.pk for lead in make_waiting(5)]
    assert drain() == 5
    assert Counter(Lead.objects.filter(pk__in=new).values_list("owner", flat=True)) == {idle.pk: 4, busy.pk: 1}


def test_nobody_hands_out_where_leads_are_to_wait() -> None:
    set_to("leads.assignment", "nobody")
    make_seller()
    make_waiting(1)
    assert (drain(), owners()) == (0, [None])


def test_outside_business_hours_they_wait_and_then_the_oldest_go_first() -> None:
    close_the_shop()
    first, second = make_seller(), make_seller()
    make_waiting(2)
    assert (drain(), owners()) == (0, [None, None])
    set_to("business.hours", "")
    drain()
    assert owners() == [first.pk, second.pk]


def test_while_all_sellers_are_away_they_wait() -> None:
    away, gone = make_seller(is_available=False), make_seller(is_active=False)
    make_user(full_name="No seller")
    make_waiting(3)
    assert drain() == 0
    User.objects.filter(pk__in=[away.pk]).update(is_available=True)
    assert drain() == 3
    given = LeadActivity.objects.filter(kind=ActivityKind.ASSIGNMENT).order_by("at", "id")
    assert [activity.lead_id for activity in given] == list(
        Lead.objects.order_by("opened_at").values_list("pk", flat=True)
    )
    assert {(a.old, a.new, a.automated, a.by, a.reason) for a in given} == {
        ("", str(away.pk), True, "rule", "assignment")
    }
    assert gone.leads.count() == 0


def test_a_teams_leads_go_to_the_team_and_hold_up_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.assignment.BATCH", 2)
    wholesale, retail = Team.objects.create(name="Wholesale"), Team.objects.create(name="Retail")
    of_retail = make_seller(team=retail)
    away = make_seller(team=wholesale, is_available=False)
    make_waiting(3, team=wholesale)
    for lead in make_waiting(3):
        Lead.objects.filter(pk=lead.pk).update(opened_at=timezone.now())
    assert drain() == 3
    assert owners() == [None] * 3 + [of_retail.pk] * 3
    User.objects.filter(pk=away.pk).update(is_available=True)
    assert drain() == 3
    assert owners() == [away.pk] * 3 + [of_retail.pk] * 3


def test_closed_blocked_and_brand_new_leads_are_not_handed_out() -> None:
    make_seller()
    closed, blocked = make_waiting(2)
    Lead.objects.filter(pk=closed.pk).update(closed_at=timezone.now(), outcome="won")
    blocked.customer.blocked = True
    blocked.customer.save()
    make_lead()
    assert (drain(), set(owners())) == (0, {None})


def test_conversation_customer_and_qualification_go_along_and_the_seller_is_told() -> None:
    team = Team.objects.create(name="Retail")
    seller = make_seller(team=team)
    conversation = make_conversation(make_identity())
    (lead,) = make_waiting(1, customer=conversation.identity.customer)
    qualification = Qualification.objects.create(lead=lead, score=60, qualified_at=timezone.now())
    drain()
    for row in (conversation, lead.customer, qualification, lead):
        row.refresh_from_db()
    assert (conversation.assignee, conversation.team, lead.customer.owner) == (seller, team, seller)
    assert (qualification.owner, qualification.team, lead.team) == (seller, team, team)
    notice = Notification.objects.get()
    assert (notice.user, notice.kind, notice.email_due) == (seller, "new_lead", False)
    assert notice.url == f"/admin/leads/lead/{lead.pk}/change/"


def test_a_colleague_who_takes_a_lead_is_not_told_and_who_gets_it_is() -> None:
    seller, other = make_seller(), make_seller(wants_email=True)
    (lead,) = make_waiting(1)
    assign_lead(lead_id=lead.pk, owner=seller, cause=Cause.person(seller))
    assert Notification.objects.count() == 0
    assign_lead(lead_id=lead.pk, owner=other, cause=Cause.person(seller))
    assert [(notice.user, notice.email_due) for notice in Notification.objects.all()] == [(other, True)]


def test_looking_for_nothing_costs_one_query() -> None:
    make_seller()
    make_lead(owner=make_user())
    runtime_settings.value_of("leads.assignment")
    with CaptureQueriesContext(connection) as captured:
        assert AssignmentDrain().run_batch() == 0
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_stay_fair_and_give_nothing_twice() -> None:
    sellers = [make_seller() for _place in range(3)]
    make_waiting(30)
    together = threading.Barrier(2)
    taken: list[int] = []

    def work() -> None:
        together.wait(10)
        taken.append(drain())
        connections.close_all()

    threads = [threading.Thread(target=work) for _place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(taken) == 30
    assert Counter(owners()) == {seller.pk: 10 for seller in sellers}
    assert LeadActivity.objects.filter(kind=ActivityKind.ASSIGNMENT).count() == 30
    assert Notification.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_whoever_took_a_lead_in_the_same_moment_keeps_it() -> None:
    seller, quick = make_seller(), make_user()
    (lead,) = make_waiting(1)
    taken: list[int] = []

    def work() -> None:
        taken.append(drain())
        connections.close_all()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        assign_lead(lead_id=lead.pk, owner=quick, cause=Cause.person(quick))
        thread.start()  # sees the lead without an owner and waits for this transaction
        thread.join(1)
        assert thread.is_alive()
    thread.join(20)
    assert (taken, owners()) == ([0], [quick.pk])
    assert seller.notifications.count() == 0
