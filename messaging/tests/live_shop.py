"""A shop of real processes with two colleagues in real browsers, and customers who write to it from a stand-in's platforms."""

import json
import time
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from messaging.simulation.signing import signed_headers
from messaging.tests.installation import Installation

PASSWORD = "long enough for a test"
PATIENCE = 15_000  # ms; the machine that tests may be a slow one
FIELD = "[data-composer] textarea"
SECRETS: dict[str, dict[str, list[str]]] = {
    "whatsapp": {"app_secret": ["app"], "verify_token": ["v"], "access_token": ["whatsapp-token"], "waba_id": ["770"]},
    "telegram": {"secret_token": ["s3cret"], "bot_token": ["6604000001:token"]},
}
ACCOUNTS = {"whatsapp": "660300000000001", "telegram": "6604000001"}
SETUP = f"""
from django.contrib.auth.models import Group
from crm.models import Channel, Team, User
team = Team.objects.create(name="Shop")
for name in ("mona", "omar"):
    user = User.objects.create_user(f"{{name}}@shop.example", {PASSWORD!r}, full_name=name.title(), team=team)
    user.groups.add(Group.objects.get(name="seller"))
secrets, accounts = {SECRETS!r}, {ACCOUNTS!r}
for name in secrets:
    Channel.objects.create(platform=name, slug=name, name=name, external_id=accounts[name], credentials=secrets[name])
"""


class Customer:
    """Somebody who writes on WhatsApp or Telegram."""

    def __init__(self, shop: Installation, name: str, number: int, platform: str = "whatsapp") -> None:
        self.shop, self.name, self.platform, self.said = shop, name, platform, 0
        self.id = f"2010{number:08d}" if platform == "whatsapp" else f"77{number:06d}"

    def writes(self, text: str, *, hours_ago: float = 0) -> None:
        self.said += 1
        at = int(time.time() - hours_ago * 3600)
        body = json.dumps(self._whatsapp(text, at) if self.platform == "whatsapp" else self._telegram(text, at))
        headers = signed_headers(self.platform, url="", body=body.encode(), credentials=SECRETS[self.platform])
        assert self.shop.request("POST", f"/webhooks/{self.platform}/", body, headers)[0] == 200

    def _whatsapp(self, text: str, at: int) -> dict[str, Any]:
        message = {"from": self.id, "id": f"wamid.{self.id}.{self.said}", "timestamp": str(at), "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": ACCOUNTS["whatsapp"]},
            "contacts": [{"profile": {"name": self.name}, "wa_id": self.id}],
            "messages": [{**message, "text": {"body": text}}],
        }
        entry = {"id": "770", "changes": [{"field": "messages", "value": value}]}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def _telegram(self, text: str, at: int) -> dict[str, Any]:
        person = {"id": int(self.id), "is_bot": False, "first_name": self.name}
        chat = {"id": int(self.id), "type": "private", "first_name": self.name}
        message = {"message_id": self.said, "date": at, "text": text, "chat": chat, "from": person}
        return {"update_id": int(self.id) * 10 + self.said, "message": message}


def logged_in(browser: Browser, shop: Installation, name: str, **window: Any) -> Page:
    """Return the inbox as a colleague has it open; `window` are options of the browser's context."""
    page = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-US"} | window).new_page()
    page.goto(f"http://127.0.0.1:{shop.port}/")
    page.fill("input[name=username]", f"{name}@shop.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/**/")
    page.goto(f"http://127.0.0.1:{shop.port}/admin/inbox/?tab=all")
    page.locator("[data-ib]").wait_for()
    return page


def open_talk(page: Page, name: str) -> None:
    page.bring_to_front()
    page.locator(".ib-row", has_text=name).click(timeout=PATIENCE)
    page.locator(".ib-head h2", has_text=name).wait_for(timeout=PATIENCE)


def write(page: Page, text: str) -> None:
    page.fill(FIELD, text)
    page.press(FIELD, "Enter")


def bubble(page: Page, text: str) -> Locator:
    """Return what we wrote, as the server has it."""
    return page.locator("article[id^=m].mc-ours", has_text=text)


def shows(page: Page, text: str, status: str, *words: str) -> None:
    """Wait until a bubble of ours has a status and says something."""
    page.bring_to_front()
    one = bubble(page, text)
    one.locator(f"[title='{status}']").wait_for(timeout=PATIENCE)
    for word in words:
        one.get_by_text(word).wait_for(timeout=PATIENCE)
