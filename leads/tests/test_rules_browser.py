"""The box that tries a text, as a manager uses it."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from crm import roles
from leads.models import ClassificationRule
from messaging.tests.browser import DESK, PHONE, member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("window", "language"), [(DESK, "en-US"), (PHONE, "ar")])
def test_a_text_is_tried_by_keyboard_on_the_page_of_the_rules(
    open_browser: Any, window: dict[str, int], language: str
) -> None:
    if not ClassificationRule.objects.exists():
        import_module("leads.migrations.0004_seed_rules").seed(apps, connection.schema_editor())
    browser = open_browser(window, language)
    page = browser.page
    browser.log_in(member(roles.MANAGER))
    browser.open("/admin/leads/classificationrule/")
    page.locator(".mc-trial summary").press("Enter")
    page.locator(".mc-trial textarea").fill("بكام؟ أنا من طنطا <img src=x onerror=alert(1)>")
    page.locator(".mc-trial button").press("Enter")
    page.locator(".mc-trial-result").wait_for()
    shown = page.locator("#rule-trial-result").inner_text()
    assert "price" in shown
    assert "Tanta" in shown
    assert "+15" in shown
    assert page.url.endswith("/classificationrule/"), "read in the page, which stays"
    assert browser.overflow() == 0
    assert browser.troubles == []
