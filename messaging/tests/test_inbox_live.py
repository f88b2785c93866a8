"""The inbox over real processes: two colleagues, a customer on Telegram, and a platform that hears what is sent."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page

from messaging.tests.chromium import chromium
from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(40)

PASSWORD = "long enough for a test"
FIELD = "[data-composer] textarea"
WITHIN = 2_000  # ms: what is new shows by then; the machine that tests may be a slow one
PATIENCE = 15_000  # ms
SETUP = """
from django.contrib.auth.models import Group
from crm.models import Channel, Team, User
team = Team.objects.create(name="Shop")
for name in ("mona", "omar"):
    user = User.objects.create_user(f"{name}@shop.example", "%s", full_name=name.title(), team=team)
    user.groups.add(Group.objects.get(name="seller"))
Channel.objects.create(platform="telegram", slug="bot", name="Bot", external_id="1",
    credentials={"secret_token": ["s3cret"], "bot_token": ["1:token"]})
"""


class Telegram(http.server.BaseHTTPRequestHandler):
    """Takes what a bot sends, as Telegram does; `slow` lets it wait, so that the way of a status can be seen."""

    heard: list[dict[str, Any]]
    slow: float

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result: dict[str, Any] = {"total_count": 0, "photos": []}  # of whoever's pictures are asked for
        if "chat_id" in body:
            time.sleep(type(self).slow)
            self.heard.append({"path": self.path, **body})
            result = {"message_id": 1000 + len(self.heard), "chat": {"id": body["chat_id"]}}
        answer = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words: Any) -> None:
        pass


@contextmanager
def telegram() -> Iterator[tuple[str, type[Telegram]]]:
    handler = type("Heard", (Telegram,), {"heard": [], "slow": 0.0})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Installation, type[Telegram]]]:
    with telegram() as (address, handler):
        found = Installation(TELEGRAM_API_URL=address)
        try:
            found.manage("shell", "--command", SETUP % PASSWORD)
            for name in ("web", "ingest", "send"):
                found.start(name)
            yield found, handler
        finally:
            found.close()


class Customer:
    """Somebody on Telegram."""

    def __init__(self, shop: Installation, name: str, number: int) -> None:
        self.shop, self.name, self.number, self.said = shop, name, number, 0

    def writes(self, text: str) -> None:
        self.said += 1
        person = {"id": self.number, "is_bot": False, "first_name": self.name}
        message = {
            "message_id": self.said, "date": int(time.time()), "text": text,
            "chat": {"id": self.number, "type": "private", "first_name": self.name}, "from": person,
        }  # fmt: skip
        body = json.dumps({"update_id": self.number * 1000 + self.said, "message": message})
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "s3cret"}
        assert self.shop.request("POST", "/webhooks/bot/", body, headers)[0] == 200


def logged_in(browser: Any, shop: Installation, name: str) -> Page:
    page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"http://127.0.0.1:{shop.port}/")
    page.fill("input[name=username]", f"{name}@shop.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/**/")
    page.goto(f"http://127.0.0.1:{shop.port}/admin/inbox/?tab=all")
    page.locator("[data-ib]").wait_for()
    return page


def open_talk(page: Page, name: str) -> None:
    page.locator(".ib-row", has_text=name).click(timeout=PATIENCE)
    page.locator(".ib-head h2", has_text=name).wait_for()


def test_a_message_arrives_and_the_answer_goes_out_before_ones_eyes(shop: tuple[Installation, type[Telegram]]) -> None:
    installation, platform = shop
    platform.slow = 1.0
    customer = Customer(installation, "Nadia", 501)
    with chromium() as browser:
        page = logged_in(browser, installation, "mona")
        page.evaluate("window.stayed = true")
        customer.writes("How much is the blue dress?")
        open_talk(page, "Nadia")
        stored = installation.count("messaging_message")
        customer.writes("And in green?")
        wait_until(lambda: installation.count("messaging_message") > stored, "the second message")
        page.locator("#thread article", has_text="And in green?").wait_for(timeout=2 * WITHIN)
        page.fill(FIELD, "300 pounds, both")
        page.press(FIELD, "Enter")
        ours = page.locator(".mc-ours", has_text="300 pounds, both")
        assert ours.count() == 1  # at once, before the server has answered
        assert page.input_value(FIELD) == ""
        page.locator("article[id^=m].mc-ours").locator("[title=Queued], [title=Sending]").wait_for(timeout=WITHIN)
        page.locator(".mc-ours [title=Sent]").wait_for(timeout=PATIENCE)
        assert [heard["text"] for heard in platform.heard] == ["300 pounds, both"]
        assert platform.heard[0]["chat_id"] == "501"
        assert page.evaluate("window.stayed") is True
    platform.slow = 0.0


def test_two_in_one_conversation_are_told_of_each_other(shop: tuple[Installation, type[Telegram]]) -> None:
    installation, platform = shop
    Customer(installation, "Karim", 502).writes("Is it still there?")
    with chromium() as browser:
        mona, omar = (logged_in(browser, installation, name) for name in ("mona", "omar"))
        for page in (mona, omar):
            open_talk(page, "Karim")
        for page, other in ((mona, "Omar"), (omar, "Mona")):
            page.bring_to_front()
            page.get_by_text(f"{other} is looking at this, too").wait_for(timeout=PATIENCE)
        omar.locator(FIELD).press_sequentially("Yes", delay=50)
        mona.bring_to_front()
        mona.get_by_text("Omar is writing…").wait_for(timeout=PATIENCE)
        mona.fill(FIELD, "Yes, it is")
        omar.bring_to_front()
        omar.press(FIELD, "Enter")
        omar.locator("article[id^=m].mc-ours").wait_for(timeout=PATIENCE)
        mona.bring_to_front()
        mona.locator(".mc-ours", has_text="Yes").wait_for(timeout=PATIENCE)  # shown, though she looked elsewhere
        mona.press(FIELD, "Enter")
        mona.get_by_text("Omar answered while you were writing.").wait_for(timeout=PATIENCE)
        mona.reload()
        open_talk(mona, "Karim")
        assert mona.input_value(FIELD) == "Yes, it is"  # what she wrote is hers to send or not
    assert [heard["text"] for heard in platform.heard if heard["chat_id"] == "502"] == ["Yes"]
