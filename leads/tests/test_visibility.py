"""Who sees which conversations, messages and leads; and that no list of the admin forgets to ask."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.test import RequestFactory
from django.urls import reverse

from crm.models import Customer, Team, User
from crm.tests.factories import make_customer, make_identity
from crm.tests.staff import logged_in, member
from crm.visibility import is_scoped, visible
from leads.models import Lead
from leads.tests.factories import make_lead
from leads.tests.whole_world import make_whole_world, outsider
from messaging.models import Conversation, Message
from messaging.tests.admin_world import client_of
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db
SCOPED = (Customer, Conversation, Lead)
#: Rows that a colleague works on for the shop as a whole, though they lead to a customer by way of something else.
FOR_EVERYBODY: set[str] = set()


def leads_to_somebodys(model: type[Model], way: tuple[type[Model], ...] = ()) -> bool:
    """Tell whether a foreign key of a model leads to a customer, conversation or lead, at once or over others."""
    if model in SCOPED:
        return True
    near = (field.related_model for field in model._meta.fields if isinstance(field, ForeignKey))
    return any(
        other not in way and leads_to_somebodys(other, (*way, model)) for other in near if isinstance(other, type)
    )


def registered() -> Iterator[tuple[type[Model], Any]]:
    yield from admin.site._registry.items()


def test_every_model_of_the_admin_that_is_somebodys_says_whose() -> None:
    forgotten = [
        model._meta.label
        for model, _admin in registered()
        if leads_to_somebodys(model) and not is_scoped(model) and model._meta.label not in FOR_EVERYBODY
    ]
    assert forgotten == []


def test_no_list_of_the_admin_forgets_to_ask() -> None:
    """Not even one that makes its own query: what it has of another team's rows is nothing."""
    make_whole_world()
    request = RequestFactory().get("/")
    request.user = outsider()
    for model, model_admin in registered():
        if is_scoped(model):
            assert model._default_manager.exists(), f"no row of {model._meta.label} to be hidden"
            assert not model_admin.get_queryset(request).exists(), model._meta.label


def test_an_outsider_opens_no_page_of_it_and_finds_it_in_no_list() -> None:
    world = make_whole_world()
    client = client_of(outsider())
    for model, _model_admin in registered():
        row, options = world[model._meta.label], model._meta
        name = f"admin:{options.app_label}_{options.model_name}"
        if not is_scoped(model) or client.get(reverse(f"{name}_changelist")).status_code == 403:
            continue
        for page in ("change", "history", "delete"):
            assert client.get(reverse(f"{name}_{page}", args=[row.pk])).status_code in (302, 403, 404), (model, page)
        listing = client.get(reverse(f"{name}_changelist"), {"owned": "all"} if model is Lead else {})
        assert not list(listing.context["cl"].result_list), model


@pytest.fixture
def people() -> dict[str, User]:
    return {"me": member("seller", "North"), "mate": member("seller", "North"), "other": member("seller", "South")}


def talk(assignee: User | None = None, owner: User | None = None, team: Team | None = None) -> Conversation:
    identity = make_identity(customer=make_customer(owner=owner))
    conversation = make_conversation(identity, assignee=assignee, team=team)
    make_message(conversation)
    return conversation


@pytest.mark.parametrize(
    ("assignee", "owner", "team", "seen"),
    [
        ("me", None, None, True),
        ("mate", "other", None, True),
        ("other", None, None, False),
        (None, None, None, True),
        (None, "me", None, True),
        (None, "other", None, False),  # given to nobody, it is its customer's owner's
        (None, "other", "North", True),
        (None, None, "South", False),
        ("other", None, "North", True),
        ("other", "me", None, False),
    ],
)
def test_whose_conversation_it_is(
    people: dict[str, User], assignee: str | None, owner: str | None, team: str | None, seen: bool
) -> None:
    given = Team.objects.get(name=team) if team else None
    conversation = talk(people.get(assignee or ""), people.get(owner or ""), given)
    me = people["me"]
    assert visible(me, Conversation).contains(conversation) is seen
    assert visible(me, Message).contains(conversation.messages.get()) is seen
    if seen:  # whoever talks with them sees who they are
        assert visible(me, Customer).contains(conversation.identity.customer)


def test_a_lead_given_to_me_shows_its_customer_whoever_owns_them(people: dict[str, User]) -> None:
    lead = make_lead(make_customer(owner=people["other"]), owner=people["me"])
    assert visible(people["mate"], Lead).contains(lead)
    assert visible(people["mate"], Customer).contains(lead.customer)
    assert not visible(member("seller", "East"), Customer).contains(lead.customer)


def test_a_thread_of_another_team_opens_nowhere(people: dict[str, User]) -> None:
    hidden, client = talk(people["other"]), logged_in(people["me"])
    thread = reverse("admin:messaging_conversation_change", args=[hidden.pk])
    for part in ("", "?before=1", "?around=1"):
        for headers in ({}, {"HX-Request": "true"}):
            assert client.get(thread + part, headers=headers).status_code == 302
    for action in ("read", "close", "assign_to_me", "hand_back"):
        url = reverse(f"admin:messaging_conversation_{action}", args=[hidden.pk])
        assert client.post(url, {"up_to": ""}).status_code == 404
    hidden.refresh_from_db()
    assert (hidden.assignee, hidden.status) == (people["other"], "open")


def test_a_customers_page_shows_only_conversations_that_one_may_open(people: dict[str, User]) -> None:
    mine, customer = talk(people["me"]), make_customer(owner=people["me"])
    theirs = make_conversation(make_identity(customer=customer), assignee=people["other"])
    ours = make_conversation(make_identity(customer=customer), assignee=people["mate"])
    text = logged_in(people["me"]).get(reverse("admin:crm_customer_change", args=[customer.pk])).content.decode()
    assert reverse("admin:messaging_conversation_change", args=[ours.pk]) in text
    assert reverse("admin:messaging_conversation_change", args=[theirs.pk]) not in text
    assert reverse("admin:messaging_conversation_change", args=[mine.pk]) not in text


def test_the_other_conversations_beside_a_thread_are_those_one_may_open(people: dict[str, User]) -> None:
    shown = talk(people["me"], owner=people["me"])
    customer = shown.identity.customer
    theirs = make_conversation(make_identity(customer=customer), assignee=people["other"])
    ours = make_conversation(make_identity(customer=customer), assignee=people["mate"])
    page = reverse("admin:messaging_conversation_change", args=[shown.pk])
    others = list(logged_in(people["me"]).get(page).context["others"])
    assert others == [ours]
    assert theirs not in others


def test_messages_of_others_are_not_found_by_their_words(people: dict[str, User]) -> None:
    for name in ("mate", "other"):
        make_message(talk(people[name]), text=f"parcel of {name}")
    found = logged_in(people["me"]).get("/admin/messaging/message/", {"q": "parcel"})
    assert [message.text for message in found.context["cl"].result_list] == ["parcel of mate"]


def test_a_seller_pages_through_messages_without_counting_them(people: dict[str, User]) -> None:
    conversation = talk(people["me"])
    for _number in range(60):
        make_message(conversation)
    client = logged_in(people["me"])
    first, third = client.get("/admin/messaging/message/"), client.get("/admin/messaging/message/?p=3")
    assert first.context["cl"].paginator.said == "more than 50"
    assert 'rel="next"' in first.content.decode()
    assert len(third.context["cl"].result_list) == 11
    assert 'rel="next"' not in third.content.decode()
    assert third.context["cl"].paginator.said == "61"
