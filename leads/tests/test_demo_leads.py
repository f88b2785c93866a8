"""The leads of `seed_demo` are what triage and sellers would have made of the same messages."""

import io
from collections import Counter
from datetime import datetime
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from campaigns.models import PerformanceMetric
from crm.drains import drains_named, run_once
from crm.models import Customer, Notification, Team, User
from crm.roles import SELLER
from crm.tests.factories import make_user
from leads.activities import Cause
from leads.demo.tally import Tally
from leads.models import (
    ActivityKind,
    Lead,
    LeadActivity,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
    Stage,
)
from leads.notices import tell_of_new_lead
from leads.reading.reader import Reader
from leads.scores import scores_of
from leads.services.owners import assign_lead
from leads.stages import Ladder
from leads.tests.factories import make_lead
from messaging.models import Attachment, Conversation, Message

pytestmark = pytest.mark.django_db
QUALIFIED_FROM = 50


def seed(*words: str) -> None:
    call_command("seed_demo", *words, stdout=io.StringIO())


@pytest.fixture(autouse=True)
def _rules() -> None:
    """Put the shipped rules back where a test with transactions of its own has left all tables empty."""
    if not ScoringRule.objects.exists():
        import_module("leads.migrations.0004_seed_rules").seed(apps, connection.schema_editor())


@pytest.fixture
def sellers() -> list[User]:
    team = Team.objects.create(name="Retail")
    sellers = [make_user(full_name=name, team=team) for name in ("Mona", "Omar")]
    for seller in sellers:
        seller.groups.add(Group.objects.get(name=SELLER))
    make_user(full_name="An administrator")
    return sellers


@pytest.fixture
def seeded(sellers: list[User]) -> datetime:
    """Seed, and return when that began."""
    began = timezone.now()
    seed("--customers", "150", "--messages", "2400", "--seed", "leads")
    return began


def inbound_of(lead: Lead) -> list[Message]:
    """Return the messages of a lead: those since the customer's lead before it was closed."""
    messages = Message.objects.inbound().in_order().filter(conversation__identity__customer=lead.customer_id)
    earlier = (
        Lead.objects.filter(customer=lead.customer_id, closed_at__lt=lead.opened_at).order_by("-closed_at").first()
    )
    if earlier:
        messages = messages.filter(at__gt=earlier.closed_at)
    return list(messages.filter(at__lte=lead.closed_at) if lead.closed_at else messages)


