"""Finding what belongs to somebody by their name, phone number or e-mail address."""

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from crm import people_like
from crm.models import Customer, Note
from crm.people_like import of_people_like
from crm.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def notes_of(*names: str, **fields: str) -> list[Note]:
    return [Note.objects.create(customer=make_customer(name=name, **fields), text=name) for name in names]


def found(words: str) -> QuerySet[Note]:
    return Note.objects.filter(of_people_like(words)).order_by("pk")


@pytest.mark.parametrize("few", [0, 1, 2, 100])
def test_few_and_many_are_found_alike(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_like, "FEW", few)
    monas = notes_of("Mona Adel", "مُنى Mona")
    [ana] = notes_of("Ana", phone="+201012345678", email="ana@b.example")
    assert list(found("mona")) == monas
    assert list(found("01012345678")) == list(found("ANA@b.example")) == [ana]
    assert list(found("nobody")) == []
    assert list(Note.objects.filter(of_people_like("01012345678", "customer__pk"))) == [ana]


@pytest.mark.parametrize(("few", "compares_names"), [(2, False), (1, True)])
def test_of_few_the_names_are_compared_once(few: int, compares_names: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_like, "FEW", few)
    notes_of("Mona", "Mona")
    rows = found("mona")
    with CaptureQueriesContext(connection) as captured:
        assert len(rows) == 2
    assert ("LIKE" in captured[0]["sql"]) == compares_names


@pytest.mark.parametrize("words", ["mona", "01012345678", "mona@b.example"])
def test_a_search_for_customers_is_one_statement(words: str) -> None:
    kept = make_customer(name="Mona")
    make_customer(name="M", phone="+201012345678", email="mona@b.example", merged_into=kept)
    with CaptureQueriesContext(connection) as captured:
        assert kept in Customer.objects.matching(words)
    assert len(captured) == 1


def test_a_label_is_found_by_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "customer_by_label" in Customer.objects.filter(label="hot").values("pk").explain()
