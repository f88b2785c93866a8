"""From messages to leads: what is opened, touched, scored and written down."""

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from campaigns.models import AdCampaign, Post
from crm.models import Customer
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.activities import Cause
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
from leads.services.customers import set_aspect
from leads.services.stages import move_lead
from leads.tests.factories import make_lead, stage
from leads.triage.drain import TriageDrain
from messaging.models import Conversation, Message
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db(transaction=True)


def triage() -> None:
    drain = TriageDrain()
    while drain.run_batch():
        pass


@pytest.fixture(autouse=True)
def own_rules() -> None:
    """Rules that a test can count on, instead of those that come along."""
    ClassificationRule.objects.all().delete()
    ScoringRule.objects.all().delete()
    for aspect, value, words in (
        ("intent", "price", "price\nhow much"),
        ("intent", "order", "i want to order"),
        ("label", "hot", "i want to order"),
        ("label", "cold", "not interested"),
        ("trade", "wholesale", "wholesale"),
    ):
        ClassificationRule.objects.create(aspect=aspect, value=value, keywords=words)
    for name, looks_for, value, points, ceiling in (
        ("asks the price", "intent", "price", 15, 30),
        ("orders", "intent", "order", 60, 60),
        ("came by an ad", "source", "ad", 10, 10),
    ):
        ScoringRule.objects.create(name=name, looks_for=looks_for, value=value, points=points, ceiling=ceiling)


def write(conversation: Conversation, text: str, minutes: int = 0, **fields: Any) -> Message:
    return make_message(conversation, text=text, at=NOON + timedelta(minutes=minutes), **fields)


def test_a_strangers_message_opens_a_lead_and_says_why() -> None:
    message = write(make_conversation(), "What is the price?")
    triage()
    lead = Lead.objects.get()
    assert (lead.stage.slug, lead.score, lead.owner, lead.opened_at) == ("intake", 15, None, message.at)
    assert (lead.first_message, lead.first_source, lead.last_message) == (message, "direct", message)
    entry = ScoreEntry.objects.get()
    assert (entry.lead, entry.rule.name, entry.message, entry.points) == (lead, "asks the price", message, 15)
    kinds = list(LeadActivity.objects.order_by("id").values_list("kind", "old", "new", "automated", "message_id"))
    assert kinds == [("opened", "", "intake", True, message.pk), ("score_update", "0", "15", True, message.pk)]
    message.refresh_from_db()
    assert message.triaged_at
    assert message.intent == "price"
    assert 0 < (message.confidence or 0) <= 1


def test_what_was_triaged_is_not_triaged_again() -> None:
    write(make_conversation(), "price please")
    triage()
    before = _everything()
    triage()
    Message.objects.update(triaged_at=None)
    triage()
    assert _everything() == before


def test_our_own_messages_open_nothing() -> None:
    write(make_conversation(), "The price is 10", direction="out")
    triage()
    assert not Lead.objects.exists()


def test_the_first_touch_stays_and_the_last_is_the_newest_with_an_origin() -> None:
    channel = make_channel()
    post = Post.objects.create(channel=channel, external_id="p", first_seen_at=NOON)
    ad = AdCampaign.objects.create(channel=channel, ad_id="a", post=post, first_seen_at=NOON)
    talk = make_conversation(make_identity(channel))
    hello = write(talk, "hello")
    triage()
    clicked = write(talk, "hi again", 5, source="ad", ad=ad, post=post)
    write(talk, "anybody there?", 6)
    triage()
    lead = Lead.objects.get()
    assert (lead.first_message, lead.first_source, lead.first_ad) == (hello, "direct", None)
    assert (lead.last_message, lead.last_source, lead.last_ad, lead.last_post) == (clicked, "ad", ad, post)
    earlier = write(talk, "came late", -5, source="comment", post=post)
    triage()
    lead.refresh_from_db()
    assert (lead.first_message, lead.first_post, lead.opened_at) == (earlier, post, earlier.at)
    assert lead.last_message == clicked


