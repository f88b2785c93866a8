"""The bell and the switch in the head of every page, as a seller uses them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm import roles
from crm.models import Notification, User
from crm.tests.factories import make_customer
from leads.notices import tell_of_follow_up, tell_of_new_lead
from leads.tests.factories import make_lead
from messaging.tests.browser import DESK, PHONE, member

pytestmark = pytest.mark.django_db(transaction=True)


def make_told(user: User, name: str) -> Notification:
    lead = make_lead(make_customer(name=name), owner=user, assigned_at=timezone.now())
    tell_of_new_lead(lead, user)
    found: Notification = Notification.objects.latest("pk")
    return found


@pytest.mark.parametrize(("window", "language"), [(DESK, "en-US"), (PHONE, "en-US"), (PHONE, "ar")])
def test_the_bell_rings_opens_and_leads_to_the_lead(open_browser: Any, window: dict[str, int], language: str) -> None:
    seller = member(roles.SELLER)
    browser = open_browser(window, language)
    page = browser.page
    page.clock.install()
    browser.log_in(seller)
    browser.open("/admin/crm/customer/")
    bell, count = page.locator(".mc-bell-button"), page.locator(".mc-bell-count")
    page.wait_for_function("document.querySelector('[data-mc-availability]').hidden === false")
    assert not count.is_visible()
    make_told(seller, "Omar Zaki")
    notice = make_told(seller, "Mona Adel")
    page.clock.fast_forward(16_000)
    count.wait_for()
    assert count.inner_text().split()[0] == "2"

    bell.press("Enter")
    first = page.locator(".mc-notice").first
    first.wait_for()
    assert "Mona Adel" in first.inner_text()
    box = page.locator(".mc-bell-panel").bounding_box()
    assert (box["x"] >= 0, box["x"] + box["width"] <= window["width"]) == (True, True)
    assert browser.overflow() == 0
    page.keyboard.press("ArrowDown")
    assert "Omar Zaki" in page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Escape")
    assert not page.locator(".mc-bell-panel").is_visible()
    assert page.evaluate("document.activeElement.classList.contains('mc-bell-button')")

    bell.click()
    page.locator(".mc-notice").first.click()
    page.wait_for_url(f"**{notice.url}")
    expect(count).to_have_text(re.compile(r"^\s*1\b"), timeout=10_000)
    assert [unread.pk for unread in Notification.objects.unread()] != [notice.pk]
    assert browser.troubles == []


def test_all_are_marked_as_read(open_browser: Any) -> None:
    seller = member(roles.SELLER)
    for name in ("Mona Adel", "Omar Zaki"):
        make_told(seller, name)
    lead = make_lead(owner=seller, next_follow_up_at=timezone.now() - timedelta(hours=1))
    tell_of_follow_up(lead, seller)
    browser = open_browser()
    page = browser.page
    browser.log_in(seller)
    browser.open("/")
    page.locator(".mc-bell-count").wait_for()
    page.locator(".mc-bell-button").click()
    page.locator(".mc-notice-new").nth(2).wait_for()
    page.locator("[data-mc-read] button").click()
    page.locator(".mc-bell-count").wait_for(state="hidden")
    page.locator(".mc-notice-new").first.wait_for(state="detached")
    assert page.locator(".mc-notice").count() == 3
    assert not Notification.objects.unread().exists()
    page.mouse.click(300, 600)
    assert not page.locator(".mc-bell-panel").is_visible()
    assert browser.troubles == []


def takes_new_leads(seller: User) -> bool:
    return User.objects.filter(pk=seller.pk, is_available=True).exists()


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_a_seller_goes_away_and_comes_back(open_browser: Any, window: dict[str, int]) -> None:
    seller = member(roles.SELLER)
    browser = open_browser(window)
    page = browser.page
    browser.log_in(seller)
    browser.open("/")
    toggle = page.get_by_role("switch", name="I take new leads")
    toggle.wait_for()
    assert (toggle.get_attribute("aria-checked"), toggle.inner_text().strip()) == ("true", "Available")
    toggle.press("Space")
    page.locator(".mc-switch[aria-checked=false]").wait_for()
    assert toggle.inner_text().strip() == "Away"
    assert not takes_new_leads(seller)
    page.reload()
    page.locator(".mc-switch[aria-checked=false]").wait_for()
    toggle.click()
    page.locator(".mc-switch[aria-checked=true]").wait_for()
    assert takes_new_leads(seller)
    assert browser.troubles == []


def test_who_sells_nothing_has_no_switch(open_browser: Any) -> None:
    browser = open_browser()
    browser.log_in(member(roles.VIEWER))
    browser.open("/")
    with browser.page.expect_response("**/admin/bell/"):
        browser.page.reload()
    assert not browser.page.get_by_role("switch").is_visible()
    assert browser.troubles == []
