"""Keeping a view, and moving or exporting many leads at once, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from crm.admin import paging
from crm.models import SavedView, User
from crm.tests.factories import make_customer
from leads.models import ActivityKind, Lead, LeadActivity
from leads.tests.factories import make_lead, stage
from messaging.tests.browser import DESK, PHONE, Browser, member

pytestmark = [pytest.mark.takes(20), pytest.mark.django_db(transaction=True)]


def logged_in(browser: Browser) -> User:
    user = member("seller")
    browser.log_in(user)
    return user


def rows(page: Page) -> list[str]:
    return page.locator("#result_list tbody .mc-name").all_inner_texts()


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_a_view_is_kept_shown_again_and_deleted(open_browser: Any, window: dict[str, int]) -> None:
    make_customer(name="Mona Adel", label="hot")
    make_customer(name="Ana Silva", label="cold")
    browser = open_browser(window)
    page: Page = browser.page
    logged_in(browser)
    browser.open("/admin/crm/customer/?label=hot")
    page.locator(".mc-views summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Added").check()
    page.get_by_label("Order").select_option(label="Newest first")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**order=newest**")
    page.locator(".mc-views summary").click()
    page.get_by_placeholder("Name of the view").fill("Hot <b>ones</b>")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    assert browser.overflow() == 0
    browser.open("/admin/crm/customer/")
    assert sorted(rows(page)) == ["Ana Silva", "Mona Adel"]
    page.get_by_role("link", name="Hot <b>ones</b>").click()
    page.wait_for_url("**view=**")
    assert rows(page) == ["Mona Adel"]
    assert page.locator("th.field-added").count() == 1
    page.locator(".mc-views summary").click()
    page.keyboard.press("Escape")
    assert page.locator(".mc-views details[open]").count() == 0
    page.locator(".mc-views summary").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("The view is deleted").wait_for()
    assert not SavedView.objects.exists()
    assert browser.troubles == []


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_ticked_leads_are_moved(open_browser: Any, window: dict[str, int]) -> None:
    browser = open_browser(window)
    page: Page = browser.page
    user = logged_in(browser)
    leads = [make_lead(make_customer(name=f"Lead {number}", owner=user), owner=user) for number in range(3)]
    browser.open("/admin/leads/lead/")
    bar = page.locator(".mc-bulk")
    assert not bar.is_visible()
    page.locator("input.action-select").nth(0).check()
    page.locator("input.action-select").nth(2).check()
    assert bar.get_by_text("Selected: 2").is_visible()
    assert browser.overflow() == 0
    bar.get_by_role("button", name="Move to a stage").click()
    page.get_by_text("2 leads are chosen.").wait_for()
    page.get_by_label("Stage").select_option(label="Hot")
    assert browser.overflow() == 0
    page.get_by_role("button", name="Move to a stage").click()
    page.get_by_text("2 moved to Hot.").wait_for()
    assert Lead.objects.filter(stage=stage("hot")).count() == 2
    assert LeadActivity.objects.filter(kind=ActivityKind.STAGE_CHANGE, actor=user).count() == 2
    assert len(leads) == len(rows(page))
    assert browser.troubles == []


def test_all_that_match_are_moved_in_arabic(open_browser: Any) -> None:
    """From right to left, and over more than the page that one sees."""
    browser = open_browser(DESK, "ar")
    page: Page = browser.page
    user = logged_in(browser)
    for number in range(27):
        make_lead(make_customer(name=f"منى {number}", owner=user), owner=user)
    browser.open("/admin/leads/lead/")
    page.locator("#action-toggle").check()
    everything = page.locator("[data-mc-select-all]")
    assert everything.is_visible()
    everything.click()
    page.locator('button[value="bulk_stage"]').click()
    page.locator("select[name=stage]").select_option(value=str(stage("qualified").pk))
    page.locator(".mc-bulk-form button.mc-primary").click()
    page.wait_for_url("**/admin/leads/lead/**")
    assert Lead.objects.filter(stage=stage("qualified")).count() == 27
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert browser.troubles == []


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_more_than_can_be_changed_are_exported(
    open_browser: Any, window: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGES", 1)
    browser = open_browser(window)
    page: Page = browser.page
    user = logged_in(browser)
    for number in range(27):
        make_lead(make_customer(name=f"Lead {number:02}", owner=user), owner=user)
    browser.open("/admin/leads/lead/")
    for box in page.locator("input.action-select").all():
        box.check()
    moving = page.get_by_role("button", name="Move to a stage")
    assert moving.is_visible()
    page.get_by_role("button", name="Select all that match, to export them").click()
    assert page.get_by_text("Selected: more than 25").is_visible()
    assert page.get_by_text("More match than can be changed at once.").is_visible()
    assert not moving.is_visible()
    assert browser.overflow() == 0
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert sorted(line.split(",")[0] for line in lines[1:]) == [f"Lead {number:02}" for number in range(27)]
    page.locator("input.action-select").first.uncheck()
    assert moving.is_visible()
    assert browser.troubles == []