class TestLeads:
    def test_everybody_who_is_not_blocked_has_one_and_at_most_one_open(self, seeded: datetime) -> None:
        by_customer = Counter(Lead.objects.values_list("customer", flat=True))
        assert set(by_customer) == set(Customer.objects.filter(blocked=False).values_list("pk", flat=True))
        assert max(by_customer.values()) == 2
        again = [customer for customer, count in by_customer.items() if count == 2]
        for customer in again:
            first, second = Lead.objects.filter(customer=customer).order_by("opened_at")
            assert first.closed_at is not None
            assert first.closed_at < second.opened_at

    def test_they_are_in_all_stages(self, seeded: datetime) -> None:
        counts = Counter(Lead.objects.values_list("stage__slug", flat=True))
        assert set(counts) == set(Stage.objects.values_list("slug", flat=True))
        assert counts.most_common(2)[-1][1] < sum(counts.values()) / 2
        for lead in Lead.objects.select_related("stage"):
            assert lead.outcome == ("" if lead.stage.is_open else lead.stage.kind)
            assert bool(lead.lost_reason) == (lead.outcome == "lost")
            assert (lead.closed_at is None) == lead.stage.is_open

    def test_touches_are_those_of_the_messages(self, seeded: datetime) -> None:
        for lead in Lead.objects.all():
            messages = inbound_of(lead)
            first = messages[0]
            last = max(messages, key=lambda message: (message.source != "direct", message.at, message.pk))
            for name, message in (("first", first), ("last", last)):
                told = [
                    getattr(lead, f"{name}_{what}") for what in ("message_id", "source", "post_id", "ad_id", "touch_at")
                ]
                assert told == [message.pk, message.source, message.post_id, message.ad_id, message.at]
            assert lead.opened_at == first.at
        assert Lead.objects.exclude(first_ad=None).exists()

    def test_scores_come_of_the_entries_and_stages_of_the_scores(self, seeded: datetime) -> None:
        open_leads = list(Lead.objects.open().select_related("stage"))
        scores = scores_of(lead.pk for lead in open_leads)
        drift = 1  # points fade while the test runs
        assert all(abs(lead.score - scores.get(lead.pk, 0)) <= drift for lead in open_leads)
        ladder = Ladder.load()
        moved = LeadActivity.objects.filter(kind=ActivityKind.STAGE_CHANGE)
        for lead in Lead.objects.select_related("stage"):
            by_person = moved.filter(lead=lead, automated=False).exists()
            assert lead.stage_by_person == by_person
            if not by_person:
                best = max((int(new) for new in scores_told(lead)), default=0)
                reached = ladder.reached(ladder.first.pk, best) or ladder.first
                assert lead.stage == reached

    def test_a_closed_lead_has_the_score_that_it_had_then(self, seeded: datetime) -> None:
        rules = {rule.pk: rule for rule in ScoringRule.objects.all()}
        for lead in Lead.objects.exclude(closed_at=None):
            tally = Tally(rules)
            for entry in ScoreEntry.objects.filter(lead=lead).order_by("at", "message"):
                tally.add([(entry.rule_id, entry.points)], entry.at)
            assert lead.closed_at is not None
            assert lead.score == tally.score(lead.closed_at)

    def test_every_message_is_read_by_the_real_rules(self, seeded: datetime) -> None:
        reader = Reader.load()
        leads = {lead.pk: lead for lead in Lead.objects.all()}
        media = set(Attachment.objects.values_list("message", flat=True))
        entries: dict[int, list[tuple[int, int]]] = {}
        for entry in ScoreEntry.objects.all():
            entries.setdefault(entry.message_id, []).append((entry.rule_id, entry.points))
        blocked = set(
            Message.objects.filter(conversation__identity__customer__blocked=True).values_list("pk", flat=True)
        )
        for message in Message.objects.inbound():
            found = reader.read(message.text_folded, source=message.source, has_media=message.pk in media)
            assert (message.intent, message.sentiment, message.confidence) == (
                found.intent, found.sentiment, found.confidence,
            )  # fmt: skip
            assert (message.entities or {}) == found.entities
            if message.pk not in blocked:
                assert sorted(entries.get(message.pk, [])) == sorted(found.scoring)
                told = ProductInteraction.objects.filter(message=message).values_list("product", flat=True)
                assert set(told) == set(found.product_ids)
        assert leads
        assert not Message.objects.filter(direction="out").exclude(triaged_at=None).exists()

    def test_triage_and_the_others_find_nothing_to_do(self, seeded: datetime) -> None:
        before = list(Lead.objects.order_by("pk").values())
        assert run_once(drains_named(["triage", "contacts"])) == 0
        assert list(Lead.objects.order_by("pk").values()) == before


def scores_told(lead: Lead) -> list[str]:
    kinds = LeadActivity.objects.filter(lead=lead, kind=ActivityKind.SCORE_UPDATE).order_by("at", "pk")
    return list(kinds.values_list("new", flat=True))


