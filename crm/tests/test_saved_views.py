"""Kept views of lists: columns, order and rows under a name."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.http import QueryDict
from django.test import Client, RequestFactory

from crm.admin.saved_views import NAME_LENGTH, QUERY_LENGTH, state_of
from crm.models import Customer, SavedView, User
from crm.tests.factories import make_customer
from crm.tests.staff import logged_in, member

pytestmark = pytest.mark.django_db
LIST, VIEWS, SCREEN = "/admin/crm/customer/", "/admin/crm/customer/views/", "crm.customer"
HOSTILE = ("<script>alert(1)</script>", "\"'><b>", "\u202egnp.exe", "a\x00b", "W" * 500, "مشاهدة", "?label=hot&x=%00")


@pytest.fixture
def seller() -> User:
    return member("seller", "North")


@pytest.fixture
def client(seller: User) -> Client:
    return logged_in(seller)


def keep(client: Client, query: str, name: str = "Hot ones", **more: str) -> SavedView:
    answer = client.post(VIEWS, {"do": "save", "query": query, "name": name, **more})
    assert answer.status_code == 302
    return SavedView.objects.latest("pk")


def shown(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer


def tabs(answer: Any) -> list[str]:
    return [tab.view.name for tab in answer.context["cl"].views_menu.tabs]


def headers(answer: Any) -> list[str]:
    return re.findall(r'<th scope="col" class="field-(\w+)', answer.content.decode())


def test_what_is_kept_comes_back(client: Client, seller: User) -> None:
    make_customer(name="Hot Mona", label="hot", city="Giza")
    make_customer(name="Cold Ana", label="cold")
    view = keep(client, "label=hot&q=mona&order=newest&columns=who&columns=place&page=2&p=3")
    assert (view.query, view.columns, view.owner, view.is_shared) == (
        "label=hot&q=mona&order=newest", ["who", "place"], seller, False,
    )  # fmt: skip
    (tab,) = shown(client, LIST).context["cl"].views_menu.tabs
    answer = shown(client, LIST + tab.url)
    assert [customer.name for customer in answer.context["cl"].result_list] == ["Hot Mona"]
    assert headers(answer) == ["who", "place"]
    assert answer.context["cl"].views_menu.current == view
    assert not answer.context["cl"].views_menu.changed
    assert answer.context["cl"].views_menu.orders[1][2]


def test_columns_and_order_are_chosen_in_the_address(client: Client) -> None:
    first, second = make_customer(name="First"), make_customer(name="Second")
    answer = shown(client, f"{LIST}?columns=added&columns=nonsense&order=oldest")
    assert headers(answer) == ["who", "added"]  # the first column is the way to the row
    assert list(answer.context["cl"].result_list) == [first, second]
    newest = shown(client, f"{LIST}?order=newest&columns=tag_names")
    assert list(newest.context["cl"].result_list) == [second, first]
    plain = headers(shown(client, LIST))
    assert headers(shown(client, f"{LIST}?columns=nonsense&order=password")) == plain
    assert len(plain) > 2


def test_filters_and_searching_keep_columns_order_and_view(client: Client) -> None:
    view = keep(client, "columns=who&columns=place&order=newest")
    text = shown(client, f"{LIST}?columns=who&columns=place&order=newest&view={view.pk}").content.decode()
    options = re.findall(r'<option value="(\?[^"]*label=hot[^"]*)"', text)
    assert options
    assert all(f"view={view.pk}" in option and "order=newest" in option for option in options)
    search = text[text.index('id="changelist-search"') :]
    assert search.index('name="columns" value="place"') < search.index("</form>")


def test_a_view_is_seen_by_its_owner_unless_shared(client: Client) -> None:
    other = logged_in(member("seller", "South"))
    keep(client, "label=hot", name="Private")
    keep(client, "label=cold", name="For all", shared="on")
    assert tabs(shown(client, LIST)) == ["For all", "Private"]
    assert tabs(shown(other, LIST)) == ["For all"]
    assert tabs(shown(other, "/admin/crm/tag/")) == []


def test_a_shared_view_shows_each_their_own_rows(client: Client) -> None:
    stranger = member("seller", "South")
    make_customer(name="Theirs", owner=stranger)
    keep(client, "owner=me", name="Mine", shared="on")
    answer = shown(logged_in(stranger), LIST + "?owner=me")
    assert [row.name for row in answer.context["cl"].result_list] == ["Theirs"]


def test_rename_update_share_and_delete(client: Client) -> None:
    view = keep(client, "label=hot")
    menu = shown(client, f"{LIST}?label=cold&view={view.pk}").context["cl"].views_menu
    assert menu.changed
    client.post(VIEWS, {"do": "update", "id": view.pk, "query": menu.kept_query, "name": "ignored here"})
    view.refresh_from_db()
    assert (view.query, view.name) == ("label=cold", "Hot ones")
    client.post(VIEWS, {"do": "rename", "id": view.pk, "query": "", "name": "Cold ones", "shared": "on"})
    view.refresh_from_db()
    assert (view.query, view.name, view.is_shared) == ("label=cold", "Cold ones", True)
    answer = client.post(VIEWS, {"do": "delete", "id": view.pk, "query": "label=cold"})
    assert answer.headers["Location"] == f"{LIST}?label=cold"
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(("role", "may"), [("administrator", True), ("manager", False), ("seller", False)])
def test_who_may_change_anothers_shared_view(client: Client, role: str, may: bool) -> None:
    view = keep(client, "label=hot", shared="on")
    other = logged_in(member(role))
    other.post(VIEWS, {"do": "rename", "id": view.pk, "name": "Renamed", "shared": "on"})
    view.refresh_from_db()
    assert (view.name == "Renamed") is may
    assert shown(other, f"{LIST}?view={view.pk}").context["cl"].views_menu.may_edit is may
    other.post(VIEWS, {"do": "delete", "id": view.pk})
    assert SavedView.objects.exists() is not may


def test_nobody_changes_anothers_private_view(client: Client) -> None:
    view = keep(client, "label=hot")
    other = logged_in(member("administrator"))
    for do in ("rename", "update", "delete"):
        answer = other.post(VIEWS, {"do": do, "id": view.pk, "name": "Taken"}, follow=True)
        assert "not yours to change" in answer.content.decode()
    view.refresh_from_db()
    assert view.name == "Hot ones"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_do_no_harm(client: Client, name: str) -> None:
    view = keep(client, "label=hot", name=name, shared="on")
    assert 0 < len(view.name) <= NAME_LENGTH
    text = shown(client, f"{LIST}?view={view.pk}").content.decode()
    assert "<script>alert" not in text
    assert '"><b>' not in text


@pytest.mark.parametrize("name", ["", "   ", "\x00", "\u200b"])
def test_a_view_needs_a_name(client: Client, name: str) -> None:
    answer = client.post(VIEWS, {"do": "save", "query": "label=hot", "name": name}, follow=True)
    assert "Give the view a name." in answer.content.decode()
    assert not SavedView.objects.exists()


def test_two_views_of_one_name_are_refused(client: Client) -> None:
    keep(client, "label=hot")
    answer = client.post(VIEWS, {"do": "save", "query": "label=cold", "name": "Hot ones"}, follow=True)
    assert "a view of this name already" in answer.content.decode()
    second = keep(client, "label=cold", name="Cold")
    answer = client.post(VIEWS, {"do": "rename", "id": second.pk, "name": "Hot ones"}, follow=True)
    assert "a view of this name already" in answer.content.decode()


def test_a_view_that_would_not_fit_is_refused(client: Client) -> None:
    answer = client.post(VIEWS, {"do": "save", "query": f"q={'x' * QUERY_LENGTH}", "name": "Long"}, follow=True)
    assert "So much cannot be saved" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("gone=1&label=hot", ["gone"]),
        ("label=lukewarm&order=gone", []),
        ("owner=999999&channel=x", ["who", "gone", "place"]),
        ("q=%00&%%%&=&&label", [1, None, {"a": 1}]),
        ("password__startswith=a", {"not": "a list"}),
    ],
)
def test_a_view_of_what_is_no_more_still_opens(client: Client, seller: User, query: str, columns: Any) -> None:
    view = SavedView.objects.create(owner=seller, screen=SCREEN, name="Stale", query=query, columns=columns)
    (tab,) = shown(client, LIST).context["cl"].views_menu.tabs
    assert "gone" not in tab.url
    assert "password" not in tab.url
    answer = shown(client, LIST + tab.url)
    assert answer.context["cl"].views_menu.current == view


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "", "²", "%00"])
def test_a_view_that_is_not_there(client: Client, number: str) -> None:
    assert shown(client, f"{LIST}?view={number}").context["cl"].views_menu.current is None
    for do in ("delete", "update", "rename", "nonsense", ""):
        assert client.post(VIEWS, {"do": do, "id": number, "name": "x"}).status_code == 302


def test_only_posts_of_those_who_see_the_list(client: Client) -> None:
    assert client.get(VIEWS).status_code == 405
    assert client.post("/admin/crm/channel/views/", {"do": "save", "name": "x"}).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member("seller"))
    assert strict.post(VIEWS, {"do": "save", "name": "x"}).status_code == 403
    assert not SavedView.objects.exists()


def test_every_list_offers_only_columns_and_orders_that_it_has(seller: User) -> None:
    """All of them at once, as each list would read them from an address."""
    superuser = User.objects.create(email="all@shop.example", is_superuser=True)
    client = logged_in(superuser)
    for model, model_admin in admin.site._registry.items():
        if model._meta.label == "crm.Setting":  # its list is a page of its own
            continue
        listing = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        offered: Any = model_admin
        columns = [*offered.list_display, *offered.list_display_more]
        for order in ("", *(key for key, _title, _fields in offered.orderings)):
            answer = shown(client, f"{listing}?order={order}&" + "&".join(f"columns={name}" for name in columns))
            assert len(answer.context["cl"].views_menu.columns) == len(columns)


def test_the_state_of_an_address_is_the_same_however_it_is_written(seller: User) -> None:
    request = RequestFactory().get("/")
    request.user = seller
    customers = admin.site._registry[Customer]
    one = state_of(customers, request, QueryDict("columns=place&columns=who&label=hot&order=newest&p=4&view=3"))
    two = state_of(customers, request, QueryDict("order=newest&label=hot&columns=who&columns=place&label="))
    assert one == two
    usual = [("columns", name) for name in customers.list_display]
    assert state_of(customers, request, QueryDict("&".join(f"{name}={value}" for name, value in usual))).columns == ()
