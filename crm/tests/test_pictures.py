"""Pictures of customers: our own copies, shown to those who may see the customer."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from crm import markup
from crm.merging import merge_customers, undo_merge
from crm.models import Customer, Team, User
from crm.pictures import keep_picture
from crm.tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\nrest"
JPEG = b"\xff\xd8\xffrest"


def keep(customer: Customer, content: bytes = PNG, mime_type: str = "image/png") -> Customer:
    keep_picture(customer_id=customer.pk, content=content, mime_type=mime_type)
    customer.refresh_from_db()
    return customer


def client_of(role: str, team: str = "") -> Client:
    user: User = make_user(team=Team.objects.get_or_create(name=team)[0] if team else None)
    user.groups.add(*user.groups.model.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


def address(customer: Customer) -> str:
    return reverse("admin:customer_picture", args=[customer.pk])


def test_a_customer_without_a_picture_shows_initials() -> None:
    customer = make_customer(name="Mona Adel")
    assert "<img" not in markup.avatar(customer)
    assert ">MA<" in markup.avatar(customer)
    assert ">MA<" in markup.person(customer)


def test_a_picture_takes_the_place_of_initials_and_is_ours() -> None:
    customer = keep(make_customer(name="Mona"))
    shown = markup.avatar(customer)
    assert f'src="{address(customer)}?' in shown
    assert "//" not in shown


def test_avatars_cost_no_query(django_assert_num_queries: object) -> None:
    customer = keep(make_customer())
    slim = Customer.objects.only("name").get(pk=customer.pk)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert "<img" in markup.avatar(customer)
        assert "<img" not in markup.avatar(slim)


def test_it_is_served_as_what_it_is_for_this_browser_alone() -> None:
    customer = keep(make_customer(), JPEG, "image/jpeg")
    answer = client_of("viewer").get(address(customer))
    assert b"".join(answer.streaming_content) == JPEG  # type: ignore[attr-defined]  # a file's answer
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, max-age=604800, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_it_is_there_for_nobody_who_may_not_see_the_customer() -> None:
    theirs = make_user(team=Team.objects.create(name="Here"))
    customer = keep(make_customer(owner=theirs))
    assert client_of("seller", "Here").get(address(customer)).status_code == 200
    assert client_of("seller", "Elsewhere").get(address(customer)).status_code == 404
    assert client_of("nobody").get(address(customer)).status_code == 403
    assert Client().get(address(customer)).status_code == 302


def test_a_file_that_is_gone_is_not_found() -> None:
    customer = keep(make_customer())
    default_storage.delete(customer.picture)
    assert client_of("viewer").get(address(customer)).status_code == 404
    assert client_of("viewer").get(address(make_customer())).status_code == 404


@pytest.mark.parametrize("mime_type", ["image/svg+xml", "text/html", "application/octet-stream", ""])
def test_nothing_but_pictures_is_kept(mime_type: str) -> None:
    customer = make_customer()
    with pytest.raises(ValueError, match="not a picture"):
        keep(customer, b"<svg>", mime_type)


@pytest.mark.django_db(transaction=True)
def test_a_new_picture_replaces_the_old_one() -> None:
    customer = keep(make_customer())
    old = customer.picture
    keep(customer, JPEG, "image/jpeg")
    assert customer.picture != old
    assert not default_storage.exists(old)
    assert default_storage.exists(customer.picture)


@pytest.mark.django_db(transaction=True)
def test_who_is_merged_brings_a_picture_and_takes_it_back() -> None:
    kept, merged = make_customer(), keep(make_customer())
    by = make_user()
    record = merge_customers(kept_id=kept.pk, merged_id=merged.pk, by=by)
    kept.refresh_from_db()
    assert kept.picture == merged.picture != ""
    keep(kept, JPEG, "image/jpeg")
    assert default_storage.exists(merged.picture), "the other shows it again after an undo"
    undo_merge(merge_id=record.pk, by=by)
    merged.refresh_from_db()
    assert merged.picture
