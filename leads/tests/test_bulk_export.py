"""The ticked rows of a list as a file: whose rows, which columns, and that all of them come, however many."""

import csv
import io
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from crm.admin import bulk, exports
from crm.models import Customer, User
from crm.tests.factories import make_customer
from crm.tests.staff import logged_in, member
from leads.models import Lead
from leads.tests.factories import make_lead

pytestmark = pytest.mark.django_db
LEADS, CUSTOMERS = "/admin/leads/lead/", "/admin/crm/customer/"
ALL = {LEADS: "?owned=all&state=any", CUSTOMERS: ""}


@pytest.fixture
def seller() -> User:
    return member("seller", "North")


def make_leads(*names: str, owner: User | None = None, **fields: Any) -> list[Lead]:
    return [make_lead(make_customer(name=name, owner=owner, **fields), owner=owner) for name in names]


def ticked(
    client: Client, listing: str, rows: list[Any], query: str | None = None, ending: str = "csv", **more: str
) -> Any:
    """Tick rows and press the button that exports them."""
    body = {"action": f"export_{ending}", "index": "0", "_selected_action": [row.pk for row in rows], **more}
    return client.post(listing + (ALL[listing] if query is None else query), body)


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.streaming
    content = b"".join(answer.streaming_content)
    if content.startswith(b"PK"):
        sheet: Any = load_workbook(io.BytesIO(content)).active
        headings, *rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        headings, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [dict(zip(headings, row, strict=True)) for row in rows]


def names(rows: list[dict[str, str]]) -> list[str]:
    return sorted(row["Name"] for row in rows)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("listing", [LEADS, CUSTOMERS])
def test_the_ticked_rows_go_out_as_the_list_would_write_them(listing: str, ending: str) -> None:
    leads = make_leads("Mona", "Ana", "Sara", phone="+20 10 1234 5678", city="=1+1")
    rows: list[Any] = leads if listing == LEADS else [lead.customer for lead in leads]
    client = logged_in(member("manager"))
    answer = ticked(client, listing, rows[:2], ending=ending)
    assert answer.headers["Content-Disposition"].endswith(f'.{ending}"')
    found = rows_of(answer)
    assert names(found) == ["Ana", "Mona"]
    everything = rows_of(client.get(f"{listing}export.{ending}{ALL[listing]}"))
    assert found == [row for row in everything if row["Name"] != "Sara"]
    assert {(row["Phone"], row["City"]) for row in found} == {("+20 10 1234 5678", "'=1+1")}


@pytest.mark.parametrize("listing", [LEADS, CUSTOMERS])
@pytest.mark.parametrize(
    ("role", "numbers"), [("administrator", True), ("manager", True), ("seller", False), ("viewer", False)]
)
def test_numbers_and_addresses_go_to_those_who_may_export_them(listing: str, role: str, numbers: bool) -> None:
    (lead,) = make_leads("Mona", phone="+201012345678", email="mona@mail.example")
    client = logged_in(member(role))
    page = client.get(listing + ALL[listing]).content.decode()
    assert page.count('value="export_csv"') == page.count('value="export_xlsx"') == 1
    for ending in ("csv", "xlsx"):
        (row,) = rows_of(ticked(client, listing, [lead if listing == LEADS else lead.customer], ending=ending))
        assert ("Phone" in row, "E-mail" in row) == (numbers, numbers)
        assert ("+201012345678" in row.values(), "mona@mail.example" in row.values()) == (numbers, numbers)


@pytest.mark.parametrize("listing", [LEADS, CUSTOMERS])
def test_sellers_never_get_what_belongs_to_others(listing: str, seller: User) -> None:
    mine = make_leads("Mine", owner=seller)[0]
    theirs = make_leads("Theirs", owner=member("seller", "South"))[0]
    rows: list[Any] = [mine, theirs] if listing == LEADS else [mine.customer, theirs.customer]
    assert names(rows_of(ticked(logged_in(seller), listing, rows))) == ["Mine"]
    assert names(rows_of(ticked(logged_in(seller), listing, rows, select_across="1"))) == ["Mine"]
    assert rows_of(ticked(logged_in(seller), listing, rows[1:])) == []


def test_who_may_not_see_the_list_gets_nothing() -> None:
    (lead,) = make_leads("Mona")
    assert ticked(logged_in(User.objects.create(email="new@shop.example")), LEADS, [lead]).status_code == 403
    assert "login" in ticked(Client(), LEADS, [lead]).headers["Location"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_all_that_match_go_out_however_many(ending: str, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the page shows, more than can be changed at once, and with no more queries than a few take."""
    leads = make_leads(*(f"Lead {number:02}" for number in range(30)), owner=seller)
    make_leads("Somebody else's")
    monkeypatch.setattr(bulk, "BOUND", 5)
    client, few = logged_in(seller), len(queries_of(logged_in(seller), leads[:3], ending))
    found = rows_of(ticked(client, LEADS, leads[:25], "?owned=me", ending, select_across="1"))
    assert names(found) == [f"Lead {number:02}" for number in range(30)]
    assert len(queries_of(client, leads[:25], ending, select_across="1")) <= few


def queries_of(client: Client, leads: list[Lead], ending: str, **more: str) -> Any:
    with CaptureQueriesContext(connection) as captured:
        rows_of(ticked(client, LEADS, leads, "?owned=me", ending, **more))
    return captured


def test_the_rows_of_a_kept_view() -> None:
    make_leads("Hot Mona", label="hot")
    make_leads("Cold Ana", label="cold")
    client, first = logged_in(member("manager")), Customer.objects.order_by("pk").first()
    client.post(f"{CUSTOMERS}views/", {"do": "save", "name": "Hot ones", "query": "label=hot&order=newest&columns=who"})
    (tab,) = client.get(CUSTOMERS).context["cl"].views_menu.tabs
    found = rows_of(ticked(client, CUSTOMERS, [first], tab.url, select_across="1"))
    assert names(found) == ["Hot Mona"]
    assert "City" in found[0]  # the columns of a file are its own
    assert names(rows_of(client.get(f"{CUSTOMERS}export.csv{tab.url}"))) == ["Hot Mona"]


def test_too_many_for_a_workbook_are_refused_and_never_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = make_leads("Mona", "Ana", "Sara")
    monkeypatch.setattr(exports, "MAX_WORKBOOK_ROWS", 2)
    client = logged_in(member("manager"))
    for answer in (
        client.get(f"{LEADS}export.xlsx{ALL[LEADS]}", follow=True),
        client.post(
            LEADS + ALL[LEADS],
            {"action": "export_xlsx", "index": "0", "_selected_action": [lead.pk for lead in leads]},
            follow=True,
        ),
    ):
        assert answer.redirect_chain == [(LEADS + ALL[LEADS], 302)]
        assert "A workbook holds at most 2 rows" in answer.content.decode()
    assert len(rows_of(client.get(f"{LEADS}export.csv{ALL[LEADS]}"))) == 3
    assert len(rows_of(ticked(client, LEADS, leads[:2], ending="xlsx"))) == 2


def test_an_address_that_makes_no_sense_leads_back_to_the_list() -> None:
    client = logged_in(member("manager"))
    for query in ("?customer=x", "?first_ad=x"):
        answer = client.get(f"{LEADS}export.csv{query}", follow=True)
        assert answer.status_code == 200
        assert answer.request["PATH_INFO"] == LEADS


def test_a_list_that_chooses_a_row_for_a_form_exports_nothing(seller: User) -> None:
    request = RequestFactory().get("/?_popup=1")
    request.user = seller
    assert not admin.site._registry[Customer].get_actions(request)