def test_a_message_after_the_sale_opens_a_new_lead_and_one_from_before_does_not() -> None:
    talk = make_conversation()
    write(talk, "I want to order")
    triage()
    sold = Lead.objects.get()
    move_lead(lead_id=sold.pk, to=stage("converted"), cause=Cause.person(make_user()))
    late = write(talk, "price?", 1)
    triage()
    assert Lead.objects.get() == sold
    assert ScoreEntry.objects.filter(lead=sold, message=late).exists()
    again = make_message(talk, text="price?", at=timezone.now() + timedelta(minutes=1))
    triage()
    assert Lead.objects.get(closed_at=None).first_message == again
    sold.refresh_from_db()
    assert (sold.stage.slug, sold.outcome) == ("converted", "won")


def test_the_score_moves_a_lead_forward_and_never_back() -> None:
    talk = make_conversation()
    write(talk, "i want to order")
    triage()
    lead = Lead.objects.get()
    assert (lead.score, lead.stage.slug) == (60, "qualified")
    change = LeadActivity.objects.get(kind=ActivityKind.STAGE_CHANGE)
    assert (change.old, change.new, change.automated, change.by) == ("intake", "qualified", True, "rule")
    ScoringRule.objects.create(name="leaves", looks_for="keyword", keywords="goodbye", points=-50, ceiling=50)
    write(talk, "goodbye", 1)
    triage()
    lead.refresh_from_db()
    assert (lead.score, lead.stage.slug) == (10, "qualified")


def test_a_stage_that_a_colleague_chose_stays() -> None:
    talk = make_conversation()
    write(talk, "hello")
    triage()
    lead = Lead.objects.get()
    move_lead(lead_id=lead.pk, to=stage("nurture"), cause=Cause.person(make_user()))
    write(talk, "i want to order", 1)
    triage()
    lead.refresh_from_db()
    assert (lead.score, lead.stage.slug) == (60, "nurture")


def test_a_stage_that_does_not_advance_is_passed_by() -> None:
    Stage.objects.filter(slug="qualified").update(advances=False)
    write(make_conversation(), "i want to order")
    triage()
    assert Lead.objects.get().stage.slug == "nurture"


def test_a_lead_is_qualified_once() -> None:
    product = Product.objects.create(name="Linen dress")
    talk = make_conversation()
    write(talk, "how much is the linen dress?")
    write(talk, "i want to order", 1)
    triage()
    qualification = Qualification.objects.get()
    assert (qualification.score, qualification.lead) == (75, Lead.objects.get())
    assert list(qualification.products.all()) == [product]
    assert qualification.profile["label"] == "hot"
    assert "i want to order" in qualification.summary
    assert qualification.summary.startswith("order, price")
    write(talk, "price?", 2)
    triage()
    assert Qualification.objects.get().score == 75
    assert LeadActivity.objects.filter(kind=ActivityKind.QUALIFIED).count() == 1


def test_interest_in_products() -> None:
    dress, shirt = (Product.objects.create(name=name) for name in ("Linen dress", "Silk shirt"))
    talk = make_conversation()
    write(talk, "is the linen dress or the silk shirt warmer?")
    triage()
    assert set(ProductInteraction.objects.values_list("product", "kind")) == {
        (dress.pk, "compare"),
        (shirt.pk, "compare"),
    }


def test_customers_are_read_and_the_newest_word_decides_whatever_order_it_comes_in() -> None:
    talk = make_conversation()
    write(talk, "not interested", 10)
    triage()
    write(talk, "i want to order wholesale", 5)
    triage()
    customer = talk.identity.customer
    customer.refresh_from_db()
    assert (customer.label, customer.trade) == ("cold", "wholesale")
    change = LeadActivity.objects.get(kind=ActivityKind.LABEL_CHANGE)
    assert (change.old, change.new, change.reason) == ("", "cold", "not interested")


def test_what_a_person_set_is_not_overwritten() -> None:
    talk = make_conversation()
    set_aspect(customer_id=talk.identity.customer_id, aspect="label", value="warm", cause=Cause.person(make_user()))
    write(talk, "i want to order")
    triage()
    assert Customer.objects.get(pk=talk.identity.customer_id).label == "warm"


def test_who_is_blocked_opens_no_lead() -> None:
    talk = make_conversation(make_identity(customer=make_customer(blocked=True)))
    message = write(talk, "price?")
    triage()
    message.refresh_from_db()
    assert message.triaged_at
    assert not Lead.objects.exists()


