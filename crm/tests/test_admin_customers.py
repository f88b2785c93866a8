"""Customers in the admin: found, added by hand, changed, blocked, noted."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.contact_details import phone_key
from crm.models import Customer, Note, User
from crm.tests.factories import make_channel, make_customer, make_identity

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:crm_customer_changelist", "admin:crm_customer_add"


@pytest.fixture
def seller() -> Client:
    user = User.objects.create(email="seller@shop.example", full_name="Omar Saleh")
    user.groups.add(Group.objects.get(name=roles.SELLER))
    client = Client()
    client.force_login(user)
    return client


def filled(**fields: Any) -> dict[str, Any]:
    return {"name": "Mona Adel", "phone_number": "", "email_address": "", "type": "new", "is_active": "on", **fields}


def change_url(customer: Customer) -> str:
    return reverse("admin:crm_customer_change", args=[customer.pk])


def form_of(client: Client, customer: Customer) -> dict[str, Any]:
    """Return what the browser would send back unchanged."""
    form = client.get(change_url(customer)).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value not in (None, False)}


def found(client: Client, words: str) -> list[str]:
    return [row.name for row in client.get(reverse(LIST), {"q": words}).context["cl"].result_list]


def test_a_customer_is_found_by_part_of_the_name_however_typed(seller: Client) -> None:
    make_customer(name="أحمد فتحي")
    make_customer(name="João Pereira")
    assert found(seller, "احمد") == ["أحمد فتحي"]
    assert found(seller, "joao p") == ["João Pereira"]
    assert found(seller, "nobody") == []


def test_a_customer_is_found_by_the_exact_phone_or_e_mail_and_by_no_part_of_it(seller: Client) -> None:
    make_customer(name="Ana", phone="+20 101 234 5678", email="ana@mail.example")
    assert found(seller, "0020 1012345678") == ["Ana"]
    assert found(seller, "ANA@mail.example") == ["Ana"]
    assert found(seller, "1012345") == []
    assert found(seller, "mail.example") == []


def test_merged_customers_are_not_listed(seller: Client) -> None:
    kept = make_customer(name="Kept")
    make_customer(name="Merged", merged_into=kept)
    assert found(seller, "") == ["Kept"]


def test_the_list_names_the_channels_a_customer_came_by(seller: Client) -> None:
    customer = make_customer(name="Ana")
    for name in ("Page", "Shop bot"):
        make_identity(make_channel(name=name), customer=customer)
    page = seller.get(reverse(LIST)).content.decode()
    assert "<bdi>Page</bdi>" in page
    assert "<bdi>Shop bot</bdi>" in page


def test_a_customer_added_by_hand_is_found_by_phone_and_keeps_the_name(seller: Client) -> None:
    response = seller.post(reverse(ADD), filled(phone_number="+20 10 1234 5678", email_address="Mona@mail.example"))
    assert response.status_code == 302
    customer = Customer.objects.get()
    assert (customer.phone, customer.email, customer.name_at) == ("+20 10 1234 5678", "Mona@mail.example", None)
    assert bytes(customer.phone_key or b"") == phone_key("00201012345678")
    assert found(seller, "mona@mail.example") == ["Mona Adel"]


@pytest.mark.parametrize("phone", ["12", "call me", "+20 10 1234 5678 ext 9", "1" * 16])
def test_what_is_no_phone_number_is_refused_with_a_hint(seller: Client, phone: str) -> None:
    response = seller.post(reverse(ADD), filled(phone_number=phone))
    assert "country code" in str(response.context["adminform"].form.errors["phone_number"])
    assert not Customer.objects.exists()


def test_a_customer_with_nothing_to_know_them_by_is_refused(seller: Client) -> None:
    response = seller.post(reverse(ADD), filled(name=""))
    assert "Give a name" in str(response.context["adminform"].form.errors)


def test_whom_we_know_is_not_added_again(seller: Client) -> None:
    make_customer(name="Ana", phone="01012345678")
    response = seller.post(reverse(ADD), filled(phone_number="+20 10 1234 5678"))
    assert "Ana has this already" in str(response.context["adminform"].form.errors["phone_number"])
    assert Customer.objects.count() == 1


def test_a_name_given_by_hand_is_no_longer_followed_from_profiles(seller: Client) -> None:
    customer = make_customer(name="mona_1990", name_at="2026-05-04T12:00Z")
    seller.post(change_url(customer), {**form_of(seller, customer), "name": "Mona Adel"})
    customer.refresh_from_db()
    assert (customer.name, customer.name_at) == ("Mona Adel", None)


def test_a_change_of_something_else_leaves_the_name_and_what_webhooks_write(seller: Client) -> None:
    customer = make_customer(name="mona_1990", name_at="2026-05-04T12:00Z", phone="+201012345678")
    sent = form_of(seller, customer)
    Customer.objects.update(name="newest profile", last_message_at="2026-06-01T12:00Z")
    seller.post(change_url(customer), {**sent, "name": "newest profile", "city": "Giza"})
    customer.refresh_from_db()
    assert (customer.name, customer.city) == ("newest profile", "Giza")
    assert customer.name_at is not None
    assert customer.last_message_at is not None
    assert customer.phone == "+201012345678"


def test_an_unreadable_phone_neither_breaks_the_page_nor_is_overwritten(seller: Client) -> None:
    customer = make_customer(name="Ana", phone="+201012345678")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_customer SET phone = %s", [b"tampered"])
    assert "unreadable" in seller.get(change_url(customer)).content.decode()
    assert found(seller, "Ana") == ["Ana"]
    response = seller.post(
        change_url(customer), {**form_of(seller, customer), "phone_number": "+201111111111", "city": "Giza"}
    )
    assert response.status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT city, phone FROM crm_customer")
        assert [bytes(value) if not isinstance(value, str) else value for value in cursor.fetchone()] == [
            "Giza",
            b"tampered",
        ]


def test_blocking_and_unblocking(seller: Client) -> None:
    customer = make_customer()
    seller.post(reverse("admin:crm_customer_block", args=[customer.pk]))
    customer.refresh_from_db()
    assert customer.blocked
    assert "Blocked" in seller.get(change_url(customer)).content.decode()
    seller.post(reverse("admin:crm_customer_unblock", args=[customer.pk]))
    customer.refresh_from_db()
    assert not customer.blocked


def test_a_note_carries_its_writer_and_leads_back(seller: Client) -> None:
    customer = make_customer()
    url = reverse("admin:crm_customer_note", args=[customer.pk])
    response = seller.post(url, {"text": " Calls \x00back on Sunday ", "next": "/admin/messaging/conversation/"})
    assert response.headers["Location"] == "/admin/messaging/conversation/"
    note = Note.objects.get()
    assert (note.text, note.author and note.author.full_name) == ("Calls back on Sunday", "Omar Saleh")
    seller.post(url, {"text": "  "})
    assert Note.objects.count() == 1


def test_nobody_deletes_a_customer_here() -> None:
    customer = make_customer()
    client = Client()
    client.force_login(User.objects.create(email="root@shop.example", is_superuser=True))
    assert client.post(reverse("admin:crm_customer_delete", args=[customer.pk]), {"post": "yes"}).status_code == 403
    assert Customer.objects.exists()
