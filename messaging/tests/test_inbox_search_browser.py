"""Searching messages in a real browser: by keys alone, on a phone, right to left; a hit opens where it stands and is marked."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.models import Conversation
from messaging.tests.browser import DESK, PHONE, Browser, member
from messaging.tests.factories import make_message
from messaging.tests.inbox_asking import talk_with

pytestmark = [pytest.mark.takes(20), pytest.mark.django_db(transaction=True)]
IN_SIGHT = """(() => { const [one, all] = [".mc-marked", "[data-talk-scroll]"].map((name) =>
    document.querySelector(name).getBoundingClientRect()); return one.top >= all.top && one.bottom <= all.bottom })()"""


def long_talk(seller: Any, **fields: Any) -> Conversation:
    """Make a conversation in whose beginning, and only there, somebody asks for a dress."""
    talk = talk_with("Mona", assignee=seller, **fields)
    begin = timezone.now() - timedelta(hours=3)
    make_message(talk, text="A red dress فُستان, please", at=begin)
    for number in range(40):
        make_message(talk, text=f"message {number}.", at=begin + timedelta(minutes=number + 1))
    return talk


def marked(browser: Browser) -> str:
    browser.page.locator(".mc-marked").wait_for()
    assert browser.page.evaluate(IN_SIGHT)
    text: str = browser.page.locator(".mc-marked .mc-text").inner_text()
    return text


def test_finding_a_message_by_keys_and_going_back(open_inbox: Any) -> None:
    seller = member("seller")
    long_talk(seller)
    make_message(talk_with("Omar", minutes=9, assignee=seller), text="Another dress", at=timezone.now())
    browser = open_inbox(seller)
    page, keys = browser.page, browser.page.keyboard
    keys.press("/")
    keys.type("dress")
    keys.press("Enter")
    page.wait_for_url("**/?q=dress")
    assert page.locator(".ib-hit mark").all_inner_texts() == ["dress", "dress"]
    keys.press("/")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    assert marked(browser) == "A red dress فُستان, please"
    assert page.locator(".ib-head h2").inner_text() == "Mona"
    keys.press("k")
    page.locator(".ib-head h2", has_text="Omar").wait_for()
    assert marked(browser) == "Another dress"
    keys.press("j")
    page.locator(".ib-head h2", has_text="Mona").wait_for()
    page.reload()
    assert marked(browser) == "A red dress فُستان, please"
    page.get_by_text("To the newest messages").click()
    page.get_by_text("message 39.").wait_for()
    assert page.locator(".mc-marked").count() == 0
    keys.press("Escape")
    page.get_by_text("Choose a conversation").wait_for()
    assert page.locator(".ib-hit").count() == 2
    keys.press("Escape")
    page.wait_for_url("**/admin/inbox/?")
    assert page.locator(".ib-hit").count() == 0
    assert browser.troubles == []


def test_further_hits_come_as_one_scrolls_and_filters_narrow_them(open_inbox: Any) -> None:
    seller = member("seller")
    long_talk(seller)
    for number in range(30):
        talk = talk_with(f"Customer {number:02}", minutes=number + 9, assignee=seller)
        make_message(talk, text="message here.", at=timezone.now())
    browser = open_inbox(seller)
    page = browser.page
    page.fill("[name=q]", "message")
    page.press("[name=q]", "Enter")
    page.locator(".ib-hit").nth(24).scroll_into_view_if_needed()
    page.locator(".ib-hit").nth(49).scroll_into_view_if_needed()
    page.locator(".ib-hit").nth(69).wait_for(state="attached")
    assert page.locator(".ib-hit").count() == 70
    page.get_by_label("Order and filters").click()
    page.get_by_label("Of whom").fill("mona")
    page.get_by_label("Of whom").press("Enter")
    page.locator(".ib-narrowed", has_text="mona").wait_for()
    assert set(page.locator(".ib-hit .mc-name").all_inner_texts()) == {"Mona"}
    page.get_by_title("Take this filter off").click()
    page.locator(".ib-hit", has_text="Customer").first.wait_for()
    assert browser.troubles == []


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_arabic_and_a_phone_find_as_well(open_inbox: Any, window: dict[str, int]) -> None:
    seller = member("seller")
    long_talk(seller, platform="messenger")
    browser = open_inbox(seller, window, language="ar")
    page = browser.page
    page.fill("[name=q]", "فستان")
    page.press("[name=q]", "Enter")
    page.locator(".ib-hit mark", has_text="فُستان").wait_for()
    assert browser.overflow() == 0
    page.locator(".ib-hit").click()
    assert "فُستان" in marked(browser)
    assert browser.overflow() == 0
    page.go_back()
    page.locator(".ib-hit").wait_for()
    assert page.locator(".mc-marked").count() == 0
    assert browser.troubles == []
