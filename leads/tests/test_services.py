"""What colleagues do with leads."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Customer
from crm.tests.factories import make_customer, make_identity, make_user
from leads.activities import Cause
from leads.models import ActivityKind, Lead, LeadActivity, Priority, Qualification
from leads.services.customers import set_aspect
from leads.services.opening import AlreadyOpen, open_lead
from leads.services.owners import assign_lead
from leads.services.stages import MovedMeanwhile, MoveRefused, move_lead
from leads.services.values import set_follow_up, set_priority, set_value
from leads.tests.factories import make_lead, stage
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db


def steps(lead: Lead) -> list[tuple[str, str, str, bool]]:
    return list(LeadActivity.objects.filter(lead=lead).order_by("id").values_list("kind", "old", "new", "automated"))


def test_winning_closes_with_a_value_and_is_remembered() -> None:
    seller = make_user()
    lead = make_lead()
    Qualification.objects.create(lead=lead, score=60, qualified_at=timezone.now())
    won = move_lead(lead_id=lead.pk, to=stage("converted"), cause=Cause.person(seller), value=Decimal(500))
    assert (won.outcome, won.value, won.currency) == ("won", Decimal(500), "EGP")
    assert won.closed_at
    assert steps(lead)[:2] == [("value_change", "", "500", False), ("stage_change", "intake", "converted", False)]
    assert Qualification.objects.get().converted_at == won.closed_at
    assert Customer.objects.get().type == "returning"


def test_losing_asks_for_a_reason() -> None:
    lead, cause = make_lead(next_follow_up_at=timezone.now()), Cause.person(make_user())
    for reason in ("", "whatever"):
        with pytest.raises(MoveRefused, match="Say why"):
            move_lead(lead_id=lead.pk, to=stage("lost"), cause=cause, lost_reason=reason)
    lost = move_lead(lead_id=lead.pk, to=stage("lost"), cause=cause, lost_reason="price", lost_note="half as much")
    assert (lost.outcome, lost.lost_reason, lost.lost_note, lost.next_follow_up_at) == (
        "lost",
        "price",
        "half as much",
        None,
    )
    assert LeadActivity.objects.get(kind=ActivityKind.STAGE_CHANGE).reason == "price"


def test_a_closed_lead_comes_back_unless_another_is_open() -> None:
    lead, cause = make_lead(), Cause.person(make_user())
    move_lead(lead_id=lead.pk, to=stage("converted"), cause=cause)
    back = move_lead(lead_id=lead.pk, to=stage("hot"), cause=cause)
    assert (back.outcome, back.closed_at) == ("", None)
    assert Customer.objects.get().type == "new"
    move_lead(lead_id=lead.pk, to=stage("lost"), cause=cause, lost_reason="price")
    make_lead(lead.customer)
    with pytest.raises(MoveRefused, match="another open lead"):
        move_lead(lead_id=lead.pk, to=stage("hot"), cause=cause)


def test_many_sales_make_a_customer_vip_unless_a_colleague_chose() -> None:
    cause, customer = Cause.person(make_user()), make_customer()
    for _ in range(5):
        move_lead(lead_id=make_lead(customer).pk, to=stage("converted"), cause=cause)
    assert Customer.objects.get(pk=customer.pk).type == "vip"
    other = make_customer()
    set_aspect(customer_id=other.pk, aspect="type", value="new", cause=cause)
    move_lead(lead_id=make_lead(other).pk, to=stage("converted"), cause=cause, value=Decimal(90_000))
    assert Customer.objects.get(pk=other.pk).type == "new"


def test_who_moves_what_somebody_else_moved_is_told() -> None:
    lead, ana = make_lead(), make_user(full_name="Ana")
    move_lead(lead_id=lead.pk, to=stage("hot"), cause=Cause.person(ana), expected=stage("intake"))
    with pytest.raises(MovedMeanwhile, match="Ana moved it to Hot"):
        move_lead(lead_id=lead.pk, to=stage("nurture"), cause=Cause.person(make_user()), expected=stage("intake"))
    lead.refresh_from_db()
    assert lead.stage.slug == "hot"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_moves_it() -> None:
    lead, users = make_lead(), [make_user() for _ in range(6)]
    begin, targets = stage("intake"), [stage(slug) for slug in ("nurture", "qualified", "hot")] * 2

    def move(number: int) -> bool:
        try:
            move_lead(lead_id=lead.pk, to=targets[number], cause=Cause.person(users[number]), expected=begin)
        except MovedMeanwhile:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        moved = list(pool.map(move, range(6)))
    assert moved.count(True) == 1
    lead.refresh_from_db()
    assert lead.stage == targets[moved.index(True)]
    assert LeadActivity.objects.filter(kind=ActivityKind.STAGE_CHANGE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_a_lead_at_once_one_does() -> None:
    customer, user = make_customer(), make_user()

    def open_one(_: int) -> bool:
        try:
            open_lead(customer_id=customer.pk, cause=Cause.person(user))
        except AlreadyOpen as already:
            assert already.lead.customer_id == customer.pk
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_one, range(6))).count(True) == 1
    assert Lead.objects.count() == 1


def test_a_lead_for_a_customer_merged_meanwhile_is_opened_for_the_one_who_stays() -> None:
    kept = make_customer()
    gone = make_customer(merged_into=kept)
    assert open_lead(customer_id=gone.pk, cause=Cause.person(make_user())).customer == kept


def test_an_owner_gets_the_customer_and_the_open_conversations_too_and_is_told() -> None:
    seller, boss = make_user(), make_user()
    talk = make_conversation(make_identity())
    closed = make_conversation(
        make_identity(customer=talk.identity.customer), status="closed", closed_at=timezone.now()
    )
    lead = make_lead(talk.identity.customer)
    assign_lead(lead_id=lead.pk, owner=seller, cause=Cause.person(boss))
    talk.refresh_from_db()
    closed.refresh_from_db()
    assert (talk.assignee, closed.assignee) == (seller, None)
    assert Customer.objects.get(pk=lead.customer_id).owner == seller
    assert seller.notifications.count() == 1
    assign_lead(lead_id=lead.pk, owner=boss, cause=Cause.person(boss))
    assert boss.notifications.count() == 0
    assert [step[0:3] for step in steps(lead)] == [
        ("assignment", "", str(seller.pk)),
        ("assignment", str(seller.pk), str(boss.pk)),
    ]


def test_values_follow_ups_and_priorities() -> None:
    lead, cause, at = make_lead(), Cause.person(make_user()), timezone.now()
    set_value(lead_id=lead.pk, value=Decimal("12.50"), currency="USD", cause=cause)
    set_value(lead_id=lead.pk, value=Decimal("12.50"), cause=cause)
    set_follow_up(lead_id=lead.pk, at=at, next_step="call", cause=cause)
    set_priority(lead_id=lead.pk, priority=Priority.URGENT)
    lead.refresh_from_db()
    assert (lead.value, lead.currency, lead.next_step, lead.priority) == (
        Decimal("12.50"),
        "USD",
        "call",
        Priority.URGENT,
    )
    assert [step[:3] for step in steps(lead)] == [
        ("value_change", "", "12.50"),
        ("follow_up", "", at.isoformat(timespec="minutes")),
    ]
    set_value(lead_id=lead.pk, value=None, cause=cause)
    lead.refresh_from_db()
    assert (lead.value, lead.currency) == (None, "")


def test_what_a_rule_guessed_a_colleague_confirms() -> None:
    customer = make_customer()
    rule, person = Cause.rule("says so"), Cause.person(make_user())
    assert set_aspect(customer_id=customer.pk, aspect="governorate", value="EG-C", cause=rule)
    assert not set_aspect(customer_id=customer.pk, aspect="governorate", value="EG-C", cause=person)
    assert not set_aspect(customer_id=customer.pk, aspect="governorate", value="EG-GZ", cause=rule)
    customer.refresh_from_db()
    assert customer.governorate == "EG-C"
    assert list(LeadActivity.objects.values_list("kind", "new", "automated")) == [("place_change", "EG-C", True)]


def test_what_is_typed_into_the_form_of_a_customer_is_a_colleagues_word(client: Client) -> None:
    customer, boss = make_customer(name="Ana"), make_user(is_superuser=True)
    lead = make_lead(customer)
    client.force_login(boss)
    address = reverse("admin:crm_customer_change", args=[customer.pk])
    page = client.get(address)
    assert page.status_code == 200, page
    form = {name: value for name, value in page.context["adminform"].form.initial.items() if value not in (None, [])}
    answer = client.post(address, {**form, "label": "hot", "owner": boss.pk})
    assert answer.status_code == 302
    customer.refresh_from_db()
    lead.refresh_from_db()
    assert (customer.label, customer.owner, lead.owner) == ("hot", boss, boss)
    assert customer.read_from["label"] == {"by": boss.pk}
    assert not set_aspect(customer_id=customer.pk, aspect="label", value="cold", cause=Cause.rule("says so"))
    kinds = set(LeadActivity.objects.values_list("kind", "new", "actor"))
    assert kinds == {("label_change", "hot", boss.pk), ("assignment", str(boss.pk), boss.pk)}
