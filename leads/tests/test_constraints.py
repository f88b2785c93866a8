"""Rules of leads that hold whatever code or SQL writes the rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from crm.tests.constraints import broken_by, constraints_of
from crm.tests.factories import make_customer, make_user
from leads.activities import Cause, record
from leads.models import (
    ActivityKind,
    ClassificationRule,
    Lead,
    LeadActivity,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
    Stage,
    TriageFailure,
)
from leads.tests.factories import make_lead
from messaging.tests.factories import make_message

pytestmark = pytest.mark.django_db


def lead_with(**values: Any) -> Callable[[], None]:
    def attempt() -> None:
        make_lead()
        Lead.objects.update(**values)

    return attempt


def stage_with(**values: Any) -> Callable[[], None]:
    def attempt() -> None:
        Stage.objects.create(slug="new", name="New", order=99)
        Stage.objects.filter(slug="new").update(**values)

    return attempt


def rule_with(**values: Any) -> Callable[[], None]:
    def attempt() -> None:
        ScoringRule.objects.create(**{"name": "new", "looks_for": "message", "points": 1, **values})

    return attempt


def two_open_leads() -> None:
    customer = make_customer()
    for _ in range(2):
        make_lead(customer)


def merged_into_itself() -> None:
    make_lead()
    Lead.objects.update(merged_into=F("id"), outcome="merged", closed_at=timezone.now())


def stage_twice() -> None:
    Stage.objects.bulk_create([Stage(slug="intake", name="Again", order=1)])


def entry_twice() -> None:
    lead, message = make_lead(), make_message()
    rule = ScoringRule.objects.create(name="new", looks_for="message", points=1)
    for _ in range(2):
        ScoreEntry.objects.create(lead=lead, rule=rule, message=message, points=1, at=message.at)


def rule_name_twice() -> None:
    for _ in range(2):
        rule_with()()


def classification_twice() -> None:
    for _ in range(2):
        ClassificationRule.objects.create(aspect="intent", value="new", keywords="x")


def qualified_twice() -> None:
    lead = make_lead()
    for _ in range(2):
        Qualification.objects.create(lead=lead, score=50, qualified_at=timezone.now())


def product_twice() -> None:
    for _ in range(2):
        Product.objects.create(name="Dress", sku="A1")


def costs_less_than_nothing() -> None:
    Product.objects.create(name="Dress", price=-1)


def interest_twice() -> None:
    product, message = Product.objects.create(name="Dress"), make_message()
    customer = message.conversation.identity.customer
    for _ in range(2):
        ProductInteraction.objects.create(
            customer=customer, product=product, message=message, kind="view", at=message.at
        )


def set_aside_twice() -> None:
    message = make_message()
    for _ in range(2):
        TriageFailure.objects.create(message=message, reason="x")


ATTEMPTS: dict[str, tuple[Callable[[], None], str]] = {
    "lead_one_open": (two_open_leads, ""),
    "lead_score_in_range": (lead_with(score=101), ""),
    "lead_value_not_negative": (lead_with(value=-1), ""),
    "lead_outcome_known": (lead_with(outcome="?", closed_at=timezone.now()), ""),
    "lead_closed_has_outcome": (lead_with(closed_at=timezone.now()), ""),
    "lead_lost_has_reason": (lead_with(outcome="lost", closed_at=timezone.now()), ""),
    "lead_merged_into_another": (lead_with(outcome="merged", closed_at=timezone.now()), ""),
    "lead_not_merged_into_itself": (merged_into_itself, ""),
    "stage_kind_known": (stage_with(kind="?"), ""),
    "stage_closed_has_no_min_score": (stage_with(kind="won", min_score=5), ""),
    "stage_min_score_in_range": (stage_with(min_score=101), ""),
    "leads_stage.slug": (stage_twice, "leads_stage_slug_key"),
    "scoring_rule_points_in_range": (rule_with(points=0), ""),
    "scoring_rule_ceiling_in_range": (rule_with(ceiling=0), ""),
    "scoring_rule_half_life_positive": (rule_with(half_life_days=0), ""),
    "leads_scoringrule.name": (rule_name_twice, "leads_scoringrule_name_key"),
    "score_entry_once": (entry_twice, ""),
    "classification_rule_once": (classification_twice, ""),
    "leads_qualification.lead_id": (qualified_twice, "leads_qualification_lead_id_key"),
    "product_sku_once": (product_twice, ""),
    "product_price_not_negative": (costs_less_than_nothing, ""),
    "product_interaction_once": (interest_twice, ""),
    "leads_triagefailure.message_id": (set_aside_twice, "leads_triagefailure_message_id_key"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses(name: str) -> None:
    attempt, known_as = ATTEMPTS[name]
    assert broken_by(attempt) == (known_as or name)


def test_every_constraint_is_tried() -> None:
    assert constraints_of("leads") == set(ATTEMPTS)


def test_the_kind_of_a_stage_is_fixed_once_leads_are_in_it() -> None:
    Stage.objects.filter(slug="hot").update(kind="won", min_score=None)
    make_lead(in_stage="nurture")
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Stage.objects.filter(slug="nurture").update(kind="lost", min_score=None)
    assert isinstance(refusal.value.__cause__, psycopg.Error)
    assert refusal.value.__cause__.diag.constraint_name == "stage_kind_fixed"
    Stage.objects.filter(slug="nurture").update(name="Warm up")
    assert set(Stage.objects.filter(slug__in=("hot", "nurture")).values_list("slug", "name", "kind")) == {
        ("hot", "Hot", "won"),
        ("nurture", "Warm up", "open"),
    }


class TestActivities:
    def activity(self) -> LeadActivity:
        return record(ActivityKind.NOTE, lead=make_lead(), new="x", cause=Cause.person(make_user()))

    @pytest.mark.parametrize("column", ["old", "new", "reason", "kind", "by"])
    def test_nothing_of_them_is_changed(self, column: str) -> None:
        activity = self.activity()
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            LeadActivity.objects.filter(pk=activity.pk).update(**{column: "other"})
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            LeadActivity.objects.update(at=timezone.now() - timedelta(days=1))

    def test_none_is_deleted_by_whatever_sql(self) -> None:
        self.activity()
        with (
            pytest.raises(DatabaseError, match="Cannot delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("DELETE FROM leads_leadactivity")
        assert LeadActivity.objects.count() == 1

    def test_a_merge_may_move_them(self) -> None:
        activity, other = self.activity(), make_lead()
        LeadActivity.objects.filter(pk=activity.pk).update(lead=other, customer=other.customer_id)
        assert LeadActivity.objects.get().lead == other
