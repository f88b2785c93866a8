"""One line from ad to sale, with everything real: web, ingest and leads as processes, a signed webhook, Chromium."""

import hashlib
import hmac
import time
from collections.abc import Iterator

import orjson
import pytest
from playwright.sync_api import Locator, Page, expect

from messaging.tests.chromium import chromium
from messaging.tests.installation import Installation

pytestmark = pytest.mark.takes(20)

PAGE, SECRET, AD = "1047", "test-app-secret", "23850000000000001"
EMAIL, PASSWORD = "manager@shop.example", "first day at the shop"
MAKE_MANAGER = f"""
from django.contrib.auth.models import Group
from crm.models import User
User.objects.create_user("{EMAIL}", "{PASSWORD}", full_name="Mona Adel").groups.add(Group.objects.get(name="manager"))
"""
WAIT = 20_000  # ms


@pytest.fixture
def shop() -> Iterator[Installation]:
    shop = Installation()
    shop.manage(
        "channel", "add", "messenger", "--slug", "shop", "--external-id", PAGE,
        "--secret", f"app_secret={SECRET}", "--secret", "verify_token=v", "--secret", "access_token=t",
    )  # fmt: skip
    shop.manage("shell", "--command", MAKE_MANAGER)
    for name in ("web", "ingest", "leads"):
        shop.start(name)
    yield shop
    shop.close()


def ad_click(text: str) -> bytes:
    """Return what Messenger sends when somebody writes from a click-to-message ad."""
    now = int(time.time() * 1000)
    referral = {
        "ref": "", "source": "ADS", "type": "OPEN_THREAD", "ad_id": AD,
        "ads_context_data": {"ad_title": "Linen dress, free delivery", "post_id": "77001"},
    }  # fmt: skip
    event = {
        "sender": {"id": "9001"},
        "recipient": {"id": PAGE},
        "timestamp": now,
        "message": {"mid": f"m_{now}", "text": text, "referral": referral},
    }
    return orjson.dumps({"object": "page", "entry": [{"id": PAGE, "time": now, "messaging": [event]}]})


def deliver(shop: Installation, body: bytes) -> None:
    signature = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
    assert shop.request("POST", "/webhooks/shop/", body, headers)[0] == 200


def middle(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 150)


def drag(page: Page, card: Locator, column: Locator) -> None:
    start, end = middle(card), middle(column)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 20, start[1] + 10, steps=3)
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def test_an_ad_click_becomes_a_sale_that_the_report_shows_under_its_ad(shop: Installation) -> None:
    with chromium() as chrome:
        page = chrome.new_context(viewport={"width": 1900, "height": 900}, locale="en-US").new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"http://127.0.0.1:{shop.port}/")
        page.fill("[name=username]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.click("[type=submit]")

        page.goto(f"http://127.0.0.1:{shop.port}/admin/leads/answer-next/?tab=all")
        page.get_by_text("Nobody waits for an answer").wait_for()
        page.evaluate("window.notReloaded = true")
        deliver(shop, ad_click("Hello, I want to order the linen dress, how much is it?"))
        row = page.locator(".an-row")
        expect(row.get_by_text("I want to order the linen dress")).to_be_visible(timeout=WAIT)
        expect(row.get_by_text("Linen dress, free delivery")).to_be_visible(timeout=WAIT)
        assert page.evaluate("window.notReloaded")

        page.goto(f"http://127.0.0.1:{shop.port}/admin/leads/board/?owned=all")
        card = page.locator(".lb-card")
        drag(page, card, page.locator('.lb-column[data-stage="in-progress"]'))
        expect(page.locator('.lb-column[data-stage="in-progress"] .lb-card:not([aria-busy])')).to_have_count(1)
        drag(page, card, page.locator('.lb-column[data-stage="qualified"]'))
        expect(page.locator('.lb-column[data-stage="qualified"] .lb-card:not([aria-busy])')).to_have_count(1)
        card.focus()
        page.keyboard.press("m")
        page.locator('[data-board-dialog="menu"] button[value="converted"]').click()
        page.fill('[data-board-dialog="won"] [name=value]', "1250")
        page.locator('[data-board-dialog="won"] button[value="ok"]').click()
        expect(page.locator('.lb-column[data-stage="converted"] .lb-card:not([aria-busy])')).to_have_count(1)
        expect(page.locator('.lb-column[data-stage="converted"] [data-board-count]')).to_have_text("1")
        ((outcome, value),) = shop.sql("SELECT outcome, value::int FROM leads_lead")
        assert (outcome, value) == ("won", 1250)

        page.goto(f"http://127.0.0.1:{shop.port}/admin/leads/figures/sources/")
        lines = page.locator("tr", has_text="Linen dress, free delivery")
        expect(lines.filter(has_text="1,250")).to_have_count(1)
