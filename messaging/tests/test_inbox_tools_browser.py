"""What helps at a conversation, in a real browser: tags of the customer."""

from typing import Any

import pytest

from crm.models import Tag
from messaging.tests.inbox_asking import talk_with
from messaging.tests.test_admin_browser import PHONE, member
from messaging.tests.test_inbox_browser import open_browser as open_browser
from messaging.tests.test_inbox_browser import open_row, until

pytestmark = [pytest.mark.takes(20), pytest.mark.django_db(transaction=True)]
CHIPS = ".ib-tags .mc-chip a"


def test_tags_by_keys(open_browser: Any) -> None:
    manager = member("manager")
    talk = talk_with("Mona", assignee=manager)
    for name in ("retail", "wholesale", "VIP"):
        Tag.objects.create(name=name)
    browser = open_browser(manager)
    page, keys = browser.page, browser.page.keyboard
    open_row(browser, "Mona")
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").nth(2).wait_for()
    keys.type("Whole")
    page.locator("[data-tag-choices] [role=option]", has_text="retail").wait_for(state="hidden")
    keys.press("Enter")
    page.locator(CHIPS, has_text="wholesale").wait_for()
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").nth(1).wait_for()
    keys.type("from Alexandria")
    page.get_by_text("New tag: from Alexandria").wait_for()
    keys.press("Enter")
    page.locator(CHIPS, has_text="from Alexandria").wait_for()
    assert page.locator(".ib-tags summary").evaluate("element => element === document.activeElement")
    page.get_by_label("Take “wholesale” off").click()
    page.locator(CHIPS, has_text="wholesale").wait_for(state="detached")
    assert list(talk.identity.customer.tags.values_list("name", flat=True)) == ["from Alexandria"]
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").first.wait_for()
    keys.press("Escape")
    page.locator("[data-tag-choices]").wait_for(state="hidden")
    assert page.locator(".ib-head h2").inner_text() == "Mona"
    assert browser.troubles == []


def test_tags_on_a_phone_right_to_left(open_browser: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", assignee=seller)
    Tag.objects.create(name="جملة " + "ط" * 40)
    browser = open_browser(seller, PHONE, language="ar")
    page = browser.page
    open_row(browser, "Mona")
    page.locator("[data-talk-info]").click()
    page.locator(".ib-tags summary").click()
    page.locator(".ib-tags input").fill("something new")
    page.locator("[data-tag-none]").wait_for()
    page.locator(".ib-tags input").fill("جمله")
    page.locator("[data-tag-choices] [role=option]").click()
    page.locator(CHIPS).wait_for()
    assert browser.overflow() == 0
    until(browser, lambda: talk.identity.customer.tags.count() == 1)
    assert browser.troubles == []
