"""What the rules read in a message."""

from importlib import import_module
from time import process_time
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from crm.folding import fold
from crm.models import Customer
from leads.models import Aspect, ClassificationRule, Product, ScoringRule
from leads.reading.contacts import gives_contact
from leads.reading.reader import Found, Reader, Reading
from leads.shipped_rules.classification import shipped
from leads.shipped_rules.scoring import SCORING
from leads.tests.sentences import SENTENCES, Sentence
from messaging.models import Message

pytestmark = pytest.mark.django_db

seeding = import_module("leads.migrations.0004_seed_rules")


def read(reader: Reader, text: str, **about: Any) -> Reading:
    return reader.read(fold(text), **{"source": "direct", "has_media": False, **about})


def rule(keywords: str, **fields: Any) -> ClassificationRule:
    fields = {"aspect": "intent", "value": "price", "weight": 1, "order": 1, **fields}
    return ClassificationRule(keywords=keywords, **fields)


@pytest.fixture(scope="module")
def shipped_reader(django_db_setup: None, django_db_blocker: Any) -> Reader:
    with django_db_blocker.unblock():
        return Reader.load()


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.text)
def test_the_shipped_rules_read_what_customers_write(sentence: Sentence, shipped_reader: Reader) -> None:
    reading = read(shipped_reader, sentence.text)
    told = {"sentiment": reading.sentiment} | {aspect: found.value for aspect, found in reading.aspects.items()}
    expected = dict(part.split("=") for part in sentence.rest.split())
    assert reading.intent == sentence.intent
    assert {aspect: told.get(aspect, "") for aspect in expected} == expected


def test_every_shipped_rule_can_be_the_one_that_tells(shipped_reader: Reader) -> None:
    """Each phrase alone brings its own value, unless a heavier or longer one of the aspect is meant by it too."""
    told = {(rule.aspect, rule.value) for rule in shipped()}
    seen: set[tuple[str, str]] = set()
    for sentence in SENTENCES:
        reading = read(shipped_reader, sentence.text)
        seen |= {("intent", reading.intent), ("sentiment", reading.sentiment)}
        seen |= {(aspect, found.value) for aspect, found in reading.aspects.items()}
    assert told <= seen, "a sentence for each"


def test_the_values_of_shipped_rules_are_those_of_customers_and_messages() -> None:
    choices = {"label": Customer.Label, "trade": Customer.Trade, "type": Customer.Type, "persona": Customer.Persona}
    for entry in shipped():
        assert entry.aspect in Aspect.values
        if entry.aspect in choices:
            assert entry.value in choices[entry.aspect].values
        assert all(line.removeprefix("!").strip() == line.removeprefix("!") for line in entry.keywords.splitlines())
    intents = {entry.value for entry in shipped() if entry.aspect == "intent"}
    for points in SCORING:
        assert points.looks_for in ScoringRule.Looks.values
        if points.looks_for == "intent":
            assert points.value in intents
        if points.looks_for == "source":
            assert points.value in Message.Source.values
        ScoringRule.objects.get(name=points.name).full_clean()


class TestWinner:
    def test_the_largest_sum_of_weights_wins(self) -> None:
        ClassificationRule.objects.all().delete()
        rule("a", value="first", weight=3).save()
        rule("b\nc", value="second", weight=2, order=9).save()
        assert read(Reader.load(), "a b").intent == "first"
        assert read(Reader.load(), "a b c").intent == "second"

    def test_then_the_rule_that_comes_first(self) -> None:
        ClassificationRule.objects.all().delete()
        rule("a", value="by-id-second", order=5, language="ar").save()
        rule("b", value="by-order-first", order=2).save()
        rule("c", value="by-id-third", order=5).save()
        assert read(Reader.load(), "a b c").intent == "by-order-first"
        assert read(Reader.load(), "c a").intent == "by-id-second"

    def test_a_phrase_said_often_counts_once(self) -> None:
        rules = [rule("a", pk=1, value="often"), rule("b\nc", pk=2, value="two", order=9)]
        assert read(Reader.of(rules, [], []), "a a a a b c").intent == "two"

    def test_a_phrase_within_a_longer_one_of_the_aspect_does_not_count(self) -> None:
        rules = [
            rule("not interested", pk=1, aspect="label", value="cold"),
            rule("interested", pk=2, aspect="label", value="hot", weight=9),
            rule("interested", pk=3, aspect="persona", value="loyal"),
        ]
        reading = read(Reader.of(rules, [], []), "I'm NOT interested")
        assert reading.aspects == {
            "label": Found("cold", 1, "not interested"),
            "persona": Found("loyal", 3, "interested"),
        }

    def test_an_exception_hides_what_is_within_it(self) -> None:
        reader = Reader.of([rule("problem\n!no problem", pk=1, value="complaint")], [], [])
        assert read(reader, "a problem").intent == "complaint"
        assert read(reader, "no problem").intent == ""
        assert read(reader, "no problem, but a problem").intent == "complaint"

    def test_confidence_grows_with_phrases_and_falls_with_rivals(self) -> None:
        reader = Reader.of([rule("a\nb", pk=1, value="x", weight=3), rule("c", pk=2, value="y", weight=1)], [], [])
        one, two, rival = (read(reader, text).confidence for text in ("a", "a b", "a c"))
        assert 0 < rival < one < two <= 1
        assert read(reader, "nothing").confidence == 0