class TestWhatWasDone:
    def test_steps_follow_on_each_other_and_end_at_what_the_lead_says(self, seeded: datetime) -> None:
        for lead in Lead.objects.select_related("stage"):
            steps = list(LeadActivity.objects.filter(lead=lead).order_by("pk"))
            assert steps[0].kind == ActivityKind.OPENED
            assert all(before.at <= after.at for before, after in pairwise(steps))
            assert all(step.at <= timezone.now() for step in steps)
            for kind, end in (
                (ActivityKind.SCORE_UPDATE, str(lead.score)),
                (ActivityKind.STAGE_CHANGE, lead.stage.slug),
            ):
                chain = [step for step in steps if step.kind == kind]
                assert all(before.new == after.old for before, after in pairwise(chain))
                assert not chain or chain[-1].new == end
            if lead.stage_by_person:
                assert (
                    lead.stage_changed_at == [step for step in steps if step.kind == ActivityKind.STAGE_CHANGE][-1].at
                )
        assert LeadActivity.objects.count() < 12 * Lead.objects.count()

    def test_owners_are_sellers_and_their_conversations_go_along(self, seeded: datetime, sellers: list[User]) -> None:
        owned = Lead.objects.exclude(owner=None)
        assert set(owned.values_list("owner", flat=True)) == {seller.pk for seller in sellers}
        assert 0 < Lead.objects.filter(owner=None).count() < Lead.objects.count() / 4
        for lead in Lead.objects.open().select_related("customer"):
            assert (lead.owner_id, lead.team_id) == (
                lead.customer.owner_id,
                sellers[0].team_id if lead.owner_id else None,
            )
        for conversation in Conversation.objects.open().select_related("identity__customer"):
            assert conversation.assignee_id == conversation.identity.customer.owner_id

    def test_values_and_follow_ups_are_where_they_belong(self, seeded: datetime) -> None:
        assert not Lead.objects.filter(outcome="won", value=None).exists()
        assert (
            not Lead.objects.filter(stage__slug__in=["intake", "nurture"], stage_by_person=True)
            .exclude(value=None)
            .exists()
        )
        assert set(Lead.objects.exclude(value=None).values_list("currency", flat=True)) == {"EGP"}
        planned = Lead.objects.exclude(next_follow_up_at=None)
        now = timezone.now()
        assert planned.filter(next_follow_up_at__lt=now).exists()
        assert planned.filter(next_follow_up_at__gt=now).exists()
        assert not planned.filter(next_follow_up_at__lt=seeded, reminded_at=None).exists()
        assert not planned.exclude(closed_at=None).exists()

    def test_types_follow_from_sales(self, seeded: datetime) -> None:
        for customer in Customer.objects.all():
            won = customer.leads.filter(outcome="won")
            worth = sum(lead.value or 0 for lead in won)
            assert customer.type == ("new" if not won else "vip" if worth >= 50_000 else "returning")

    def test_who_reached_the_threshold_is_qualified(self, seeded: datetime) -> None:
        for lead in Lead.objects.all():
            reached = [score for score in map(int, scores_told(lead)) if score >= QUALIFIED_FROM]
            qualification = Qualification.objects.filter(lead=lead).first()
            assert bool(qualification) == bool(reached)
            if qualification:
                assert qualification.score == reached[0]
                assert qualification.owner_id == lead.owner_id
                assert qualification.converted_at == (lead.closed_at if lead.outcome == "won" else None)
                wanted = ProductInteraction.objects.filter(lead=lead, at__lte=qualification.qualified_at)
                liked = set(wanted.exclude(kind="dislike").values_list("product", flat=True))
                assert set(qualification.products.values_list("pk", flat=True)) == liked
        assert Qualification.objects.exclude(contacted_at=None).exists()

    def test_ads_cost_something_every_day(self, seeded: datetime) -> None:
        days = PerformanceMetric.objects.filter(ad__isnull=False)
        assert {metric.currency for metric in days} == {"EGP"}
        assert days.filter(day=timezone.localdate(seeded), spend__gt=0, clicks__gt=0).count() == 24


class TestEdges:
    def test_where_nobody_works_yet_leads_are_nobodys(self) -> None:
        seed("--customers", "30", "--messages", "200")
        assert not Lead.objects.exclude(owner=None).exists()
        by_people = LeadActivity.objects.filter(automated=False)
        assert set(by_people.values_list("by", flat=True)) == {"import"}
        assert not by_people.exclude(actor=None).exists()

    def test_other_stages_than_the_shipped_ones_will_do(self) -> None:
        Stage.objects.filter(slug="nurture").delete()
        Stage.objects.filter(slug="converted").update(slug="sold")
        seed("--customers", "30", "--messages", "300")
        assert Lead.objects.filter(stage__slug="sold", outcome="won").exists()

    def test_the_same_seed_makes_the_same_leads(self, sellers: list[User]) -> None:
        def told() -> list[Any]:
            return list(
                Lead.objects.order_by("pk").values_list("stage__slug", "score", "value", "owner", "lost_reason")
            )

        seed("--customers", "40", "--messages", "300", "--seed", "one")
        first = told()
        seed("--remove")
        seed("--customers", "40", "--messages", "300", "--seed", "one")
        assert told() == first

    def test_removal_takes_all_of_it_and_nothing_else(self, sellers: list[User]) -> None:
        mine = make_lead(owner=sellers[0], assigned_at=timezone.now())
        tell_of_new_lead(mine, sellers[0])
        own = Product.objects.create(name="Our own", sku="DEMO-1")
        seed("--customers", "40", "--messages", "400")
        lead = Lead.objects.open().exclude(pk=mine.pk).filter(owner=sellers[0])[0]
        assign_lead(lead_id=lead.pk, owner=sellers[1], cause=Cause.person(sellers[0]))
        assert (Notification.objects.count(), Product.objects.count()) == (2, 11)

        seed("--remove")

        assert list(Lead.objects.all()) == [mine]
        assert list(Product.objects.all()) == [own]
        assert Notification.objects.get().user == sellers[0]
        for model in (LeadActivity, ScoreEntry, ProductInteraction, Qualification, PerformanceMetric, Message):
            assert not model._default_manager.exists()
