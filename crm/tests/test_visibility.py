"""Who sees which customers: one's own, one's team's and nobody's, wherever they show."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.urls import reverse

from crm import visibility
from crm.models import Consent, Customer, Note, User
from crm.tests.factories import make_customer, make_identity
from crm.tests.staff import logged_in, member
from crm.visibility import ours, owned, sight, visible

pytestmark = pytest.mark.django_db
LIST = "/admin/crm/customer/"


@pytest.fixture
def people() -> dict[str, Any]:
    """Return a seller, a colleague of the same team, one of another, and a customer of each and of nobody."""
    found: dict[str, Any] = {"me": member("seller", "North"), "mate": member("seller", "North")}
    found["other"] = member("seller", "South")
    for name in ("me", "mate", "other"):
        found[f"of {name}"] = make_customer(name=f"Customer of {name}", owner=found[name])
    found["of nobody"] = make_customer(name="Customer of nobody")
    return found


def names(queryset: Any) -> set[str]:
    return set(queryset.values_list("name", flat=True))


def page_of(customer: Customer) -> str:
    return reverse("admin:crm_customer_change", args=[customer.pk])


def test_a_seller_sees_their_own_their_teams_and_nobodys(people: dict[str, Any]) -> None:
    assert names(visible(people["me"], Customer)) == {"Customer of me", "Customer of mate", "Customer of nobody"}
    assert names(visible(people["other"], Customer)) == {"Customer of other", "Customer of nobody"}


def test_a_seller_without_a_team_shares_with_nobody() -> None:
    one, two = member("seller"), member("seller")
    make_customer(name="one's", owner=one)
    assert names(visible(one, Customer)) == {"one's"}
    assert names(visible(two, Customer)) == set()


@pytest.mark.parametrize("role", ["administrator", "manager", "viewer"])
def test_roles_that_see_everyone(role: str, people: dict[str, Any]) -> None:
    assert len(names(visible(member(role, "South"), Customer))) == 4


def test_the_permission_alone_opens_everyones(people: dict[str, Any]) -> None:
    people["other"].user_permissions.add(Permission.objects.get(codename="see_everyone"))
    assert len(names(visible(User.objects.get(pk=people["other"].pk), Customer))) == 4


def test_what_was_given_to_the_team_is_the_teams_whoever_has_it(people: dict[str, Any]) -> None:
    """As for rows with a column of their team, such as leads: here customers stand in, their owner's team for it."""
    condition = ours(people["me"], "owner", "owner__team")
    assert names(Customer.objects.filter(condition)) == {"Customer of me", "Customer of mate"}
    assert names(Customer.objects.filter(owned(people["me"], "owner", "owner__team"))) == {
        "Customer of me",
        "Customer of mate",
        "Customer of nobody",
    }


def test_lists_and_searches_leave_out_what_others_have(people: dict[str, Any]) -> None:
    client = logged_in(people["me"])
    for query in ("", "?q=Customer", f"?owner={people['other'].pk}", "?order=newest", "?p=1"):
        text = client.get(LIST + query).content.decode()
        assert "Customer of other" not in text, query
    assert "Customer of mate" in client.get(LIST).content.decode()
    assert "Customer of other" in logged_in(people["other"]).get(LIST).content.decode()


def test_the_page_of_anothers_customer_is_as_if_there_were_none(people: dict[str, Any]) -> None:
    client, hidden = logged_in(people["me"]), people["of other"]
    nowhere = reverse("admin:crm_customer_change", args=[10**9])
    for page in ("change", "history", "delete"):
        answer = client.get(reverse(f"admin:crm_customer_{page}", args=[hidden.pk]))
        absent = client.get(reverse(f"admin:crm_customer_{page}", args=[10**9]))
        assert (answer.status_code, answer.headers.get("Location")) == (
            absent.status_code,
            absent.headers.get("Location"),
        )
    assert client.get(page_of(people["of mate"])).status_code == 200
    assert client.post(page_of(hidden), {"name": "Taken over"}).status_code == client.post(nowhere).status_code == 302
    hidden.refresh_from_db()
    assert hidden.name == "Customer of other"


@pytest.mark.parametrize("action", ["block", "note"])
def test_an_action_on_anothers_customer_finds_nobody(action: str, people: dict[str, Any]) -> None:
    client = logged_in(people["me"])
    url = f"admin:crm_customer_{action}"
    assert client.post(reverse(url, args=[people["of other"].pk]), {"text": "x"}).status_code == 404
    assert client.post(reverse(url, args=[people["of mate"].pk]), {"text": "x"}).status_code == 302
    people["of other"].refresh_from_db()
    assert not people["of other"].blocked
    assert not people["of other"].notes.exists()


def test_choosers_offer_and_name_only_what_one_sees(people: dict[str, Any]) -> None:
    """A number typed into a form is refused without telling whose it is."""
    me = people["me"]
    me.user_permissions.add(Permission.objects.get(codename="add_consent"))
    client = logged_in(me)
    hidden, seen = people["of other"], people["of mate"]
    refused = client.post("/admin/crm/consent/add/", {"customer": hidden.pk, "scope": "everything"})
    assert refused.status_code == 200
    assert "Customer of other" not in refused.content.decode()
    assert client.post("/admin/crm/consent/add/", {"customer": seen.pk, "scope": "everything"}).status_code == 302
    assert list(Consent.objects.values_list("customer", flat=True)) == [seen.pk]


def test_adding_somebody_whom_a_colleague_has_does_not_name_them(people: dict[str, Any]) -> None:
    people["of other"].set_phone("+201012345678")
    people["of other"].save()
    answer = logged_in(people["me"]).post("/admin/crm/customer/add/", {"name": "New", "phone_number": "+201012345678"})
    text = answer.content.decode()
    assert "A customer of a colleague has this already." in text
    assert "Customer of other" not in text


def test_what_belongs_to_a_customer_goes_with_them(people: dict[str, Any]) -> None:
    rows: list[Model] = []
    for name in ("of mate", "of other"):
        identity = make_identity(customer=people[name])
        note = Note.objects.create(customer=people[name], text="x")
        consent = Consent.objects.create(customer=people[name], granted=True, source="staff", at=note.created_at)
        rows = [identity, identity.keys.get(), note, consent]
        for row in rows:
            found = visible(people["me"], type(row)).filter(pk=row.pk).exists()
            assert found is (name == "of mate"), (name, row)


def test_nothing_is_narrowed_for_who_sees_everyone_nor_for_rows_that_are_nobodys(people: dict[str, Any]) -> None:
    assert not sight(member("manager"), Customer)
    assert not sight(people["me"], User)
    assert visibility.is_scoped(Customer)
    assert not visibility.is_scoped(User)


def test_the_team_is_read_once_for_a_request(people: dict[str, Any], django_assert_num_queries: Any) -> None:
    user = User.objects.get(pk=people["me"].pk)
    with django_assert_num_queries(1):
        assert len(visibility.colleagues_of(user)) == 2
        assert len(visibility.colleagues_of(user)) == 2
        assert len(visibility.staff_for(user)) == 3
