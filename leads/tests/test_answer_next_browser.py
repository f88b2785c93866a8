"""Answer next in a real browser: who writes appears by itself, and everything is done by keys as well."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import AdCampaign
from crm.models import User
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.models import Lead
from leads.tests.factories import make_lead
from messaging.models import Conversation
from messaging.tests.browser import DESK, PHONE, Browser, member
from messaging.tests.factories import make_conversation, make_message

pytestmark = [pytest.mark.takes(20), pytest.mark.django_db(transaction=True)]
LINE = "/admin/leads/answer-next/"
ROW = "[data-an-list] .an-row"
WAIT = 10_000  # ms, a few questions long
SETTLE = 400  # ms


@pytest.fixture
def open_as(open_browser: Any) -> Any:
    """Return what opens a browser that somebody is logged in to."""

    def open_one(user: User, window: dict[str, int] = DESK, language: str = "en-US", dark: bool = False) -> Browser:
        browser: Browser = open_browser(window, language, dark)
        browser.log_in(user)
        browser.open("/")
        return browser

    return open_one


def waits(name: str, minutes: int = 0, *, score: int = 10, **fields: Any) -> Conversation:
    """Make somebody on Messenger who wrote so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    customer = make_customer(name=name)
    talk = make_conversation(
        make_identity(make_channel(name="Dress shop"), customer=customer),
        waiting_since=at, last_inbound_at=at, last_activity_at=at, unread_count=1, **fields,
    )  # fmt: skip
    make_message(talk, text=f"{name} asks", at=at)
    make_lead(customer, score=score, owner=talk.assignee)
    return talk


def writes(talk: Conversation, text: str) -> None:
    """Let one more message come in, as the ingest leaves it."""
    make_message(talk, text=text, at=timezone.now())
    talk.unread_count += 1
    talk.last_activity_at = timezone.now()
    talk.save()


def names(browser: Browser) -> list[str]:
    return list(browser.page.locator(f"{ROW} .mc-name").all_inner_texts())


def test_the_login_leads_here_and_who_writes_appears_without_reload(open_browser: Any) -> None:
    seller = member("seller")
    talk = waits("Mona Adel", 30, assignee=seller)
    browser = open_browser()
    browser.log_in_by_the_form(seller)
    page = browser.page
    assert page.url.endswith(LINE)
    page.evaluate("window.stayed = true")
    page.get_by_text("Mona Adel asks").click()
    page.locator("#thread article").first.wait_for()
    assert (page.url.endswith(f"open={talk.pk}"), names(browser)) == (True, ["Mona Adel"])
    waits("Omar", 60, score=90, assignee=seller)
    page.get_by_text("Omar asks").wait_for(timeout=WAIT)
    assert names(browser) == ["Omar", "Mona Adel"]
    assert page.locator(f"{ROW}[data-open] .mc-name").inner_text() == "Mona Adel"
    writes(talk, "And in blue?")
    page.locator("#thread").get_by_text("And in blue?").wait_for(timeout=WAIT)
    page.locator(f"{ROW}[data-open] .an-snippet", has_text="And in blue?").wait_for(timeout=WAIT)
    assert page.evaluate("window.stayed") is True
    assert browser.troubles == []


def test_what_is_new_keeps_the_place_in_the_list_and_the_focus(open_as: Any) -> None:
    seller = member("seller")
    for number in range(30):
        waits(f"Customer {number:02}", 100 + number, score=50, assignee=seller)
    browser = open_as(seller)
    page = browser.page
    page.get_by_text("Show more").click()
    page.locator(ROW).nth(29).wait_for()
    for _step in range(15):
        page.keyboard.press("k")
    page.evaluate("document.querySelector('[data-an-list]').scrollTop += 40")
    page.wait_for_timeout(SETTLE)
    focused = "document.activeElement.closest('.an-row').querySelector('.mc-name').innerText"
    place = "document.activeElement.getBoundingClientRect().top"
    before = page.evaluate(f"[{focused}, Math.round({place})]")
    waits("Newcomer", 600, score=100, assignee=seller)
    page.get_by_text("Newcomer asks").wait_for(timeout=WAIT, state="attached")
    assert page.locator(ROW).count() == 30  # as many as were shown
    assert page.evaluate(f"[{focused}, Math.round({place})]") == before
    assert browser.troubles == []


