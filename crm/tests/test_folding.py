"""Text is found however it was typed, by the index."""

import pytest
from django.db import connection
from django.db.models import QuerySet, Value

from crm.folding import Folded
from crm.models import Customer
from crm.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def folded(text: str) -> str:
    found: str = Customer.objects.values_list("name_folded", flat=True).get(pk=make_customer(name=text).pk)
    return found


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Mona ADEL", "mona adel"),
        ("أحمد إبراهيم آدم ٱلله", "احمد ابراهيم ادم الله"),
        ("منى فاطمة", "مني فاطمه"),
        ("مؤمن رائد", "مومن رايد"),
        ("أسماء", "اسما"),
        ("کریم", "كريم"),
        ("مُحَمَّدٌ", "محمد"),
        ("رَحْمٰن", "رحمن"),
        ("محـــمد", "محمد"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
        ("ﻣﺤﻤﺪ ﻻ", "محمد لا"),
        ("João ÇELİK Núñez", "joao celik nunez"),
        ("áàâãäå éèêë íìîï óòôõö úùûü ç ñ ý", "aaaaaa eeee iiii ooooo uuuu c n y"),
        ("Cafe\u0301 a\u0308", "cafe a"),
        ("ا\u0653 ا\u0654 و\u0654 ا\u0655", "ا ا و ا"),
        ("𝓐𝓷𝓪 ＡＢＣ１", "ana abc1"),
        ("\u200fmona\u200c\u202c\ufeff", "mona"),
        ("❤\ufe0f", "❤"),
        ("100% _off_ \\", "100% _off_ \\"),
        ("", ""),
    ],
)
def test_spellings_become_one(typed: str, plain: str) -> None:
    assert folded(typed) == plain


@pytest.mark.parametrize("text", ["Hello, MONA 12", "É", "أ"])
def test_a_value_folds_as_a_column_does(text: str) -> None:
    row = make_customer(name=text)
    assert Customer.objects.filter(pk=row.pk, name_folded=Folded(Value(text))).exists()


def test_folding_twice_changes_nothing() -> None:
    once = folded("أسماء João ٣ 𝓐 Straße")
    assert folded(once) == once


def test_words_stay_apart() -> None:
    assert folded("مريم") != folded("مرام")
    assert folded("a b") != folded("ab")


class TestSearch:
    @pytest.mark.parametrize("words", ["احمد", "أحمَد", "إحمد عَلى", "علي", "٢"])
    def test_a_part_of_a_name_is_found(self, words: str) -> None:
        wanted = make_customer(name="أحمد علي 2")
        make_customer(name="منى عادل")
        assert list(Customer.objects.matching(words)) == [wanted]

    @pytest.mark.parametrize("words", ["%", "_", "\\", "a%e"])
    def test_signs_of_patterns_mean_themselves(self, words: str) -> None:
        make_customer(name="Adele")
        assert not Customer.objects.matching(words).exists()
        wanted = make_customer(name=f"x{words}x")
        assert list(Customer.objects.matching(words)) == [wanted]


def plan(found: QuerySet[Customer]) -> str:
    """Return how PostgreSQL would look for it, were reading the whole table no choice."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return found.explain()


@pytest.mark.parametrize("words", ["mona", "فاطمة", "João"])
def test_the_trigram_index_is_used(words: str) -> None:
    shown = plan(Customer.objects.filter(name_folded__contains=Folded(Value(words))))
    assert "Bitmap Index Scan on customer_name_trigrams" in shown
    assert "translate" not in shown, "the words are folded once, not for every row"


@pytest.mark.parametrize(
    ("words", "indexes"),
    [
        ("mona", ["customer_name_trigrams"]),
        ("+20 10 1234 5678", ["customer_name_trigrams", "customer_phone_key"]),
        ("mona@example.com", ["customer_name_trigrams", "customer_email_key"]),
    ],
)
def test_a_search_by_name_phone_or_address_reads_indexes_alone(words: str, indexes: list[str]) -> None:
    shown = plan(Customer.objects.matching(words))
    assert "Seq Scan" not in shown
    for index in indexes:
        assert f"Bitmap Index Scan on {index}" in shown


def test_arabic_has_trigrams() -> None:
    """A database of character type C has none, and would answer every Arabic search by reading its whole index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('فاطمه')")
        (trigrams,) = cursor.fetchone()
    assert len(trigrams) == 6
