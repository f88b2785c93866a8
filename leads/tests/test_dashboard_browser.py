"""The dashboard in the browser: every chart is drawn, nothing is cut off, figures lead to their rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.metrics import roll_up
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.tests.factories import make_lead
from leads.tests.test_reports_browser import PAINTED
from messaging.tests.browser import DESK, PHONE, member
from messaging.tests.factories import make_conversation, make_message

pytestmark = [pytest.mark.takes(15), pytest.mark.django_db(transaction=True)]
PAGE = "/admin/dashboard/"


@pytest.mark.parametrize(
    ("window", "language", "dark"),
    [(DESK, "en-US", False), (PHONE, "en-US", True), (DESK, "ar", True), (PHONE, "ar", False)],
    ids=["wide", "phone", "right to left", "phone right to left"],
)
def test_it_is_drawn_and_leads_to_rows(open_browser: Any, window: dict[str, int], language: str, dark: bool) -> None:
    now = timezone.now()
    talk = make_conversation(make_identity(make_channel(name="Dress shop")), started_at=now)
    make_message(talk, at=now - timedelta(hours=30))
    make_message(talk, at=now, direction="out")
    for outcome, stage in (("won", "converted"), ("lost", "lost"), ("", "intake")):
        make_lead(
            make_customer(), in_stage=stage, outcome=outcome, lost_reason="price" if outcome == "lost" else "",
            opened_at=now, closed_at=now if outcome else None, first_source="ad",
        )  # fmt: skip
    today = timezone.localdate()
    list(roll_up(today - timedelta(days=2), today))
    browser = open_browser(window, language, dark)
    browser.log_in(member("manager"))
    browser.open(PAGE)
    charts = browser.page.locator("figure canvas")
    assert charts.count() == 7
    for place in range(7):
        assert charts.nth(place).evaluate(PAINTED), place
    assert browser.overflow() == 0
    card = browser.page.locator(".lr-cards a").first
    shown = int(card.inner_text())
    card.click()
    browser.page.wait_for_url("**/messaging/message/**")
    assert browser.page.locator("#result_list tbody tr").count() == shown == 1
    assert browser.troubles == []
