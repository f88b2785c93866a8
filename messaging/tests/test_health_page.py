"""The health page, in the real browser: wide and on a phone, light and dark, English and Arabic."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm import roles
from crm.models import Heartbeat, Incident
from crm.tests.factories import make_channel
from crm.tests.staff import logged_in, member
from messaging.tests.browser import DESK, PHONE, Browser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(20)]


def trouble() -> None:
    now = timezone.now()
    make_channel(slug="evening-shop", token_expires_at=now - timedelta(days=1))
    Heartbeat.objects.create(name="outgoing", host="shop", pid=1, started_at=now, seen_at=now - timedelta(hours=1))
    Incident.objects.create(
        key="tokens:evening-shop",
        severity=2,
        title="Token of evening-shop",
        summary="It has expired.",
        first_seen_at=now - timedelta(hours=3),
        last_seen_at=now,
        opened_at=now - timedelta(hours=3),
    )


@pytest.mark.parametrize("language", ["en-US", "ar"])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("window", [DESK, PHONE])
def test_it_is_whole_in_every_look(
    open_browser: Callable[..., Browser], window: Any, dark: bool, language: str
) -> None:
    trouble()
    browser = open_browser(window, language, dark)
    browser.log_in(member(roles.ADMINISTRATOR))
    browser.open(reverse("admin:health"))
    browser.page.wait_for_selector(".mc-health-list > li")
    if os.environ.get("SHOTS"):
        browser.page.screenshot(path=f"{os.environ['SHOTS']}/{window['width']}-{dark}-{language}.png", full_page=True)
    words = browser.page.inner_text("#health")
    assert "evening-shop" in words and "outgoing" in words
    assert browser.overflow() <= 0
    assert browser.troubles == []


def test_what_is_wrong_leads_to_where_it_is_put_right(open_browser: Callable[..., Browser]) -> None:
    trouble()
    browser = open_browser()
    browser.log_in(member(roles.ADMINISTRATOR))
    browser.open("/")
    browser.page.wait_for_url("**/admin/health/")
    browser.page.locator(".mc-health-list > li", has_text="evening-shop").get_by_role("link").click()
    browser.page.wait_for_url("**" + reverse("admin:crm_channel_changelist"))
    browser.open(reverse("admin:health"))
    browser.page.get_by_role("link", name="Incidents").last.click()
    browser.page.wait_for_selector("text=Token of evening-shop")
    assert browser.troubles == []


def test_where_all_is_well_it_says_so(settings: Any) -> None:
    settings.HEALTH_CHECKS = []
    page = logged_in(member(roles.ADMINISTRATOR)).get(reverse("admin:health")).content.decode()
    assert "All is well." in page


def test_a_suspicion_is_no_incident_yet() -> None:
    now = timezone.now()
    Incident.objects.create(
        key="a", severity=1, title="Only suspected", summary="", first_seen_at=now, last_seen_at=now
    )
    page = logged_in(member(roles.ADMINISTRATOR)).get(reverse("admin:crm_incident_changelist")).content.decode()
    assert "Only suspected" not in page
