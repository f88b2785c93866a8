"""The board in a real browser: cards go by mouse and by keyboard, and two colleagues never undo each other's moves."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import FloatRect, Locator, Page, expect

from crm.tests.factories import make_customer
from leads.activities import Cause
from leads.models import Lead
from leads.services.stages import move_lead
from leads.tests.factories import make_lead, stage
from messaging.tests.admin_world import HOSTILE
from messaging.tests.browser import DESK, PHONE, Browser, member

pytestmark = [pytest.mark.takes(30), pytest.mark.django_db(transaction=True)]
BOARD = "/admin/leads/board/?owned=all"
ACROSS = {"width": 1900, "height": 900}
EXPECTED_TROUBLE = re.compile(r"409|422|Failed to load resource")


@pytest.fixture
def open_board(open_browser: Any) -> Any:
    """Return what opens the board as a colleague of a role."""

    def open_one(role: str = "manager", window: Any = ACROSS, language: str = "en-US", **more: Any) -> Browser:
        browser: Browser = open_browser(window, language, patience=10_000, **more)
        browser.log_in(member(role))
        browser.open(BOARD)
        return browser

    return open_one


def lead_named(name: str, **fields: Any) -> Lead:
    return make_lead(make_customer(name=name), **fields)


def card(page: Page, lead: Lead) -> Locator:
    return page.locator(f'.lb-card[data-lead="{lead.pk}"]')


def column(page: Page, slug: str) -> Locator:
    return page.locator(f'.lb-column[data-stage="{slug}"]')


def count(page: Page, slug: str) -> Locator:
    return column(page, slug).locator("[data-board-count]")


def box_of(part: Locator) -> FloatRect:
    """Return where something is on the page."""
    box = part.bounding_box()
    assert box, "it is not shown"
    return box


def drag(page: Page, lead: Lead, slug: str) -> None:
    begin, end = box_of(card(page, lead)), box_of(column(page, slug))
    page.mouse.move(begin["x"] + 60, begin["y"] + 12)
    page.mouse.down()
    page.mouse.move(begin["x"] + 80, begin["y"] + 30, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 200, steps=8)
    page.mouse.up()


def stage_of(lead: Lead) -> str:
    slug: str = Lead.objects.values_list("stage__slug", flat=True).get(pk=lead.pk)
    return slug


def is_in(page: Page, lead: Lead, slug: str) -> None:
    expect(column(page, slug).locator(f'.lb-card[data-lead="{lead.pk}"]:not([aria-busy])')).to_have_count(1)
    expect(card(page, lead)).to_have_count(1)


def test_a_card_is_dragged_and_counts_and_sums_follow(open_board: Any) -> None:
    lead = lead_named("Mona Adel", score=50, value=Decimal(400), currency="EGP")
    lead_named("Better", score=90, in_stage="hot", value=Decimal(1000), currency="EGP")
    lead_named("Worse", score=10, in_stage="hot")
    browser = open_board()
    page = browser.page
    expect(count(page, "intake")).to_have_text("1")
    drag(page, lead, "hot")
    is_in(page, lead, "hot")
    assert stage_of(lead) == "hot"
    assert column(page, "hot").locator(".lb-open").all_inner_texts() == ["Better", "Mona Adel", "Worse"]
    expect(count(page, "intake")).to_have_text("0")
    expect(count(page, "hot")).to_have_text("3")
    expect(column(page, "hot").locator("[data-board-total]")).to_have_text("1,400 EGP")
    expect(column(page, "intake").locator(".lb-nothing")).to_be_visible()
    assert page.url.endswith(BOARD)  # letting go of a card does not open it
    page.get_by_role("button", name="Undo").click()
    is_in(page, lead, "intake")
    assert stage_of(lead) == "intake"
    assert browser.troubles == []
    card(page, lead).click()
    page.wait_for_url(f"**/lead/{lead.pk}/change/**")


def test_escape_and_letting_go_beside_the_board_leave_a_card_where_it_was(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = open_board()
    page = browser.page
    box = box_of(card(page, lead))
    target = box_of(column(page, "hot"))
    page.mouse.move(box["x"] + 50, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(target["x"] + 50, target["y"] + 100, steps=5)
    expect(page.locator(".lb-ghost")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".lb-ghost")).to_have_count(0)
    page.mouse.up()
    page.mouse.move(box["x"] + 50, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(600, 20, steps=5)
    page.mouse.up()
    is_in(page, lead, "intake")
    assert stage_of(lead) == "intake"
    assert browser.troubles == []


def test_the_keyboard_does_what_the_mouse_does(open_board: Any) -> None:
    first, second = lead_named("First", score=9), lead_named("Second", score=8)
    lead_named("Hot one", in_stage="hot", score=50)
    browser = open_board()
    page = browser.page
    said = page.locator("[data-board-said]")
    card(page, first).locator(".lb-open").focus()
    page.keyboard.press("ArrowDown")
    expect(card(page, second).locator(".lb-open")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Hot one")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(card(page, first).locator(".lb-open")).to_be_focused()
    page.keyboard.press("Space")
    expect(said).to_contain_text("First picked up, in Intake.")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("Nurture, 0 leads.")
    page.keyboard.press("Escape")
    expect(said).to_have_text("First is back in Intake.")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    is_in(page, first, "qualified")
    expect(said).to_have_text("First is in Qualified now.")
    expect(card(page, first).locator(".lb-open")).to_be_focused()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="In progress").press("Enter")
    is_in(page, first, "in-progress")
    assert (stage_of(first), stage_of(second)) == ("in-progress", "intake")
    assert page.locator('.lb-open[tabindex="0"]').count() == 1
    assert browser.troubles == []
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/lead/{first.pk}/change/**")


def test_losing_asks_for_the_reason_and_winning_for_the_value(open_board: Any) -> None:
    lost, won = lead_named("Lost one", score=9), lead_named("Won one", score=8)
    browser = open_board()
    page = browser.page
    drag(page, lost, "lost")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Why is it lost?")
    expect(dialog).to_contain_text("Lost one")
    page.keyboard.press("Escape")
    is_in(page, lost, "intake")
    drag(page, lost, "lost")
    dialog.get_by_role("button", name="Move").click()
    expect(dialog).to_be_visible()  # a reason is needed
    dialog.get_by_label("Bought elsewhere").check()
    dialog.get_by_label("More about it").fill("At <b>their</b> cousin's")
    dialog.get_by_role("button", name="Move").click()
    expect(count(page, "lost")).to_have_text("1")
    expect(count(page, "intake")).to_have_text("1")
    drag(page, won, "converted")
    dialog.get_by_label("Value").fill("1250.5")
    page.keyboard.press("Enter")
    expect(column(page, "converted").locator("[data-board-total]")).to_have_text("1,251 EGP")
    lost.refresh_from_db()
    won.refresh_from_db()
    assert (lost.outcome, lost.lost_reason, lost.lost_note) == ("lost", "elsewhere", "At <b>their</b> cousin's")
    assert (won.outcome, won.value) == ("won", Decimal("1250.50"))
    expect(card(page, won)).to_be_hidden()  # the column is folded
    column(page, "converted").click()
    expect(card(page, won)).to_be_visible()
    assert browser.troubles == []


def test_of_two_browsers_one_wins_and_the_other_is_told(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    ana, omar = open_board("manager"), open_board("administrator")
    drag(ana.page, lead, "hot")
    is_in(ana.page, lead, "hot")
    drag(omar.page, lead, "nurture")  # whose page still shows it in Intake
    is_in(omar.page, lead, "hot")
    expect(omar.page.locator("[data-board-toast]")).to_contain_text("moved it to Hot a moment ago.")
    expect(omar.page.locator("[data-board-toast]")).to_contain_text("manager")
    expect(count(omar.page, "intake")).to_have_text("0")
    expect(count(omar.page, "nurture")).to_have_text("0")
    expect(count(omar.page, "hot")).to_have_text("1")
    assert stage_of(lead) == "hot"
    assert [trouble for trouble in omar.troubles if not EXPECTED_TROUBLE.search(trouble)] == []
    assert ana.troubles == []


def test_a_refused_move_says_why_and_the_card_goes_back(open_board: Any) -> None:
    customer = make_customer(name="Mona Adel")
    old = make_lead(customer, in_stage="lost", outcome="lost", lost_reason="price", closed_at=timezone.now())
    make_lead(customer)
    browser = open_board()
    page = browser.page
    column(page, "lost").click()
    drag(page, old, "hot")
    expect(page.locator("[data-board-toast]")).to_contain_text("This customer has another open lead.")
    is_in(page, old, "lost")
    expect(count(page, "hot")).to_have_text("0")
    assert [trouble for trouble in browser.troubles if not EXPECTED_TROUBLE.search(trouble)] == []


def test_without_the_server_a_card_goes_back(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = open_board()
    page = browser.page
    page.context.set_offline(True)
    drag(page, lead, "hot")
    expect(page.locator("[data-board-toast]")).to_contain_text("could not be reached")
    is_in(page, lead, "intake")
    expect(count(page, "intake")).to_have_text("1")
    page.context.set_offline(False)
    drag(page, lead, "hot")
    is_in(page, lead, "hot")
    assert stage_of(lead) == "hot"


def test_what_others_do_appears_by_itself(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = open_board("viewer")
    page = browser.page
    is_in(page, lead, "intake")
    move_lead(lead_id=lead.pk, to=stage("hot"), cause=Cause.rule("test"))
    expect(column(page, "hot").locator(".lb-card")).to_have_count(1, timeout=20_000)
    expect(column(page, "intake").locator(".lb-card")).to_have_count(0)
    expect(count(page, "hot")).to_have_text("1")
    assert browser.troubles == []


def test_a_column_loads_more_as_it_is_scrolled(open_board: Any) -> None:
    for number in range(70):
        lead_named(f"Lead {number}", score=number)
    browser = open_board()
    page = browser.page
    cards = column(page, "intake").locator(".lb-card")
    shown = cards.count()
    assert 20 <= shown < 70
    for _page in range(8):
        column(page, "intake").locator(".lb-cards").evaluate("list => list.scrollTo(0, list.scrollHeight)")
        page.wait_for_timeout(200)
    expect(cards).to_have_count(70)
    assert [int(text.split()[1]) for text in column(page, "intake").locator(".lb-open").all_inner_texts()] == list(
        range(69, -1, -1)
    )
    assert browser.troubles == []


def test_who_may_not_move_has_nothing_to_move_by(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = open_board("viewer")
    page = browser.page
    assert page.locator("[data-board-menu]").count() == 0
    drag(page, lead, "hot")
    page.keyboard.press("m")
    card(page, lead).locator(".lb-open").press("Space")
    assert page.locator(".lb-ghost, .lb-lifted, dialog[open]").count() == 0
    is_in(page, lead, "intake")
    assert stage_of(lead) == "intake"


def test_a_phone_shows_one_column_and_moves_by_the_menu(open_board: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = open_board("manager", PHONE, has_touch=True)
    page = browser.page
    assert box_of(column(page, "intake"))["width"] > PHONE["width"] * 0.85
    assert browser.overflow() == 0
    card(page, lead).locator("[data-board-menu]").tap()
    page.get_by_role("dialog").get_by_role("button", name="Hot").tap()
    is_in(page, lead, "hot")
    page.locator('[data-board-tab="lost"]').tap()
    expect(column(page, "lost")).to_be_in_viewport(ratio=0.8)
    expect(page.locator('[data-board-tab="lost"]')).to_have_attribute("aria-current", "true")
    page.locator('[data-board-tab="hot"]').tap()
    expect(card(page, lead)).to_be_in_viewport()
    expect(page.locator('[data-board-tab="hot"]')).to_contain_text("1")
    assert browser.troubles == []


def test_arabic_begins_on_the_right_and_arrows_follow(open_board: Any) -> None:
    lead = lead_named("منى عادل")
    browser = open_board("manager", ACROSS, "ar")
    page = browser.page
    assert box_of(column(page, "intake"))["x"] > box_of(column(page, "hot"))["x"]
    drag(page, lead, "hot")
    is_in(page, lead, "hot")
    card(page, lead).locator(".lb-open").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")  # onwards
    page.keyboard.press("Enter")
    is_in(page, lead, "in-progress")
    assert stage_of(lead) == "in-progress"
    assert browser.overflow() == 0
    assert browser.troubles == []


def test_hostile_names_stay_names(open_board: Any) -> None:
    leads = [lead_named(name[:200], score=number, next_step=name[:200]) for number, name in enumerate(HOSTILE)]
    hot = stage("hot")
    hot.name = "<img src=x onerror=alert(1)>"
    hot.save()
    browser = open_board("manager", DESK)
    page = browser.page
    for lead in leads:
        card(page, lead).locator(".lb-open").focus()
        page.keyboard.press("m")
        page.get_by_role("dialog").locator("button[value=hot]").click()
        is_in(page, lead, "hot")
    assert page.locator(".lb-board img, .lb-toast img, .lb-toast b, .lb-card b, .lb-card script").count() == 0
    assert browser.overflow() == 0
    assert browser.troubles == []