class TestProducts:
    def test_a_product_is_known_by_its_names_and_number(self) -> None:
        dress = Product.objects.create(name="فستان كتان", keywords="linen dress\nvestido de linho", sku="DR-100")
        Product.objects.create(name="Old coat", is_active=False)
        reader = Reader.load()
        for text in ("بكام الفستان الكتان", "LINEN dress?", "o vestido de linho", "dr-100 please"):
            assert read(reader, text).product_ids == (dress.pk,), text
        assert read(reader, "old coat").product_ids == ()
        assert read(reader, "linen").product_ids == ()

    def test_the_longest_name_counts_and_several_products_in_their_order(self) -> None:
        phone = Product.objects.create(name="Phone 15")
        large = Product.objects.create(name="Phone 15 Max")
        case = Product.objects.create(name="Case")
        reader = Reader.load()
        assert read(reader, "phone 15 max").product_ids == (large.pk,)
        assert read(reader, "case for phone 15, and another case").product_ids == (case.pk, phone.pk)

    def test_a_bare_number_is_no_name(self) -> None:
        Product.objects.create(name="12", sku="100")
        assert read(Reader.load(), "100 12").product_ids == ()


class TestScoring:
    def points(self, text: str, *, rules: list[ScoringRule] | None = None, **about: Any) -> set[str]:
        for made in rules or []:
            made.save()
        names = dict(ScoringRule.objects.values_list("pk", "name"))
        return {names[number] for number, _points in read(Reader.load(), text, **about).scoring}

    @pytest.mark.parametrize(
        ("text", "about", "name"),
        [
            ("عايز اطلب", {}, "Wants to order"),
            ("how much", {}, "Asks for the price"),
            ("01012345678", {}, "Gives a phone number or an e-mail address"),
            ("hi", {"source": "ad"}, "Came from an ad"),
            ("", {"has_media": True}, "Sends a picture, video, voice message or file"),
            ("quebrado", {}, "Complains"),
            ("not interested", {}, "Is not interested"),
            ("preciso urgente", {}, "Needs it soon"),
            ("❤️", {}, "Is pleased"),
        ],
    )
    def test_a_shipped_rule_gives_points(self, text: str, about: dict[str, Any], name: str) -> None:
        assert name in self.points(text, **about)
        assert name not in self.points("xyz")

    def test_no_value_means_any(self) -> None:
        looks = [("intent", "thanks"), ("sentiment", "thanks"), ("source", "xyz")]
        made = [ScoringRule(name=kind, looks_for=kind, points=1) for kind, _text in looks]
        assert self.points("xyz", rules=made) & {"intent", "sentiment", "source"} == {"source"}
        assert self.points("thanks") >= {"intent", "sentiment", "source"}

    def test_inactive_rules_are_not_read(self) -> None:
        ScoringRule.objects.update(is_active=False)
        ClassificationRule.objects.update(is_active=False)
        assert read(Reader.load(), "how much, 01012345678") == Reading(gives_contact=True)

    def test_an_order_with_a_number_from_an_ad_qualifies(self, shipped_reader: Reader) -> None:
        def total(text: str, source: str) -> int:
            return sum(points for _rule, points in read(shipped_reader, text, source=source).scoring)

        assert total("عايزة أطلب، رقمي 01012345678", "ad") >= 50
        assert total("بكام؟", "direct") < 20
        assert total("not interested", "ad") < 0


