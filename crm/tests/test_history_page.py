"""The history page: who changed which named field when, from what to what."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.admin.history import entries
from crm.models import Channel, Customer, User
from crm.tests.factories import make_channel, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client()
    user = User.objects.create(email="dina@shop.example", full_name="Dina Kamal", is_superuser=True)
    client.force_login(user)
    return client


def events_of(model: Any) -> Any:
    related = (relation.related_model for relation in model._meta.related_objects)
    return next(found for found in related if getattr(found, "pgh_tracked_model", None) is model)


def test_it_tells_who_changed_what_from_what_to_what(administrator: Client) -> None:
    customer = make_customer(name="Mona", label="cold")
    Customer.objects.update(label="hot", city="Giza")
    administrator.post(reverse("admin:crm_customer_block", args=[customer.pk]))
    customer.refresh_from_db()
    newest, first = entries(customer, events_of(Customer))
    assert [(change.field, change.old, change.new) for change in first.changes] == [("Label", "Cold", "Hot")]
    assert [(change.field, change.old, change.new) for change in newest.changes] == [("Blocked", "no", "yes")]
    assert (first.who, newest.who) == ("", "Dina Kamal")
    page = administrator.get(reverse("admin:crm_customer_history", args=[customer.pk])).content.decode()
    assert '<del dir="auto">Cold</del>' in page
    assert "Dina Kamal" in page


def test_people_and_rows_are_named_not_numbered(administrator: Client) -> None:
    owner = User.objects.create(email="omar@shop.example", full_name="Omar Saleh")
    customer = make_customer()
    Customer.objects.update(owner=owner)
    Customer.objects.update(owner=None)
    customer.refresh_from_db()
    taken, given = entries(customer, events_of(Customer))
    assert [(change.old, change.new) for change in taken.changes] == [("Omar Saleh", "")]
    assert [(change.old, change.new) for change in given.changes] == [("", "Omar Saleh")]


def test_where_the_making_is_kept_it_begins_with_it(administrator: Client) -> None:
    channel = make_channel(name="Page")
    Channel.objects.update(name="Dress shop")
    channel.refresh_from_db()
    newest, first = entries(channel, events_of(Channel))
    assert (newest.created, first.created) == (False, True)
    assert [(change.old, change.new) for change in newest.changes] == [("Page", "Dress shop")]


def test_secrets_are_no_part_of_it(administrator: Client) -> None:
    channel = make_channel()
    page = administrator.get(reverse("admin:crm_channel_history", args=[channel.pk])).content.decode()
    assert "app-secret" not in page
    assert "redentials" not in page


def test_a_page_costs_the_same_however_long_the_history(
    administrator: Client, django_assert_max_num_queries: object
) -> None:
    customer = make_customer()
    for number in range(120):
        Customer.objects.update(name=f"Name {number}")
    with django_assert_max_num_queries(10):  # type: ignore[operator]  # a fixture of pytest-django
        page = administrator.get(reverse("admin:crm_customer_history", args=[customer.pk])).content.decode()
    assert "The newest 100 changes" in page
