"""How the pages of leads look: nothing cut off, out of line, or too pale to read."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator

from campaigns.models import AdCampaign
from crm.models import User
from crm.tests.factories import make_channel, make_user
from leads.models import ClassificationRule, Lead, Priority, Qualification
from leads.tests.contrast import pale_texts
from leads.tests.test_lead_page_browser import make_page, page_of
from messaging.models import Conversation
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.browser import DESK, PHONE, member
from messaging.tests.factories import NOON

pytestmark = [pytest.mark.takes(30), pytest.mark.django_db(transaction=True)]


def box(part: Locator) -> dict[str, float]:
    part.wait_for()
    found = part.bounding_box()
    assert found
    return {
        "left": found["x"],
        "right": found["x"] + found["width"],
        "top": found["y"],
        "bottom": found["y"] + found["height"],
    }


def full_page(owner: User, name: str) -> Lead:
    """Return a lead every column of which is as wide as they come."""
    lead = make_page(owner, name)
    ad, _new = AdCampaign.objects.get_or_create(
        channel=make_channel(), ad_id=name, title="Free delivery on all dresses", first_seen_at=NOON
    )
    Lead.objects.filter(pk=lead.pk).update(
        first_ad=ad,
        value=Decimal("1234567.50"),
        currency="EGP",
        priority=Priority.HIGH,
        next_step="Call back about the size",
    )
    return lead


@pytest.fixture
def manager() -> User:
    user = member("manager")
    for name, owner in (("Mona Adel", "Ana"), ("Omar Said", "Abdelrahman Mostafa Elsherbiny")):
        full_page(make_user(full_name=owner), name)
    return user


@pytest.mark.parametrize("language", ["en-US", "ar"])
def test_the_list_shows_all_its_columns_beside_the_sidebar(open_browser: Any, manager: User, language: str) -> None:
    browser = open_browser(DESK, language)
    browser.log_in(manager)
    browser.open("/admin/leads/lead/?owned=all")
    table = box(browser.page.locator("#result_list"))
    assert browser.overflow() == 0
    assert 0 <= table["left"] < table["right"] <= DESK["width"]


def test_follow_ups_stand_in_columns(open_browser: Any, manager: User) -> None:
    browser = open_browser(DESK)
    browser.log_in(manager)
    browser.open("/admin/leads/follow-ups/?owned=all")
    for part in ("when", "stage", "owner", "buttons"):
        cells = browser.page.locator(f".mc-due-{part}")
        assert cells.count() == 2
        assert box(cells.nth(0))["left"] == box(cells.nth(1))["left"], part


def test_the_fields_of_a_form_begin_below_each_other(open_browser: Any) -> None:
    browser = open_browser(DESK)
    browser.log_in(member("manager"))
    rule = ClassificationRule.objects.create(aspect="intent", value="a-test", keywords="want")
    browser.open(f"/admin/leads/classificationrule/{rule.pk}/change/")
    fields = [browser.page.locator(f"#id_{name}") for name in ("aspect", "value", "keywords", "weight")]
    assert len({box(field)["left"] for field in fields}) == 1


def test_value_and_currency_are_one_line(open_browser: Any, manager: User) -> None:
    browser = open_browser(DESK)
    browser.log_in(manager)
    page = page_of(browser, Lead.objects.order_by("pk")[0])
    assert box(page.locator("#lead-value"))["top"] == box(page.locator("#lead-currency"))["top"]


def test_on_a_phone_the_note_has_the_width_and_a_conversation_the_height(open_browser: Any, manager: User) -> None:
    browser = open_browser(PHONE)
    browser.log_in(manager)
    note = box(page_of(browser, Lead.objects.order_by("pk")[0]).locator("#lead-note-text"))
    assert note["right"] - note["left"] > 300  # or what it asks for is cut off
    Conversation.objects.update(waiting_since=NOON)
    browser.open("/admin/leads/answer-next/?tab=all")
    browser.page.locator(".an-row").first.click()
    browser.page.locator("#thread article").first.wait_for()
    foot = box(browser.page.locator(".mc-phone-bar"))["top"]
    assert abs(box(browser.page.locator("#an-pane"))["bottom"] - foot) <= 1


def test_a_score_and_its_priority_stand_apart(manager: User) -> None:
    Qualification.objects.update(priority=Priority.HIGH)
    html = client_of(colleague("viewer")).get("/admin/leads/qualification/").content.decode()
    assert re.search(r'40</bdo> <span class="mc-chip mc-warning"', html)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(open_browser: Any, manager: User, dark: bool) -> None:
    browser = open_browser(DESK, dark=dark)
    browser.log_in(manager)
    Conversation.objects.update(waiting_since=NOON)
    talk, lead = Conversation.objects.order_by("pk")[0], Lead.objects.order_by("pk")[0]
    for path in (
        f"answer-next/?tab=all&open={talk.pk}",
        "board/?owned=all",
        "lead/?owned=all",
        "follow-ups/?owned=all",
        "qualification/",
        "lead/add/",
        "try-rules/",
    ):
        browser.open(f"/admin/leads/{path}")
        browser.page.wait_for_timeout(300)
        assert pale_texts(browser.page) == [], path
    assert pale_texts(page_of(browser, lead)) == []
    assert browser.troubles == []
