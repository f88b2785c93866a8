"""The board under a finger: a resting one picks a card up, a swiping one scrolls, a tapping one opens the menu or the lead."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leads.tests.test_board_browser import (
    box_of,
    card,
    column,
    is_in,
    lead_named,
    open_board,
    stage_of,
)

__all__ = ["open_board"]

pytestmark = [pytest.mark.takes(15), pytest.mark.django_db(transaction=True)]
TABLET = {"width": 1180, "height": 820}
LONG_ENOUGH = 600  # ms that a finger rests
Touch = Callable[..., None]


@pytest.fixture
def tablet(open_board: Any) -> Any:
    return lambda: open_board("manager", TABLET, has_touch=True, is_mobile=True)


def finger(page: Page) -> Touch:
    """Return a function that sends what a finger does, as the screen tells the browser."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind in ("touchEnd", "touchCancel") else [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def slide(page: Page, touch: Touch, begin: tuple[float, float], end: tuple[float, float]) -> None:
    for step in range(1, 13):
        touch("touchMove", *(a + (b - a) * step / 12 for a, b in zip(begin, end, strict=True)))
        page.wait_for_timeout(16)


def test_a_finger_that_rests_on_a_card_drags_it(tablet: Any) -> None:
    lead = lead_named("Mona Adel", score=50)
    browser = tablet()
    page = browser.page
    touch, box, target = finger(page), box_of(card(page, lead)), box_of(column(page, "qualified"))
    begin = (box["x"] + 60, box["y"] + 30)
    touch("touchStart", *begin)
    page.wait_for_timeout(LONG_ENOUGH)
    expect(page.locator(".lb-ghost")).to_have_count(1)
    slide(page, touch, begin, (target["x"] + 100, target["y"] + 250))
    expect(column(page, "qualified")).to_have_class("lb-column lb-accent lb-over")
    touch("touchEnd")
    is_in(page, lead, "qualified")
    expect(page.locator(".lb-ghost")).to_have_count(0)
    assert stage_of(lead) == "qualified"
    assert page.url.endswith("/board/?owned=all")  # letting go of a card does not open it
    assert browser.troubles == []


def test_a_finger_that_swipes_scrolls_and_drags_nothing(tablet: Any) -> None:
    leads = [lead_named(f"Lead {number}", score=number) for number in range(30)]
    browser = tablet()
    page = browser.page
    touch, box = finger(page), box_of(card(page, leads[26]))
    begin = (box["x"] + 60, box["y"] + 30)
    touch("touchStart", *begin)
    slide(page, touch, begin, (begin[0], begin[1] - 250))
    touch("touchEnd")
    page.wait_for_timeout(LONG_ENOUGH)
    assert column(page, "intake").locator(".lb-cards").evaluate("list => list.scrollTop") > 100
    assert page.locator(".lb-ghost, .lb-lifted").count() == 0
    assert {stage_of(lead) for lead in leads} == {"intake"}
    assert browser.troubles == []


def test_what_interrupts_the_finger_leaves_the_card_where_it_was(tablet: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = tablet()
    page = browser.page
    touch, box, target = finger(page), box_of(card(page, lead)), box_of(column(page, "hot"))
    begin = (box["x"] + 60, box["y"] + 30)
    touch("touchStart", *begin)
    page.wait_for_timeout(LONG_ENOUGH)
    slide(page, touch, begin, (target["x"] + 100, target["y"] + 250))
    touch("touchCancel")
    expect(page.locator(".lb-ghost, .lb-over")).to_have_count(0)
    is_in(page, lead, "intake")
    assert stage_of(lead) == "intake"
    assert browser.troubles == []


def test_without_dragging_a_tap_on_the_menu_asks_where_to(tablet: Any) -> None:
    lead = lead_named("Mona Adel")
    browser = tablet()
    page = browser.page
    menu = card(page, lead).locator("[data-board-menu]")
    assert menu.evaluate("button => getComputedStyle(button).opacity") == "1"  # though no finger hovers
    assert box_of(menu)["width"] >= 36 and box_of(menu)["height"] >= 36
    menu.tap()
    page.get_by_role("dialog").get_by_role("button", name="Hot").tap()
    is_in(page, lead, "hot")
    assert stage_of(lead) == "hot"
    assert browser.troubles == []
    card(page, lead).locator(".lb-open").tap()
    page.wait_for_url(f"**/lead/{lead.pk}/change/**")
