"""What a page asks of the database: few queries, however many rows; no count of a whole table."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm import runtime_settings
from crm.admin import paging
from crm.admin.paging import BoundedPaginator
from crm.models import Customer, Note, Tag, Team, User
from crm.tests.factories import make_channel, make_customer, make_identity
from messaging.models import Attachment, Conversation, Message
from messaging.tests.admin_world import client_of, colleague, make_delivery, make_world
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
LIST_QUERIES, PAGE_QUERIES = 8, 10


def seed(count: int = 30) -> Conversation:
    """Fill every list beyond one page, each row with relations of its own; return a conversation with much around it."""
    world = make_world()
    shop = Team.objects.get(name="The shop")
    now = timezone.now()
    for number in range(count):
        owner = User.objects.create(email=f"u{number}@shop.example", full_name=f"U {number}", team=shop)
        customer = make_customer(owner=owner, last_message_at=now - timedelta(minutes=number))
        identity = make_identity(make_channel(), customer=customer)
        make_identity(make_channel(), customer=customer)
        conversation = make_conversation(identity, assignee=owner, last_activity_at=now - timedelta(minutes=number))
        for _message in range(3):
            message = make_message(
                conversation, post=world["campaigns.Post"], ad=world["campaigns.AdCampaign"], source="ad"
            )
            Attachment.objects.create(message=message, type="image")
        Note.objects.create(customer=customer, author=owner, text="x")
        customer.tags.add(Tag.objects.create(name=f"tag {number}"))
        make_delivery(identity.channel, digest=f"d{number}".encode())
        if number % 10 == 0:
            make_conversation(identity, status="closed")
    found: Conversation = world["messaging.Conversation"]
    return found


def queries_of(client: Any, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_a_list_takes_few_queries(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    seed()
    user = colleague(role)
    client = client_of(user)
    queries_of(
        client, "/admin/crm/customer/" if role == "seller" else "/admin/crm/channel/"
    )  # content types, sessions, settings
    for model in admin.site._registry:
        if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
            listing = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for query in ("", "?q=a", "?p=2"):
                found = queries_of(client, listing + query)
                assert len(found) <= LIST_QUERIES, (role, listing + query, "\n".join(found))


@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_a_page_takes_few_queries(role: str) -> None:
    conversation = seed()
    client = client_of(colleague(role))
    for name, pk in (("messaging_conversation", conversation.pk), ("crm_customer", conversation.identity.customer_id)):
        url = reverse(f"admin:{name}_change", args=[pk])
        queries_of(client, url)
        found = queries_of(client, url)
        assert len(found) <= PAGE_QUERIES, (role, url, "\n".join(found))


def test_a_list_never_counts_a_big_table(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = make_conversation()
    for _number in range(60):
        make_message(conversation)
    monkeypatch.setattr(paging, "ESTIMATE_FROM", 50)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_message")
    found = queries_of(client_of(colleague("superuser")), reverse("admin:messaging_message_changelist"))
    assert not [sql for sql in found if "COUNT(" in sql.upper()]
    paginator = BoundedPaginator(Message.objects.order_by("pk"), 25)
    assert (paginator.count, paginator.num_pages, paginator.said) == (60, 3, "about 0")


def test_a_filtered_list_is_counted_up_to_the_last_page_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        make_customer(name=f"Customer {number}")
    monkeypatch.setattr(paging, "PAGES", 2)
    few = BoundedPaginator(Customer.objects.filter(name__contains="1").order_by("pk"), 25)
    many = BoundedPaginator(Customer.objects.filter(name__contains="Customer").order_by("pk"), 25)
    assert (few.count, few.num_pages, few.said) == (15, 1, "15")
    assert (many.num_pages, many.said) == (2, "more than 50")
    assert isinstance(many, Paginator)
    assert len(many.page(2).object_list) == 25
