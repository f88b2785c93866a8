"""The keys that every page has: going places, walking rows, searching, the table of them all."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import expect

from crm.admin_site import go_keys
from crm.models import User
from crm.tests.factories import make_customer, make_user
from leads.models import Lead
from leads.tests.factories import make_lead
from messaging.tests.browser import PHONE, member

pytestmark = [pytest.mark.takes(25), pytest.mark.django_db(transaction=True)]
LISTING, FOLLOW_UPS = "/admin/leads/lead/", "/admin/leads/follow-ups/"
OPEN = "dialog[data-mc-keys][open]"


@pytest.fixture
def desk(open_browser: Any) -> Any:
    seller = member("seller")
    for number in range(3):
        at = timezone.now() + timedelta(hours=number + 1)
        make_lead(make_customer(name=f"Lead {number}"), owner=seller, next_follow_up_at=at)
    browser = open_browser()
    browser.log_in(seller)
    browser.open("/")
    return browser


def test_g_and_a_letter_go_places(desk: Any) -> None:
    page = desk.page
    for key, address in {
        "b": "/admin/leads/board/",
        "l": LISTING,
        "f": FOLLOW_UPS,
        "c": "/admin/messaging/conversation/",
        "a": "/admin/leads/answer-next/",
    }.items():
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{address}")
    assert Lead.objects.filter(owner=None).count() == 0
    page.keyboard.press("g")
    page.keyboard.press("x")  # leads nowhere
    page.keyboard.press("b")  # and this is a letter of its own
    page.wait_for_timeout(300)
    assert page.url.endswith("/answer-next/")
    page.keyboard.press("/")
    page.keyboard.type("gb")
    expect(page.get_by_role("searchbox")).to_have_value("gb")
    assert desk.troubles == []


@pytest.mark.parametrize(("path", "row"), [(LISTING, "tr"), (FOLLOW_UPS, ".mc-due")], ids=["list", "follow-ups"])
def test_j_and_k_walk_the_rows_and_enter_opens_one(desk: Any, path: str, row: str) -> None:
    desk.open(path)
    page = desk.page
    names = page.locator(f"{row} bdi", has_text="Lead").all_inner_texts()
    focused = page.locator(f"{row}:focus-within bdi", has_text="Lead")
    for key, place in [("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)]:
        page.keyboard.press(key)
        expect(focused).to_have_text(names[place])
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")
    expect(page.locator("#lead-head")).to_contain_text(names[1])
    assert desk.troubles == []


def test_a_question_mark_shows_the_keys_of_the_page(desk: Any) -> None:
    page = desk.page
    for path, told in {
        "/admin/leads/board/?owned=all": "arrow keys choose a column",
        "/admin/leads/answer-next/": "assign to me",
        LISTING: "next, previous row",
    }.items():
        desk.open(path)
        page.keyboard.press("?")
        expect(page.locator(OPEN)).to_contain_text(told)
        page.keyboard.press("j")  # of what is behind it nothing moves
        page.keyboard.press("Escape")
        expect(page.locator(OPEN)).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    page.locator(OPEN).get_by_role("link", name="Board").click()
    page.wait_for_url("**/admin/leads/board/")
    desk.open(LISTING)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("searchbox")).to_have_value("?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).not_to_be_focused()
    assert desk.troubles == []


def test_places_that_one_may_not_see_are_not_offered(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = make_user()
    assert go_keys(request) == []
    request.user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    request.user = User.objects.get(pk=request.user.pk)
    assert [key for key, _place in go_keys(request)] == ["p"]


def test_a_phone_has_no_button_for_keys(open_browser: Any) -> None:
    browser = open_browser(PHONE)
    browser.log_in(member("seller"))
    for path in ("/admin/leads/answer-next/", LISTING):
        browser.open(path)
        expect(browser.page.get_by_role("button", name="Keys")).to_be_hidden()
        expect(browser.page.get_by_text("more_horiz")).to_have_count(0)  # a menu with nothing in it
        assert browser.overflow() == 0
    assert browser.troubles == []
