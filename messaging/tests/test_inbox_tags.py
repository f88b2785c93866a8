"""Tags of the customer, put on and taken off beside the conversation."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from crm.models import Tag, User
from crm.services import tag_named
from messaging.models import Conversation
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.inbox_asking import listed, talk_with, url_of

pytestmark = pytest.mark.django_db


def put(client: Client, talk: Conversation, expected: int = 200, **values: Any) -> str:
    response = client.post(url_of("tags", talk.pk), values)
    assert response.status_code == expected
    return str(response.json()["html"]) if expected == 200 else ""


def names(talk: Conversation) -> list[str]:
    return list(talk.identity.customer.tags.values_list("name", flat=True))


def test_a_tag_is_put_on_found_by_the_list_and_taken_off(seller: User, client: Client) -> None:
    talk = talk_with("Mona", assignee=seller)
    talk_with("Omar", minutes=6, assignee=seller)
    tag = Tag.objects.create(name="<b>wholesale")
    assert "&lt;b&gt;wholesale" in put(client, talk, tag=tag.pk)
    put(client, talk, tag=tag.pk)  # twice is as once
    assert names(talk) == ["<b>wholesale"]
    assert listed(client, tag=tag.pk) == ["Mona"]
    assert "&lt;b&gt;wholesale" in client.get(url_of("talk", talk.pk)).content.decode()
    assert "wholesale" not in put(client, talk, tag=tag.pk, off="1")
    assert names(talk) == []


def test_what_the_customer_has_is_not_offered_again(seller: User, client: Client) -> None:
    talk, tags = talk_with("Mona", assignee=seller), [Tag.objects.create(name=name) for name in ("one", "two")]
    talk.identity.customer.tags.add(tags[0])
    assert list(client.get(url_of("tags", talk.pk)).context["tags"]) == tags[1:]


def test_only_who_may_makes_a_new_one(seller: User, client: Client) -> None:
    talk = talk_with("Mona", assignee=seller)
    put(client, talk, 403, name="wholesale")
    assert not Tag.objects.exists()
    put(client_of(colleague("manager")), talk, name=" wholesale  buyer ")
    assert names(talk) == ["wholesale buyer"]


@pytest.mark.parametrize("values", [{}, {"tag": "9999"}, {"tag": "x"}, {"name": " "}, {"name": "x" * 51}])
def test_what_is_no_tag_is_refused(values: dict[str, str]) -> None:
    manager = colleague("manager")
    put(client_of(manager), talk_with("Mona", assignee=manager), 422, **values)
    assert not Tag.objects.exists()


def test_neither_viewers_nor_other_teams_tag(seller: User) -> None:
    talk, tag = talk_with("Mona", assignee=seller), Tag.objects.create(name="wholesale")
    put(client_of(colleague("viewer")), talk, 403, tag=tag.pk)
    put(client_of(colleague("seller", team="Elsewhere")), talk, 404, tag=tag.pk)
    assert names(talk) == []


@pytest.mark.parametrize("name", ["VIP", " vip ", "ﬁrst"])
def test_a_name_means_the_tag_however_it_is_typed(name: str) -> None:
    known = [Tag.objects.create(name=one) for one in ("vip", "First")]
    assert tag_named(name) in known
    assert Tag.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_tag_at_once_end_with_one() -> None:
    talk = talk_with("Mona")
    clients = [client_of(colleague("manager", team=team)) for team in ("The shop", "Elsewhere")]

    def one(client: Client) -> None:
        try:
            put(client, talk, name="wholesale")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, clients * 4))
    assert names(talk) == ["wholesale"]
    assert Tag.objects.count() == 1
