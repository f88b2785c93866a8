"""Leads by the API: changed like by a colleague, with the API as the actor."""

from typing import Any

import pytest

from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_customer
from crm.tests.staff import member
from leads.admin.words import sentence, with_names
from leads.models import Lead, LeadActivity
from leads.tests.factories import make_lead, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(member("seller"))


def address(lead: Lead) -> str:
    return f"/api/v1/leads/{lead.pk}/"


def test_stage_value_and_owner_are_changed_at_once(program: Program) -> None:
    lead = make_lead()
    body = {"stage": "qualified", "value": "1200.50", "currency": "USD", "owner": program.user.pk, "reason": "by phone"}
    told = program.patch(address(lead), body).json()
    assert {name: told[name] for name in ("stage", "value", "currency", "owner")} == {
        name: body[name] for name in ("stage", "value", "currency", "owner")
    }
    lead.refresh_from_db()
    assert lead.stage_by_person
    activities = LeadActivity.objects.filter(lead=lead)
    assert {activity.kind for activity in activities} == {"stage_change", "value_change", "assignment"}
    assert {(a.by, a.actor, a.automated, a.reason) for a in activities} == {("api", program.user, False, "by phone")}
    for activity in with_names(activities):
        assert "(by the API)" in sentence(activity)


def test_nothing_is_half_done(program: Program) -> None:
    lead = make_lead()
    body = {"owner": program.user.pk, "stage": "lost", "lost_reason": "price", "expected_stage": "hot", "value": 5}
    told = assert_problem(program.patch(address(lead), body), 409, "moved_meanwhile")
    assert told["stage"] == "intake"
    lead.refresh_from_db()
    assert (lead.owner, lead.stage, lead.value) == (None, stage("intake"), None)
    assert not LeadActivity.objects.exists()


def test_a_lost_lead_says_why(program: Program) -> None:
    lead = make_lead()
    told = assert_problem(program.patch(address(lead), {"stage": "lost"}), 422, "invalid")
    assert "lost_reason" in told["errors"]
    told = program.patch(address(lead), {"stage": "lost", "lost_reason": "price", "lost_note": "300 too much"}).json()
    assert (told["outcome"], told["lost_reason"], told["closed_at"] is None) == ("lost", "price", False)
    make_lead(lead.customer)
    assert_problem(program.patch(address(lead), {"stage": "hot"}), 409, "not_allowed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stage": "nowhere"}, "stage"),
        ({"value": -1}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": 1e300}, "value"),
        ({"value": "1.001"}, "value"),
        ({"value": 1, "currency": "usd"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"expected_stage": "intake"}, "expected_stage"),
        ({"stage": "lost", "lost_reason": "boredom"}, "lost_reason"),
        ({"owner": 0}, "owner"),
        ({"score": 100}, "score"),
    ],
)
def test_what_cannot_be_is_refused_by_field(program: Program, body: Any, field: str) -> None:
    lead = make_lead()
    assert field in assert_problem(program.patch(address(lead), body), 422, "invalid")["errors"]
    assert not LeadActivity.objects.exists()


def test_a_merged_lead_is_left_alone(program: Program) -> None:
    customer = make_customer()
    kept = make_lead(customer)
    merged = make_lead(customer, outcome="merged", merged_into=kept, closed_at=kept.opened_at)
    assert_problem(program.patch(address(merged), {"owner": program.user.pk}), 409, "not_allowed")
    assert program.get(address(merged)).json()["merged_into"] == kept.pk
    assert [lead["id"] for lead in program.get("/api/v1/leads/").json()["results"]] == [kept.pk]


def test_lists_are_narrowed_down(program: Program) -> None:
    mine = make_lead(owner=program.user, in_stage="hot")
    closed = make_lead(in_stage="lost", outcome="lost", lost_reason="price", closed_at=mine.opened_at)
    for query, found in (
        ("", [closed.pk, mine.pk]),
        ("order=oldest", [mine.pk, closed.pk]),
        ("stage=hot", [mine.pk]),
        ("owner=me", [mine.pk]),
        ("owner=none", [closed.pk]),
        ("open=true", [mine.pk]),
        ("open=false", [closed.pk]),
        (f"customer={closed.customer_id}", [closed.pk]),
    ):
        assert [lead["id"] for lead in program.get(f"/api/v1/leads/?{query}").json()["results"]] == found, query
    slugs = [one["slug"] for one in program.get("/api/v1/stages/").json()]
    assert slugs[0] == "intake"
    assert "lost" in slugs
