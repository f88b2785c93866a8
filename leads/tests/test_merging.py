"""Merging customers who have leads: what is joined, what is kept, and that undoing gives all of it back."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import AdCampaign, Post
from crm.drains import run_once
from crm.merging import MergeRefused, merge_customers, undo_merge
from crm.merging.children import RECORDS, children, column_of, name_of
from crm.models import Consent, Customer, CustomerMerge, Note, Tag, User
from crm.services import add_note
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.activities import Cause, record
from leads.locks import lock_customers
from leads.models import (
    ActivityKind,
    Lead,
    LeadActivity,
    Outcome,
    Priority,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
)
from leads.scores import scores_of
from leads.services.stages import MoveRefused, move_lead
from leads.tests.factories import make_lead, stage
from leads.tests.snapshots import all_tables, differences
from leads.triage.drain import TriageDrain
from messaging.models import Message
from messaging.tests.factories import NOON, make_conversation, make_message

DAY = timedelta(days=1)


POINTING_AT_CUSTOMERS = """
    SELECT conrelid::regclass::text, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND confrelid = 'crm_customer'::regclass
"""


def make_rule(points: int = 20, **fields: Any) -> ScoringRule:
    return ScoringRule.objects.create(
        name=f"Rule {ScoringRule.objects.count()}", looks_for="message", points=points, is_active=False, **fields
    )


COPIED = {"message_id": "id", "source": "source", "post_id": "post_id", "ad_id": "ad_id", "touch_at": "at"}


def touched_by(first: Message, last: Message) -> dict[str, Any]:
    """Return the columns of a lead's touches."""
    ends = {"first": first, "last": last}
    return {f"{end}_{name}": getattr(message, COPIED[name]) for end, message in ends.items() for name in COPIED}


class Person:
    """A customer on a channel of their own, with an open lead and one of everything that hangs on either."""

    def __init__(self, name: str, *, began: int, rule: ScoringRule, product: Product, **fields: Any) -> None:
        """`began` is the day after noon of the first message."""
        at = NOON + began * DAY
        self.customer = make_customer(name=name, **fields)
        self.identity = make_identity(make_channel(), customer=self.customer, name=name)
        self.talk = make_conversation(self.identity)
        self.first = self.hears(at)
        self.last = self.hears(at + timedelta(hours=1))
        self.lead = make_lead(self.customer, opened_at=at, **touched_by(self.first, self.last))
        for message in (self.first, self.last):
            ScoreEntry.objects.create(lead=self.lead, rule=rule, message=message, points=rule.points, at=message.at)
        Lead.objects.filter(pk=self.lead.pk).update(score=scores_of([self.lead.pk])[self.lead.pk])
        ProductInteraction.objects.create(
            customer=self.customer, lead=self.lead, product=product, kind="like", message=self.first, at=at
        )
        record(ActivityKind.OPENED, lead=self.lead, new="intake", cause=Cause.rule("", self.first.pk))
        record(ActivityKind.LABEL_CHANGE, lead=self.lead, new="hot", cause=Cause.rule("", self.first.pk))
        Note.objects.create(customer=self.customer, text=f"About {name}")
        Consent.objects.create(customer=self.customer, identity=self.identity, granted=True, source="message", at=at)
        self.customer.tags.add(Tag.objects.get_or_create(name="both")[0], Tag.objects.create(name=f"Tag {name}"))

    def hears(self, at: Any, **fields: Any) -> Message:
        return make_message(self.talk, at=at, triaged_at=at, **fields)


