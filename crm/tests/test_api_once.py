"""Idempotency keys: done once, answered the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from crm.api.idempotency import IdempotencyDrain
from crm.models import Customer, IdempotencyKey
from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_customer
from crm.tests.staff import member

pytestmark = pytest.mark.django_db
CUSTOMERS = "/api/v1/customers/"


def test_the_same_again_is_answered_as_before_and_done_once() -> None:
    program, customer = Program(member("seller")), make_customer()
    url = f"{CUSTOMERS}{customer.pk}/"
    first = program.patch(url, {"label": "hot"}, key="one")
    program.patch(url, {"label": "cold"})
    again = program.patch(url, {"label": "hot"}, key="one")
    assert first.content == again.content
    assert (first.status_code, again.status_code) == (200, 200)
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    customer.refresh_from_db()
    assert customer.label == "cold"
    assert customer.activities.count() == 2


def test_the_same_key_for_something_else_is_refused() -> None:
    program, customer, other = Program(member("seller")), make_customer(), make_customer()
    url = f"{CUSTOMERS}{customer.pk}/"
    assert program.patch(url, {"label": "hot"}, key="one").status_code == 200
    assert_problem(program.patch(url, {"label": "cold"}, key="one"), 422, "key_reused")
    assert_problem(program.patch(f"{CUSTOMERS}{other.pk}/", {"label": "hot"}, key="one"), 422, "key_reused")
    assert Program(program.user).patch(url, {"label": "cold"}, key="one").status_code == 200  # another program's own
    assert_problem(program.patch(url, {"label": "cold"}, key="x" * 201), 400, "bad_key")
    assert_problem(program.patch(url, {"label": "cold"}, key="\x7f"), 400, "bad_key")


def test_what_was_refused_is_tried_anew() -> None:
    program = Program(member("seller"))
    url = f"{CUSTOMERS}1234567/"
    assert_problem(program.patch(url, {"label": "hot"}, key="one"), 404)
    assert not IdempotencyKey.objects.exists()
    make_customer(pk=1234567)
    assert program.patch(url, {"label": "hot"}, key="one").status_code == 200


def test_a_key_is_forgotten_after_a_day() -> None:
    program, customer = Program(member("seller")), make_customer()
    url = f"{CUSTOMERS}{customer.pk}/"
    for key in ("one", "two", "three"):
        program.patch(url, {"label": "hot"}, key=key)
    IdempotencyKey.objects.exclude(key="three").update(at=timezone.now() - timedelta(days=1, seconds=1))
    assert program.patch(url, {"label": "cold"}, key="one").status_code == 200
    assert Customer.objects.get().label == "cold"
    assert IdempotencyDrain().run_batch() == 1
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"one", "three"}


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one() -> None:
    program, customer = Program(member("seller")), make_customer()

    def ask(_number: int) -> tuple[int, bytes, bool]:
        try:
            answer = program.patch(f"{CUSTOMERS}{customer.pk}/", {"label": "hot"}, key="one")
            return answer.status_code, answer.content, "Idempotent-Replayed" in answer
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert {(status, content) for status, content, _replayed in answers} == {(200, answers[0][1])}
    assert sorted(replayed for _status, _content, replayed in answers) == [False] + [True] * 19
    assert customer.activities.count() == 1