def test_nothing_is_asked_while_nobody_looks(open_as: Any) -> None:
    seller = member("seller")
    browser = open_as(seller)
    page = browser.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/poll/" in request.url else None)
    hidden = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    hide = hidden + "; document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(hide % "true")
    asked.clear()
    page.wait_for_timeout(4000)
    assert asked == []
    page.evaluate(hide % "false")
    page.wait_for_timeout(SETTLE)
    assert len(asked) == 1


def test_by_keys_alone(open_as: Any) -> None:
    seller = member("seller")
    waits("Mona", 30, score=90)
    waits("Omar", 30, score=50)
    browser = open_as(seller)
    page = browser.page
    browser.open(f"{LINE}?tab=unassigned")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    why = page.locator(f"{ROW}:focus-within .an-why")
    assert why.is_visible()
    assert why.inner_text() == "Score 50: +20 · waits 30 min: +6 · closes in 23 h: 0"
    page.keyboard.press("Enter")
    page.locator("#an-pane h2", has_text="Omar").wait_for()
    page.keyboard.press("a")
    page.get_by_text("Yours now.").wait_for()
    page.locator(ROW, has_text="Omar").wait_for(state="detached", timeout=WAIT)
    assert Lead.objects.get(customer__name="Omar").owner == Conversation.objects.get(assignee=seller).assignee == seller
    page.keyboard.press("Escape")
    page.get_by_text("Choose somebody to answer").wait_for()
    page.keyboard.press("?")
    assert page.get_by_text("assign to me", exact=True).is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_text("assign to me", exact=True).is_hidden()
    page.keyboard.press("/")
    page.keyboard.type("nobody ja")  # j and a are letters here
    page.keyboard.press("Enter")
    page.get_by_text("Nobody of that name waits").wait_for()
    assert browser.troubles == []


def test_on_a_phone_one_thing_fills_the_window(open_as: Any) -> None:
    seller = member("seller")
    waits("Mona Adel", 30, assignee=seller)
    browser = open_as(seller, PHONE, dark=True)
    page = browser.page
    bar = page.locator(".mc-phone-bar a")
    assert [words.partition("\n")[2] for words in bar.all_inner_texts()] == ["Answer next", "Inbox", "Board", "Leads"]
    assert page.locator(".mc-phone-bar [aria-current]").inner_text().endswith("Answer next")
    assert page.locator("#an-pane").is_hidden()
    page.locator(ROW).click()
    last = page.locator("#thread article").last
    last.wait_for()
    box, foot = last.bounding_box(), page.locator(".mc-phone-bar").bounding_box()
    assert page.locator("#an-pane").bounding_box()["width"] == PHONE["width"]
    assert box["y"] + box["height"] <= foot["y"]
    assert page.locator(ROW).is_hidden()
    assert browser.overflow() == 0
    page.get_by_label("Back to the list").click()
    page.locator(ROW).wait_for()
    page.go_back()
    page.locator("#thread article").last.wait_for()
    page.go_back()
    page.locator(ROW).wait_for()
    assert browser.overflow() == 0
    bar.last.click()
    page.wait_for_url("**/admin/leads/lead/**")
    assert page.locator(".mc-phone-bar [aria-current]").inner_text().endswith("Leads")
    assert browser.troubles == []


def test_the_bar_is_for_phones(open_as: Any) -> None:
    browser = open_as(member("seller"))
    assert browser.page.locator(".mc-phone-bar").is_hidden()


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_arabic_mirrors_and_nothing_is_cut_off(open_as: Any, window: dict[str, int]) -> None:
    seller = member("seller")
    talk = waits("منى عادل " + "ط" * 150, 23 * 60 + 30, assignee=seller)
    lead = talk.identity.customer.leads.get()
    lead.first_source = "ad"
    lead.first_ad = AdCampaign.objects.create(
        channel=talk.channel, ad_id="1", title="W" * 300, first_seen_at=timezone.now()
    )
    lead.save()
    writes(talk, "بكام الفستان؟ " * 30)
    browser = open_as(seller, window, language="ar")
    page = browser.page
    page.locator(ROW).wait_for()
    assert browser.overflow() == 0
    middle = "(e => { const b = e.getBoundingClientRect(); return (b.left + b.right) / 2 })"
    ring, text = (page.eval_on_selector(f"{ROW} {part}", middle) for part in (".an-ring", ".mc-name"))
    assert ring > text
    page.locator(ROW).click()
    page.locator("#thread article").first.wait_for()
    assert browser.overflow() == 0
    if window == DESK:
        assert page.eval_on_selector(".an-side", middle) > page.eval_on_selector("#an-pane", middle)
    assert browser.troubles == []