class World:
    """Two customers that are one person: Mona came first, Mona 2 later."""

    def __init__(self) -> None:
        self.boss = make_user("boss@shop.example")
        ScoringRule.objects.all().delete()
        rule, product = make_rule(), Product.objects.create(name="Blue dress")
        self.mona = Person("Mona", began=0, rule=rule, product=product)
        self.other = Person(
            "Mona 2", began=3, rule=rule, product=product, email="mona@mail.example", label="hot", city="Giza"
        )
        closed = make_lead(
            self.other.customer,
            in_stage="converted",
            outcome="won",
            opened_at=NOON - 9 * DAY,
            closed_at=NOON - 8 * DAY,
            value=50,
        )
        Qualification.objects.create(lead=closed, score=60, qualified_at=NOON)
        Qualification.objects.create(lead=self.other.lead, score=55, qualified_at=NOON).products.add(product)
        soon = timezone.now() + DAY
        Lead.objects.filter(pk=self.other.lead.pk).update(
            value=Decimal("120.50"),
            currency="EGP",
            owner=self.boss,
            next_follow_up_at=soon,
            next_step="Call",
            priority=Priority.HIGH,
        )

    def merge(self, *, keep_other: bool = False) -> CustomerMerge:
        kept, merged = self.mona.customer.pk, self.other.customer.pk
        if keep_other:
            kept, merged = merged, kept
        return merge_customers(kept_id=kept, merged_id=merged, by=self.boss, reason="same phone")

    def lead(self, person: Person) -> Lead:
        return Lead.objects.get(pk=person.lead.pk)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.django_db