def test_what_a_tapped_button_carries_is_read_too(shipped_reader: Reader) -> None:
    assert read(shipped_reader, "", payload="HOW_MUCH").intent == "price"
    assert read(shipped_reader, "", payload="{}").intent == ""


def test_what_to_keep_of_a_reading(shipped_reader: Reader) -> None:
    reading = read(shipped_reader, "بكام الشنطة؟ أنا من طنطا")
    assert (reading.governorate, reading.city) == ("EG-GH", "Tanta")
    assert reading.entities["place"] == ["EG-GH", "Tanta"]
    assert reading.entities["phrases"]["intent"] == ["بكام"]
    assert read(shipped_reader, "hello, how much?").entities["phrases"]["intent"] == ["how much"]
    assert orjson.loads(orjson.dumps(reading.entities)) == reading.entities
    assert read(shipped_reader, "xyz").entities == {}


@pytest.mark.parametrize(
    "text",
    [
        "01012345678", "٠١٠١٢٣٤٥٦٧٨", "رقمي ۰۱۲۳۴۵۶۷۸۹۰", "+20 10 1234 5678", "0020 101 234 5678",
        "+1 (555) 123-4567", "(555) 123-4567",
        "555-123-4567", "11 98765-4321", "(11) 98765-4321", "11987654321", "my no. 010-1234-5678.",
        "call 02 2345 6789", "mona@example.com",
        "Mona.Adel+shop@mail.example.com!", "wa.me/201012345678", "https://wa.me/+201012345678", "رقمي:01112345678",
    ],
)  # fmt: skip
def test_a_text_gives_a_contact(text: str) -> None:
    assert gives_contact(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "500", "1500 2000 2500", "10-5-2026", "2026-05-12 10:30", "12/05/2026", "order 1234567890",
        "رقم الطلب 1234567890",
        "pedido n° 1234567890", "#1234567890", "https://facebook.com/photo?fbid=1234567890123",
        "https://example.com/p/01012345678",
        "4111111111111111", "@mona", "a@b", "3.1415926535", "size 40 42 44", "1,000,000,000",
    ],
)  # fmt: skip
def test_a_text_gives_none(text: str) -> None:
    assert not gives_contact(fold(text))


@pytest.mark.parametrize(
    "text", ["a@" * 5000, "0" * 50_000, "+1 " * 5000, "hot " * 5000, "😍" * 5000, "و" * 9000, "a." * 5000 + "@"]
)
def test_hostile_texts_are_read_quickly(text: str, shipped_reader: Reader) -> None:
    begun = process_time()
    read(shipped_reader, text)
    assert process_time() - begun < 0.5


def test_loading_takes_three_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(3):
        Reader.load()


def test_a_thousand_messages_are_read_in_a_blink(shipped_reader: Reader) -> None:
    """About 50 microseconds a message when this was written; the bound leaves room for a slow, busy machine."""
    texts = [fold(sentence.text) for sentence in SENTENCES]
    best = 9.0
    for _attempt in range(3):
        begun = process_time()
        for number in range(1000):
            shipped_reader.read(texts[number % len(texts)], source="direct", has_media=False)
        best = min(best, process_time() - begun)
    assert best < 0.5


class TestSeeding:
    def seed(self) -> None:
        seeding.seed(apps, connection.schema_editor())

    def test_what_staff_changed_stays(self) -> None:
        ClassificationRule.objects.filter(aspect="intent", value="price", language="en").update(keywords="tell me")
        before = set(ClassificationRule.objects.values_list("pk", "keywords"))
        self.seed()
        assert set(ClassificationRule.objects.values_list("pk", "keywords")) == before

    def test_there_and_back(self) -> None:
        counts = ClassificationRule.objects.count(), ScoringRule.objects.count()
        own = rule("a", value="my-own")
        own.save()
        seeding.unseed(apps, connection.schema_editor())
        assert list(ClassificationRule.objects.all()) == [own]
        assert not ScoringRule.objects.exists()
        own.delete()
        self.seed()
        assert (ClassificationRule.objects.count(), ScoringRule.objects.count()) == counts
