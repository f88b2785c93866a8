"""Colleagues who are named in a note: who is meant, who is told, and what the page shows of it."""

from typing import Any

import pytest
from django.urls import reverse

from crm.mentions import handle_of, mentions_in
from crm.models import Customer, Notification, User
from crm.services import add_note
from crm.tests.factories import make_customer, make_user
from crm.tests.staff import logged_in, member

pytestmark = pytest.mark.django_db


def person(name: str, email: str, role: str = "seller", team: str = "") -> User:
    user = member(role, team)
    user.full_name, user.email = name, email
    user.save()
    return user


def named(text: str) -> list[tuple[str, list[str]]]:
    found = mentions_in(text, User.objects.order_by("email"))
    return [(text[one.start : one.end], [user.email for user in one.users]) for one in found]


def told() -> list[tuple[User, str, str]]:
    notices = Notification.objects.filter(kind="mention").order_by("user__email").select_related("user")
    return [(notice.user, notice.text, notice.url) for notice in notices]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Mona Adel, look", [("@Mona Adel", ["mona@a.example"])]),
        ("ask @mona adel.", [("@mona adel", ["mona@a.example"])]),
        ("(@mona) and @omar.said: go", [("@mona", ["mona@a.example"]), ("@omar.said", ["omar.said@a.example"])]),
        ("@Mona  Adel\nSaid", [("@Mona  Adel", ["mona@a.example"])]),
        ("@Mona Adel Said", [("@Mona Adel Said", ["mas@a.example"])]),  # the longest name counts
        ("سؤال @أحْمد هاشم من فضلك", [("@أحْمد هاشم", ["ah@a.example"])]),
        ("@احمد هاشم", [("@احمد هاشم", ["ah@a.example"])]),
        ("write to mona@mona.example or x@@mona", []),
        ("@monalisa @Adel @ @gone", []),
    ],
)
def test_who_is_meant(text: str, found: list[Any]) -> None:
    make_user(full_name="Mona Adel", email="mona@a.example")
    make_user(full_name="Mona Adel Said", email="mas@a.example")
    make_user(full_name="Omar", email="omar.said@a.example")
    make_user(full_name="أحمد هاشم", email="ah@a.example")
    make_user(full_name="Gone", email="gone@a.example", is_active=False)
    assert named(text) == found


def test_namesakes_are_all_meant_and_told_apart_by_their_address() -> None:
    one, other = (
        make_user(full_name="Ali", email="a1@a.example"),
        make_user(full_name="Ali", email="a2@a.example"),
    )
    assert named("@Ali") == [("@Ali", [one.email, other.email])]
    staff = [one, other, make_user(full_name="Nour (sales)", email="nour@a.example")]
    assert [handle_of(user, staff) for user in staff] == ["a1", "a2", "nour"]


def test_who_is_named_is_told_once_and_led_to_the_customer() -> None:
    author, mona = person("Omar Said", "omar@a.example"), person("Mona Adel", "mona@a.example")
    customer = make_customer()
    note = add_note(customer=customer, author=author, text="@Mona Adel and @mona: @omar called")
    url = reverse("admin:crm_customer_change", args=[customer.pk])
    assert told() == [(mona, "Omar Said mentioned you in a note.", url)]
    assert note.untold == []
    assert logged_in(mona).get(url).status_code == 200
    add_note(customer=customer, author=author, text="@mona again")
    assert len(told()) == 2


def test_who_may_not_see_the_customer_is_not_told_and_the_writer_learns_that() -> None:
    author, mate = person("Omar Said", "omar@a.example", team="A"), person("Mona", "mona@a.example", team="A")
    person("Else", "else@a.example", team="B")
    customer = make_customer(owner=author)
    url = reverse("admin:crm_customer_note", args=[customer.pk])
    page = logged_in(author).post(url, {"text": "@mona @else look"}, follow=True).content.decode()
    assert [user for user, _text, _url in told()] == [mate]
    assert "Noted. Not told, since they may not see this customer: Else." in page


def test_names_are_marked_and_what_people_write_stays_text() -> None:
    author, mona = person("Omar Said", "omar@a.example"), person("Mona Adel", "mona@a.example")
    customer = make_customer()
    add_note(customer=customer, author=author, text="<b>@Mona Adel</b>\n@omar & co")
    url = reverse("admin:crm_customer_change", args=[customer.pk])
    page = logged_in(mona).get(url).content.decode()
    assert (
        '&lt;b&gt;<span class="mc-mention mc-mention-own"><bdi>@Mona Adel</bdi></span>&lt;/b&gt;<br>'
        '<span class="mc-mention"><bdi>@omar</bdi></span> &amp; co'
    ) in page


def offered(user: User, customer: Customer, words: str) -> list[tuple[str, bool]]:
    answer = logged_in(user).get(reverse("admin:colleagues"), {"customer": str(customer.pk), "q": words})
    assert answer.status_code == 200
    return [(one["mention"], one["may_see"]) for one in answer.json()["colleagues"]]


def test_colleagues_are_offered_by_name_with_whether_they_may_see() -> None:
    author = person("Omar Said", "omar@a.example", team="A")
    person("Mona Adel", "mona@a.example", team="A")
    person("Adel Mourad", "am@a.example", team="B")
    person("أحمد", "xx@a.example", role="manager")
    gone = person("Adel Gone", "gone@a.example")
    gone.is_active = False
    gone.save()
    customer = make_customer(owner=author)
    assert offered(author, customer, "ADEL") == [("@Adel Mourad", False), ("@Mona Adel", True)]
    assert offered(author, customer, "احمد") == [("@أحمد", True)]
    assert offered(author, customer, "omar") == []
    assert len(offered(author, customer, "")) == 3


def test_nothing_is_told_of_a_customer_whom_one_may_not_see() -> None:
    owner, other = person("A", "a@a.example", team="A"), person("B", "b@a.example", team="B")
    customer = make_customer(owner=owner)
    numbers: tuple[int | str, ...] = (customer.pk, "", "x", 0)
    for number in numbers:
        answer = logged_in(other).get(reverse("admin:colleagues"), {"customer": number})
        assert answer.status_code == 404