class TestMerging:
    def test_children_are_all_that_points_at_customers_by_the_database_itself(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(POINTING_AT_CUSTOMERS)
            pointing = set(cursor.fetchall())
        moved = {(column.model._meta.db_table, column.column) for column in children()}
        left = {(column_of(name).model._meta.db_table, column_of(name).column) for name in RECORDS}
        assert moved | left == pointing
        assert not moved & left

    def test_every_child_moves(self, world: World) -> None:
        counted = {name_of(column): column.model._base_manager.count() for column in children()}
        assert all(counted.values()), "each table that hangs on customers has rows here"
        world.merge()
        left = {
            name_of(column): column.model._base_manager.filter(**{column.name: world.other.customer}).count()
            for column in children()
        }
        assert {name: count for name, count in left.items() if count} == {"crm.customer_tags.customer": 1}
        assert world.mona.customer.tags.count() == 3
        assert {name_of(column): column.model._base_manager.count() for column in children()} == {
            **counted,
            "leads.leadactivity.customer": counted["leads.leadactivity.customer"] + 1,
        }

    @pytest.mark.parametrize("keep_other", [False, True])
    def test_the_older_lead_stays_open_whichever_customer_stays(self, world: World, keep_other: bool) -> None:
        merge = world.merge(keep_other=keep_other)
        stays, goes = world.lead(world.mona), world.lead(world.other)
        assert Lead.objects.open().get() == stays
        assert stays.customer_id == goes.customer_id == merge.kept_id
        assert (goes.outcome, goes.merged_into, goes.lost_reason) == (Outcome.MERGED, stays, "")
        assert goes.next_follow_up_at is None
        assert list(Lead.objects.not_merged().filter(customer=merge.kept_id).order_by("pk")) == [
            stays,
            Lead.objects.get(outcome="won"),
        ]

    def test_it_takes_over_what_only_the_younger_had(self, world: World) -> None:
        world.merge()
        stays = world.lead(world.mona)
        assert (stays.value, stays.currency, stays.owner, stays.priority) == (
            Decimal("120.50"),
            "EGP",
            world.boss,
            Priority.HIGH,
        )
        assert (stays.next_step, stays.next_follow_up_at) == ("Call", stays.next_follow_up_at)
        assert stays.qualification.score == 55
        assert Qualification.objects.count() == 2

    def test_what_both_had_stays_that_of_the_older(self, world: World) -> None:
        ana = make_user("ana@shop.example")
        Lead.objects.filter(pk=world.mona.lead.pk).update(value=900, currency="USD", owner=ana)
        Qualification.objects.create(lead=world.mona.lead, score=77, qualified_at=NOON)
        world.merge()
        stays = world.lead(world.mona)
        assert (stays.value, stays.currency, stays.owner, stays.qualification.score) == (Decimal(900), "USD", ana, 77)
        assert world.lead(world.other).qualification.score == 55

    def test_its_score_rests_on_the_entries_of_both(self, world: World) -> None:
        before = world.lead(world.mona).score
        world.merge()
        stays = world.lead(world.mona)
        assert stays.score_entries.count() == 4
        assert (before, stays.score) == (40, 80)

    def test_a_stage_further_along_is_kept_unless_a_colleague_chose_the_other(self, world: World) -> None:
        Lead.objects.filter(pk=world.other.lead.pk).update(stage=stage("hot"))
        merge = world.merge()
        assert world.lead(world.mona).stage.slug == "hot"
        assert LeadActivity.objects.filter(lead=world.mona.lead, kind="stage_change", old="intake", new="hot").exists()
        undo_merge(merge_id=merge.pk, by=world.boss)
        Lead.objects.filter(pk=world.mona.lead.pk).update(stage_by_person=True)
        world.merge()
        assert world.lead(world.mona).stage.slug == "intake"

    def test_the_steps_of_the_younger_stay_with_it_and_what_tells_of_the_person_goes_along(self, world: World) -> None:
        world.merge()
        kinds = {
            lead: sorted(LeadActivity.objects.filter(lead=lead).values_list("kind", flat=True))
            for lead in (world.mona.lead, world.other.lead)
        }
        assert kinds[world.mona.lead] == ["label_change", "label_change", "merge", "opened"]
        assert kinds[world.other.lead] == ["opened"]

    def test_a_merged_lead_is_moved_no_more(self, world: World) -> None:
        world.merge()
        with pytest.raises(MoveRefused, match="merged"):
            move_lead(lead_id=world.other.lead.pk, to=stage("hot"), cause=Cause.person(world.boss))


@pytest.mark.django_db
class TestTouches:
    def merged_with(self, world: World, *, mona: dict[str, Any], other: dict[str, Any]) -> Lead:
        """Merge where the newest message of each is of this kind; return the lead that stays."""
        for person, day, fields in ((world.mona, 5, mona), (world.other, 6, other)):
            newest = person.hears(NOON + day * DAY, **fields)
            Lead.objects.filter(pk=person.lead.pk).update(**touched_by(person.first, newest))
        world.merge()
        return world.lead(world.mona)

    def test_the_first_is_the_earlier_one_even_where_the_younger_lead_has_it(self, world: World) -> None:
        early = world.other.hears(NOON - DAY, source="ad", ad=make_ad(world.other))
        Lead.objects.filter(pk=world.other.lead.pk).update(**touched_by(early, world.other.last))
        world.merge()
        stays = world.lead(world.mona)
        assert (stays.first_message, stays.first_source, stays.first_ad) == (early, "ad", early.ad)

    def test_the_last_is_the_newest_with_an_origin(self, world: World) -> None:
        post = make_post(world.mona)
        stays = self.merged_with(world, mona={"source": "comment", "post": post}, other={})
        assert (stays.last_source, stays.last_post, stays.last_touch_at) == ("comment", post, NOON + 5 * DAY)

    def test_where_neither_has_one_the_newest_of_all(self, world: World) -> None:
        assert self.merged_with(world, mona={}, other={}).last_touch_at == NOON + 6 * DAY

    def test_where_both_have_one_the_newer(self, world: World) -> None:
        stays = self.merged_with(world, mona={"source": "ad", "ad": make_ad(world.mona)}, other={"source": "story"})
        assert (stays.last_source, stays.last_ad) == ("story", None)


def close(lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(closed_at=NOON + 4 * DAY, outcome="won", stage=stage("converted"))


def make_ad(person: Person) -> AdCampaign:
    return AdCampaign.objects.create(channel=person.identity.channel, ad_id="77", first_seen_at=NOON)


def make_post(person: Person) -> Post:
    return Post.objects.create(channel=person.identity.channel, external_id="p", first_seen_at=NOON)


@pytest.mark.django_db
class TestUndo:
    @pytest.mark.parametrize("keep_other", [False, True])
    def test_it_restores_every_row_of_every_table(self, world: World, keep_other: bool) -> None:
        Lead.objects.filter(pk=world.other.lead.pk).update(stage=stage("hot"), profile={"size": "M"})
        before = all_tables()
        merge = world.merge(keep_other=keep_other)
        changed = differences(before, all_tables())
        assert len(changed) > 15
        undo_merge(merge_id=merge.pk, by=world.boss)
        left = differences(before, all_tables())
        added = {name: row for name, (row, _) in left.items() if row is None}
        assert set(left) == set(added), {name: rows for name, rows in left.items() if name not in added}
        assert {name.split(":")[0] for name in added} == {"leads.leadactivity"}
        assert set(LeadActivity.objects.filter(kind="merge").values_list("customer", flat=True)) == {
            world.mona.customer.pk,
            world.other.customer.pk,
        }

    def test_merging_again_and_undoing_again_ends_the_same(self, world: World) -> None:
        undo_merge(merge_id=world.merge().pk, by=world.boss)
        before = all_tables()
        undo_merge(merge_id=world.merge(keep_other=True).pk, by=world.boss)
        assert all(row is None for row, _ in differences(before, all_tables()).values())

    def test_what_came_since_goes_with_its_identity_and_else_stays(self, world: World) -> None:
        merge = world.merge()
        ScoringRule.objects.update(is_active=True)
        words = make_message(world.other.talk, at=timezone.now(), source="story")
        run_once({"triage": TriageDrain()})
        consent = Consent.objects.create(
            customer_id=merge.kept_id, identity=world.other.identity, granted=False, source="message", at=NOON + 9 * DAY
        )
        note = add_note(customer=world.mona.customer, author=world.boss, text="Wants it in blue")
        stays = world.lead(world.mona)
        assert (stays.last_message, stays.score) == (words, 100)

        undo_merge(merge_id=merge.pk, by=world.boss)
        mona, other = world.lead(world.mona), world.lead(world.other)
        assert (other.last_message, other.last_source, mona.last_message) == (words, "story", world.mona.last)
        assert (mona.score, other.score) == (40, 60)
        consent.refresh_from_db()
        note.refresh_from_db()
        assert (consent.customer, note.customer) == (world.other.customer, world.mona.customer)
        assert set(LeadActivity.objects.filter(message=words).values_list("customer", "lead")) == {
            (world.other.customer.pk, other.pk)
        }

    def test_what_a_colleague_changed_since_stays(self, world: World) -> None:
        merge = world.merge()
        Lead.objects.filter(pk=world.mona.lead.pk).update(value=999)
        Customer.objects.filter(pk=merge.kept_id).update(label="cold")
        undo_merge(merge_id=merge.pk, by=world.boss)
        mona = world.lead(world.mona)
        assert (mona.value, mona.owner, mona.customer.label, mona.customer.city) == (Decimal(999), None, "cold", "")

    def test_a_lead_that_their_message_opened_since_goes_with_them(self, world: World) -> None:
        Lead.objects.filter(pk=world.other.lead.pk).update(closed_at=NOON, outcome="won", stage=stage("converted"))
        merge = world.merge()
        move_lead(lead_id=world.mona.lead.pk, to=stage("converted"), cause=Cause.person(world.boss))
        words = make_message(world.other.talk, at=timezone.now() + DAY)
        run_once({"triage": TriageDrain()})
        opened = Lead.objects.open().get()
        assert (opened.customer, opened.first_message) == (world.mona.customer, words)
        undo_merge(merge_id=merge.pk, by=world.boss)
        opened.refresh_from_db()
        assert opened.customer == world.other.customer
        assert set(opened.activities.values_list("customer", flat=True)) == {world.other.customer.pk}

    @pytest.mark.parametrize("writes", ["mona", "other"])
    @pytest.mark.parametrize("has_lead", ["mona", "other"])
    def test_what_they_wrote_since_leaves_a_lead_that_only_one_of_them_had(
        self, world: World, has_lead: str, writes: str
    ) -> None:
        owner, writer = getattr(world, has_lead), getattr(world, writes)
        nobodys = world.other if has_lead == "mona" else world.mona
        close(nobodys.lead)
        merge = world.merge()
        ScoringRule.objects.update(is_active=True)
        words = make_message(writer.talk, at=timezone.now(), source="story")
        run_once({"triage": TriageDrain()})
        assert (world.lead(owner).last_message, world.lead(owner).score) == (words, 60)

        undo_merge(merge_id=merge.pk, by=world.boss)
        lead = world.lead(owner)
        if writer is owner:
            assert (lead.last_message, lead.score) == (words, 60)
            assert Lead.objects.open().get() == lead
            return
        assert (lead.last_message, lead.last_source, lead.score) == (owner.last, "direct", 40)
        theirs = Lead.objects.open().get(customer=writer.customer)
        assert (theirs.first_message, theirs.last_message, theirs.score) == (words, words, 20)
        assert (theirs.first_source, theirs.opened_at, theirs.stage.slug) == ("story", words.at, "intake")
        assert set(ScoreEntry.objects.filter(message=words).values_list("lead", flat=True)) == {theirs.pk}
        assert set(LeadActivity.objects.filter(message=words).values_list("customer", "lead")) == {
            (writer.customer.pk, theirs.pk)
        }
        assert list(theirs.activities.order_by("pk").values_list("kind", flat=True))[-2:] == ["opened", "merge"]

    def test_it_opens_no_lead_for_who_is_blocked_or_wrote_before_it_was_closed(self, world: World) -> None:
        close(world.other.lead)
        merge = world.merge()
        make_message(world.other.talk, at=timezone.now())
        run_once({"triage": TriageDrain()})
        Customer.objects.filter(pk=world.other.customer.pk).update(blocked=True)
        undo_merge(merge_id=merge.pk, by=world.boss)
        assert Lead.objects.open().get() == world.mona.lead
        Customer.objects.update(blocked=False)
        merge = world.merge()
        make_message(world.other.talk, at=timezone.now())
        run_once({"triage": TriageDrain()})
        move_lead(lead_id=world.mona.lead.pk, to=stage("converted"), cause=Cause.person(world.boss))
        undo_merge(merge_id=merge.pk, by=world.boss)
        assert not Lead.objects.open().exists()

    def test_it_is_refused_where_two_leads_would_be_open(self, world: World) -> None:
        merge = world.merge()
        move_lead(lead_id=world.mona.lead.pk, to=stage("converted"), cause=Cause.person(world.boss))
        make_message(world.other.talk, at=timezone.now() + DAY)
        run_once({"triage": TriageDrain()})
        before = all_tables()
        with pytest.raises(MergeRefused, match="Another lead was opened since"):
            undo_merge(merge_id=merge.pk, by=world.boss)
        assert differences(before, all_tables()) == {}

    def test_out_of_order_it_is_refused_by_name(self, world: World) -> None:
        first = world.merge()
        third = make_customer(name="Third")
        second = merge_customers(kept_id=third.pk, merged_id=first.kept_id, by=world.boss)
        with pytest.raises(MergeRefused, match="Mona was merged into Third since"):
            undo_merge(merge_id=first.pk, by=world.boss)
        undo_merge(merge_id=second.pk, by=world.boss)
        undo_merge(merge_id=first.pk, by=world.boss)
        with pytest.raises(MergeRefused, match="undone before"):
            undo_merge(merge_id=first.pk, by=world.boss)
        assert not Customer.objects.exclude(merged_into=None).exists()
        assert world.lead(world.other).is_open

    def test_a_chain_keeps_all_leads_with_the_last(self, world: World) -> None:
        third = Person("Third", began=9, rule=ScoringRule.objects.get(), product=Product.objects.get())
        world.merge()
        merge_customers(kept_id=third.customer.pk, merged_id=world.mona.customer.pk, by=world.boss)
        assert set(Lead.objects.values_list("customer", flat=True)) == {third.customer.pk}
        assert Lead.objects.open().get() == world.mona.lead
        assert world.lead(third).merged_into == world.mona.lead


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    ROUNDS = 8

    def test_messages_under_triage_lose_nothing_and_open_nothing_twice(self) -> None:
        boss = make_user("boss@shop.example")
        rule, product = make_rule(points=1), Product.objects.create(name="Blue dress")
        ScoringRule.objects.update(is_active=True)
        pairs = []
        for number in range(self.ROUNDS):
            pair = [Person(f"P{number}{side}", began=side, rule=rule, product=product) for side in (0, 1)]
            Lead.objects.filter(pk=pair[number % 2].lead.pk).update(
                closed_at=NOON, outcome="won", stage=stage("converted")
            )
            for person in pair:
                for minute in range(5):
                    make_message(person.talk, at=timezone.now() + timedelta(minutes=minute))
            pairs.append(pair)
        failures = in_parallel(
            lambda: run_once({"triage": TriageDrain(batch_size=3)}),
            lambda: run_once({"triage": TriageDrain(batch_size=3)}),
            lambda: merge_until_done(pairs, boss),
        )
        run_once({"triage": TriageDrain()})
        assert not failures
        assert not Message.objects.untriaged().exists()
        merged = Customer.objects.exclude(merged_into=None)
        assert merged.count() == self.ROUNDS
        assert not Lead.objects.filter(customer__in=merged).exists()
        assert Lead.objects.open().count() == self.ROUNDS
        for lead in Lead.objects.open():
            written = Message.objects.inbound().filter(
                conversation__identity__customer=lead.customer, at__gt=NOON + 30 * DAY
            )
            found = ScoreEntry.objects.filter(message__in=written, superseded_at=None, rule=rule)
            assert set(found.values_list("message", flat=True)) == set(written.values_list("pk", flat=True))

    def test_it_waits_for_whoever_works_on_their_leads_and_takes_along_what_they_opened(self) -> None:
        boss = make_user("boss@shop.example")
        kept, merged = make_customer(), make_customer()
        failures: list[BaseException] = []

        def merge() -> None:
            failures.extend(in_parallel(lambda: merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss)))

        waiting = threading.Thread(target=merge)
        with transaction.atomic():
            lock_customers([merged.pk])
            waiting.start()
            waiting.join(0.7)
            assert waiting.is_alive()
            make_lead(merged)
        waiting.join()
        assert not failures
        assert Lead.objects.get().customer == kept

    def test_it_waits_for_a_note_that_is_being_added_and_takes_it_along(self) -> None:
        boss = make_user("boss@shop.example")
        kept, merged = make_customer(), make_customer()
        waiting = threading.Thread(
            target=lambda: in_parallel(lambda: merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss))
        )
        with transaction.atomic():
            add_note(customer=merged, author=boss, text="Wants it in blue")
            waiting.start()
            waiting.join(0.7)
            assert waiting.is_alive()
        waiting.join()
        assert Note.objects.get().customer == kept

    def test_of_two_colleagues_who_undo_the_same_one_is_told(self) -> None:
        boss = make_user("boss@shop.example")
        rule, product = make_rule(), Product.objects.create(name="Blue dress")
        pair = [Person(f"P{side}", began=side, rule=rule, product=product) for side in (0, 1)]
        before = all_tables()
        merge = merge_customers(kept_id=pair[0].customer.pk, merged_id=pair[1].customer.pk, by=boss)
        refused: list[str] = []

        def undo() -> None:
            try:
                undo_merge(merge_id=merge.pk, by=boss)
            except MergeRefused as error:
                refused.append(str(error))

        assert not in_parallel(undo, undo)
        assert refused == ["This merge was undone before."]
        assert all(row is None for row, _ in differences(before, all_tables()).values())

    def test_of_two_colleagues_one_merges_and_the_other_is_told(self) -> None:
        boss = make_user("boss@shop.example")
        one, other = make_customer(), make_customer()
        refused: list[str] = []

        def merge(kept: Customer, merged: Customer) -> None:
            try:
                merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=boss)
            except MergeRefused as error:
                refused.append(str(error))

        assert not in_parallel(lambda: merge(one, other), lambda: merge(other, one))
        assert len(refused) == 1
        assert CustomerMerge.objects.count() == 1


def merge_until_done(pairs: list[list[Person]], boss: User) -> None:
    """Merge as a colleague would, who tries again when told to."""
    waiting = list(pairs)
    while waiting:
        kept, merged = waiting[0]
        try:
            merge_customers(kept_id=kept.customer.pk, merged_id=merged.customer.pk, by=boss)
        except MergeRefused:
            continue
        waiting.pop(0)


def in_parallel(*work: Any) -> list[BaseException]:
    """Run each in a thread of its own; return what they raised."""
    failures: list[BaseException] = []

    def run(one: Any) -> None:
        try:
            one()
        except BaseException as error:  # handed back to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
