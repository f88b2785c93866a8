"""What only a browser shows of the pages of leads: dialogs, parts that change in place, phones, the dark, from right to left."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm.models import Note
from crm.tests.factories import make_customer, make_identity
from leads.activities import Cause, record
from leads.models import ActivityKind, Lead, Product, ProductInteraction, Qualification, ScoreEntry, ScoringRule
from leads.tests.factories import make_lead, stage
from messaging.tests.admin_world import HOSTILE, SCRIPT
from messaging.tests.browser import DESK, PHONE, member
from messaging.tests.factories import make_conversation, make_message

pytestmark = [pytest.mark.takes(30), pytest.mark.django_db(transaction=True)]


def make_page(owner: Any, name: str = "Mona Adel", text: str = "How much is the linen dress?") -> Lead:
    """Return a lead with something in every part of its page."""
    customer = make_customer(name=name[:200], owner=owner, label="hot", governorate="EG-C", phone="+201012345678")
    conversation = make_conversation(make_identity(customer=customer), assignee=owner)
    now = timezone.now()
    messages = [make_message(conversation, text=text if number == 3 else f"message {number}") for number in range(60)]
    customer.read_from = {"governorate": {"at": now.isoformat(), "message": messages[0].pk}}
    customer.save()
    lead = make_lead(
        customer, owner=owner, in_stage="qualified", score=40, first_message=messages[0], first_source="ad",
        first_touch_at=messages[0].at, last_message=messages[3], next_step=text[:200], next_follow_up_at=now,
    )  # fmt: skip
    rule = ScoringRule.objects.create(name=f"{text[:60]} {lead.pk}", looks_for="message", points=40)
    ScoreEntry.objects.create(lead=lead, rule=rule, message=messages[3], points=40, at=now)
    record(ActivityKind.SCORE_UPDATE, lead=lead, old=0, new=40, cause=Cause.rule(text, messages[3].pk))
    product = Product.objects.create(name=text[:200])
    ProductInteraction.objects.create(customer=customer, lead=lead, product=product, kind="like", feedback=text, at=now)
    Qualification.objects.create(lead=lead, score=40, qualified_at=now, summary=text, owner=owner)
    Note.objects.create(customer=customer, author=owner, text=text)
    return lead


def page_of(browser: Any, lead: Lead) -> Any:
    browser.open(f"/admin/leads/lead/{lead.pk}/change/")
    browser.page.locator("#lead-timeline .mc-tl").first.wait_for()
    browser.page.locator("#lead-side .mc-card").first.wait_for()
    return browser.page


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_a_seller_moves_a_lead_wins_it_and_takes_it_back(open_browser: Any, window: dict[str, int]) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser(window)
    browser.log_in(seller)
    page = page_of(browser, lead)
    page.locator("#lead-value").focus()
    page.get_by_title("Move to Hot").click()
    expect(page.locator("#lead-steps [aria-current=step]")).to_contain_text("Hot")
    expect(page.locator("#lead-timeline")).to_contain_text("moved it from Qualified to Hot")
    page.locator("#lead-won-button").click()
    expect(page.locator("#lead-won input[name=value]")).to_be_focused()
    page.keyboard.type("1500.5")
    page.keyboard.press("Enter")
    expect(page.locator("#lead-steps .mc-end.mc-good")).to_contain_text("Converted")
    expect(page.locator("#lead-origin")).to_contain_text("1,500.50 EGP")
    expect(page.locator("#lead-head")).to_contain_text("Returning")
    expect(page.locator("#lead-next")).to_contain_text("This lead is closed.")
    lead.refresh_from_db()
    assert (lead.outcome, str(lead.value)) == ("won", "1500.50")
    page.get_by_title("Move to Hot").click()
    expect(page.locator("#lead-steps [aria-current=step]")).to_contain_text("Hot")
    assert browser.overflow() == 0
    assert browser.troubles == []


def test_losing_it_asks_for_a_reason_and_says_who_was_faster(open_browser: Any) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser()
    browser.log_in(seller)
    page = page_of(browser, lead)
    page.locator("#lead-lost-button").click()
    page.keyboard.press("Escape")
    expect(page.locator("#lead-lost")).to_be_hidden()
    page.locator("#lead-lost-button").click()
    page.locator("#lead-lost form").evaluate("form => form.noValidate = true")
    page.locator("#lead-lost button.mc-primary").click()
    expect(page.locator("#lead-lost [role=alert]")).to_have_text("errorSay why the lead is lost.")
    expect(page.locator("#lead-lost")).to_be_visible()
    Lead.objects.filter(pk=lead.pk).update(stage=stage("hot"))
    page.locator("#lead-lost select[name=lost_reason]").select_option("price")
    page.locator("#lead-lost button.mc-primary").click()
    expect(page.locator("#lead-steps > .mc-wrong")).to_contain_text("It was moved to Hot meanwhile.")
    expect(page.locator("#lead-lost")).to_be_hidden()
    page.locator("#lead-lost-button").click()
    page.locator("#lead-lost select[name=lost_reason]").select_option("price")
    page.locator("#lead-lost textarea").fill("Found it cheaper")
    page.locator("#lead-lost button.mc-primary").click()
    expect(page.locator("#lead-steps")).to_contain_text("Too expensive · Found it cheaper")
    lead.refresh_from_db()
    assert (lead.outcome, lead.lost_reason, lead.lost_note) == ("lost", "price", "Found it cheaper")
    assert browser.troubles == []


def test_each_field_is_saved_as_it_changes_and_leaves_what_is_being_typed(open_browser: Any) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser()
    browser.log_in(seller)
    page = page_of(browser, lead)
    page.locator("#lead-next-text").fill("half a sente")
    page.locator("#lead-note-text").fill("half a note")
    page.locator("#lead-value").fill("-5")
    page.keyboard.press("Tab")
    expect(page.locator("#lead-facts [role=alert]")).to_be_visible()
    page.locator("#lead-value").fill("250")
    page.keyboard.press("Tab")
    expect(page.locator("#lead-said")).to_have_text("Value saved.")
    expect(page.locator("#lead-currency")).to_be_focused()
    page.locator("#lead-priority").select_option("4")
    expect(page.locator("#lead-head")).to_contain_text("Urgent")
    page.locator("#lead-persona").select_option("value")  # the next click does not wait for the answer
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("guess", exact=True)).to_have_count(0)
    expect(page.locator("#lead-next-text")).to_have_value("half a sente")
    expect(page.locator("#lead-note-text")).to_have_value("half a note")
    page.locator("#lead-tomorrow").click()
    expect(page.locator("#lead-next .mc-next-now")).to_contain_text("Tomorrow 10")
    expect(page.locator("#lead-next .mc-next-now")).to_contain_text("half a sente")
    page.locator("#lead-note-add").click()
    expect(page.locator("#lead-timeline")).to_contain_text("half a note")
    expect(page.locator("#lead-note-text")).to_have_value("")
    page.locator("#lead-done").click()
    expect(page.locator("#lead-next")).to_contain_text("Nothing planned")
    page.get_by_text("Add one").click()
    page.locator("#lead-side select[name=product]").select_option(index=1)
    page.locator("#lead-side textarea").fill("Too short")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#lead-side .mc-interests")).to_contain_text("Too short")
    lead.refresh_from_db()
    lead.customer.refresh_from_db()
    assert (str(lead.value), lead.priority, lead.customer.persona, lead.next_follow_up_at) == (
        "250.00",
        4,
        "value",
        None,
    )
    assert lead.customer.read_from["governorate"] == {"by": seller.pk}
    assert browser.troubles == []


def test_the_evidence_of_a_point_is_marked_in_its_conversation(open_browser: Any) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser()
    browser.log_in(seller)
    page = page_of(browser, lead)
    page.locator("#lead-score .mc-evidence a").first.click()
    page.wait_for_url("**/messaging/conversation/**")
    marked = page.locator("article.mc-marked")
    expect(marked).to_contain_text("How much is the linen dress?")
    expect(marked).to_be_in_viewport()
    page.locator("aside").get_by_role("link", name="Qualified").click()
    page.wait_for_url(f"**/leads/lead/{lead.pk}/change/")
    assert browser.troubles == []


def test_the_timeline_is_filtered_and_goes_back_in_time(open_browser: Any) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser()
    browser.log_in(seller)
    page = page_of(browser, lead)
    page.get_by_role("link", name="Notes", exact=True).click()
    expect(page.locator("#lead-timeline .mc-tl")).to_have_count(1)
    page.get_by_role("link", name="Messages", exact=True).first.focus()
    page.locator("#lead-show-messages").press("Enter")
    expect(page.locator("#lead-timeline")).to_contain_text("message 59")
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator("#lead-timeline")).to_contain_text("message 19")
    assert browser.troubles == []


def test_follow_ups_are_done_without_leaving_the_page(open_browser: Any) -> None:
    seller = member("seller")
    make_page(seller)
    browser = open_browser(PHONE)
    browser.log_in(seller)
    browser.open("/admin/leads/follow-ups/")
    page = browser.page
    assert browser.overflow() == 0
    page.get_by_role("button", name="In 3 days").click()
    expect(page.locator("#follow-ups h2")).to_have_text("In the next days")
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#follow-ups")).to_contain_text("Nothing planned")
    assert browser.troubles == []


def test_a_lead_is_added_by_searching_as_one_types(open_browser: Any) -> None:
    seller = member("seller")
    make_customer(name="مُحَمّد أحمد")
    browser = open_browser(PHONE)
    browser.log_in(seller)
    browser.open("/admin/leads/lead/add/")
    page = browser.page
    page.locator("#lead-find").press_sequentially("محمد")
    page.locator("#lead-found label").first.click()
    expect(page.locator("#lead-new-customer")).to_be_hidden()
    page.locator("textarea[name=note]").fill("Met at the fair")
    page.get_by_role("button", name="Add lead").click()
    page.wait_for_url("**/change/")
    assert (Lead.objects.get().customer.name, Note.objects.get().text) == ("مُحَمّد أحمد", "Met at the fair")
    assert browser.overflow() == 0
    assert browser.troubles == []


def test_hostile_texts_run_nowhere_and_fit_in_the_dark_on_a_phone(open_browser: Any) -> None:
    seller = member("seller")
    leads = [make_page(seller, name, name) for name in HOSTILE]
    browser = open_browser(PHONE, dark=True)
    browser.log_in(seller)
    for path in (
        "/admin/leads/lead/",
        f"/admin/leads/lead/?q={SCRIPT}",
        "/admin/leads/follow-ups/",
        "/admin/leads/qualification/",
    ):
        browser.open(path)
        assert browser.overflow() == 0, path
    for lead in leads:
        page_of(browser, lead)
        assert browser.overflow() == 0, lead
    assert browser.troubles == []


def test_in_arabic_the_page_is_mirrored(open_browser: Any) -> None:
    seller = member("seller")
    lead = make_page(seller)
    browser = open_browser(language="ar")
    browser.log_in(seller)
    page = page_of(browser, lead)
    first, last = (page.locator(".mc-step").nth(place).bounding_box() for place in (0, 4))
    assert first["x"] > last["x"]
    side, main = (page.locator(f".mc-lead-{name}").bounding_box() for name in ("side", "main"))
    assert side["x"] < main["x"]
    assert page.locator("#lead-head bdo").last.evaluate("element => getComputedStyle(element).direction") == "ltr"
    assert browser.overflow() == 0
    assert browser.troubles == []