def test_a_lead_opened_by_hand_is_gone_on_with_and_keeps_its_owner() -> None:
    seller, talk = make_user(), make_conversation()
    lead = make_lead(talk.identity.customer, owner=seller)
    message = write(talk, "price?")
    triage()
    lead.refresh_from_db()
    assert (Lead.objects.get(), lead.first_message, lead.owner) == (lead, message, seller)


def test_a_known_customers_new_lead_belongs_to_their_owner() -> None:
    seller = make_user()
    write(make_conversation(make_identity(customer=make_customer(owner=seller))), "price?")
    triage()
    assert Lead.objects.get().owner == seller
    assert LeadActivity.objects.get(kind=ActivityKind.ASSIGNMENT).new == str(seller.pk)


def test_one_message_that_cannot_be_triaged_is_set_aside_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.text = 'poison' THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER poison BEFORE UPDATE ON messaging_message FOR EACH ROW EXECUTE FUNCTION poison();
        """)
    try:
        for number in range(100):
            write(make_conversation(), "poison" if number == 37 else "price?", number)
        drain = TriageDrain()
        while drain.run_batch():
            pass
        failure = TriageFailure.objects.get()
        assert failure.message.text == "poison"
        assert "RaiseException" in failure.reason
        assert Lead.objects.count() == 99
        assert Message.objects.untriaged().get() == failure.message
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER poison ON messaging_message; DROP FUNCTION poison()")
    TriageFailure.objects.update(next_attempt_at=timezone.now())
    triage()
    assert Lead.objects.count() == 100
    assert not TriageFailure.objects.exists()


def test_drains_side_by_side_in_any_order_end_in_the_same_leads() -> None:
    channel = make_channel()
    ad = AdCampaign.objects.create(channel=channel, ad_id="a", first_seen_at=NOON)
    words = ["hello", "price?", "i want to order", "not interested", "wholesale?", "how much"]
    talks = [make_conversation(make_identity(channel)) for _ in range(12)]
    chance = random.Random(7)
    for number in range(240):
        origin = {"source": "ad", "ad": ad} if chance.random() < 0.2 else {}
        write(chance.choice(talks), chance.choice(words), chance.randrange(10_000), external_id=str(number), **origin)
    outcomes = []
    for shuffle in range(6):
        _forget_leads()
        _triage_in_pieces(random.Random(shuffle))
        outcomes.append(_everything())
    assert all(outcome == outcomes[0] for outcome in outcomes[1:])
    assert len(outcomes[0]["leads"]) == len({talk.pk for talk in talks if talk.messages.exists()})


def _triage_in_pieces(chance: random.Random) -> None:
    """Let messages become visible in random portions while three drains run."""
    numbers = list(Message.objects.values_list("pk", flat=True))
    chance.shuffle(numbers)
    hidden = timezone.now()
    Message.objects.update(triaged_at=hidden)
    stop = threading.Event()

    def work() -> None:
        drain = TriageDrain(batch_size=chance.choice((3, 17, 50)))
        while drain.run_batch() or not stop.is_set():
            pass
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    while numbers:
        size = chance.randrange(1, 60)
        Message.objects.filter(pk__in=numbers[:size]).update(triaged_at=None)
        numbers = numbers[size:]
    stop.set()
    for thread in threads:
        thread.join()
    triage()


def _forget_leads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE leads_lead CASCADE")
    Customer.objects.update(label="", trade="", type="new", persona="", read_from={})


def _everything() -> dict[str, Any]:
    touches = (
        "first_message",
        "first_source",
        "first_ad",
        "last_message",
        "last_source",
        "last_ad",
        "opened_at",
        "score",
    )
    return {
        "leads": sorted(Lead.objects.values_list("customer", *touches)),
        "entries": sorted(
            ScoreEntry.objects.values_list("lead__customer", "rule", "message", "points", "superseded_at")
        ),
        "customers": sorted(Customer.objects.values_list("pk", "label", "trade", "type")),
        "messages": sorted(Message.objects.values_list("pk", "intent", "sentiment")),
        "untriaged": Message.objects.untriaged().count(),
    }
