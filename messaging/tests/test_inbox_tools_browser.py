"""What helps at a conversation, in a real browser: tags, colleagues named in a note, files that were lost, templates."""

from typing import Any

import pytest

from crm.models import Customer, Note, Notification, Tag, Team, User
from messaging.models import Attachment, MediaFetch, Message, Outgoing
from messaging.tests.browser import DESK, PHONE, member
from messaging.tests.inbox_asking import talk_with
from messaging.tests.test_inbox_browser import open_row, until
from messaging.tests.test_inbox_templates import PNG, approve, late_talk

pytestmark = [pytest.mark.takes(35), pytest.mark.django_db(transaction=True)]
NAMED = ".ib-mention"
FIELD = "[data-composer] textarea"
CHIPS = ".ib-tags .mc-chip a"


def test_tags_by_keys(open_inbox: Any) -> None:
    manager = member("manager")
    talk = talk_with("Mona", assignee=manager)
    for name in ("retail", "wholesale", "VIP"):
        Tag.objects.create(name=name)
    browser = open_inbox(manager)
    page, keys = browser.page, browser.page.keyboard
    open_row(browser, "Mona")
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").nth(2).wait_for()
    keys.type("Whole")
    page.locator("[data-tag-choices] [role=option]", has_text="retail").wait_for(state="hidden")
    keys.press("Enter")
    page.locator(CHIPS, has_text="wholesale").wait_for()
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").nth(1).wait_for()
    keys.type("from Alexandria")
    page.get_by_text("New tag: from Alexandria").wait_for()
    keys.press("Enter")
    page.locator(CHIPS, has_text="from Alexandria").wait_for()
    assert page.locator(".ib-tags summary").evaluate("element => element === document.activeElement")
    page.get_by_label("Take “wholesale” off").click()
    page.locator(CHIPS, has_text="wholesale").wait_for(state="detached")
    assert list(talk.identity.customer.tags.values_list("name", flat=True)) == ["from Alexandria"]
    keys.press("t")
    page.locator("[data-tag-choices] [role=option]").first.wait_for()
    keys.press("Escape")
    page.locator("[data-tag-choices]").wait_for(state="hidden")
    assert page.locator(".ib-head h2").inner_text() == "Mona"
    assert browser.troubles == []


def test_tags_on_a_phone_right_to_left(open_inbox: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", assignee=seller)
    Tag.objects.create(name="جملة " + "ط" * 40)
    browser = open_inbox(seller, PHONE, language="ar")
    page = browser.page
    open_row(browser, "Mona")
    page.locator("[data-talk-info]").click()
    page.locator(".ib-tags summary").click()
    page.locator(".ib-tags input").fill("something new")
    page.locator("[data-tag-none]").wait_for()
    page.locator(".ib-tags input").fill("جمله")
    page.locator("[data-tag-choices] [role=option]").click()
    page.locator(CHIPS).wait_for()
    assert browser.overflow() == 0
    until(browser, lambda: talk.identity.customer.tags.count() == 1)
    assert browser.troubles == []


def test_colleagues_behind_a_sign_by_keys(open_inbox: Any) -> None:
    seller = member("seller")
    Customer.objects.filter(pk=talk_with("Mona", assignee=seller).identity.customer_id).update(owner=seller)
    for name, team in (("Adel Omar", seller.team), ("Adel Said", None), ("Hoda", seller.team)):
        colleague = User.objects.create(email=f"{name.lower().replace(' ', '.')}@x.example", full_name=name, team=team)
        colleague.groups.set(seller.groups.all())
    browser = open_inbox(seller)
    page, keys = browser.page, browser.page.keyboard
    open_row(browser, "Mona")
    keys.press("n")
    keys.type("mona@adel ")  # an address is no name
    keys.type("@ad")
    page.locator(NAMED).nth(1).wait_for()
    assert page.locator(".ib-untold").count() == 1  # a colleague of another team is told apart
    keys.press("Escape")
    page.locator(NAMED).first.wait_for(state="detached")
    keys.type("e")
    page.wait_for_timeout(300)
    assert page.locator(NAMED).count() == 0
    assert page.locator(FIELD).evaluate("element => element === document.activeElement")
    page.fill(FIELD, "")
    keys.type("Please call her, @adel")
    page.locator(NAMED).nth(1).wait_for()
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    keys.press("Enter")
    assert page.input_value(FIELD) == "Please call her, @Adel Omar "
    page.wait_for_timeout(300)
    assert page.locator(NAMED).count() == 0
    keys.type("and @ho")
    page.locator(NAMED, has_text="Hoda").wait_for()
    keys.press("Tab")
    assert Note.objects.count() == 0
    keys.press("Enter")
    page.locator(".ib-note .mc-mention", has_text="@Hoda").wait_for()
    assert Note.objects.get().text == "Please call her, @Adel Omar and @Hoda"
    assert Notification.objects.count() == 2
    page.locator("[data-composer-mode=answer]").click()
    page.locator(FIELD).press_sequentially("@ad")
    page.wait_for_timeout(300)
    assert page.locator(NAMED).count() == 0
    assert browser.troubles == []


def test_colleagues_by_touch_right_to_left(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", assignee=seller)
    User.objects.create(email="a@x.example", full_name="أحمد " + "ط" * 60, team=Team.objects.first())
    browser = open_inbox(seller, PHONE, language="ar")
    page = browser.page
    open_row(browser, "Mona")
    page.locator("[data-composer-mode=note]").click()
    page.locator(FIELD).press_sequentially("يا @احم")
    page.locator(NAMED).click()
    assert page.input_value(FIELD).startswith("يا @أحمد")
    assert browser.overflow() == 0
    assert browser.troubles == []


def test_a_file_that_was_lost_is_asked_for_from_its_bubble(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", platform="messenger", assignee=seller)
    Attachment.objects.create(
        message=Message.objects.get(), type="image", state="failed", url="https://scontent.xx.fbcdn.net/a.jpg"
    )
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.get_by_label("Fetch it again").click()
    page.locator("#thread", has_text="being fetched").wait_for()
    assert page.get_by_label("Fetch it again").count() == 0
    assert MediaFetch.objects.due().count() == 1
    assert browser.troubles == []


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_a_template_with_names_and_a_picture_is_filled_in(open_inbox: Any, window: dict[str, int]) -> None:
    seller = member("seller")
    template = approve(late_talk(seller))
    browser = open_inbox(seller, window)
    page = browser.page
    open_row(browser, "Mona")
    page.locator("[data-template] summary").click()
    page.get_by_text("Send this template").click()
    assert page.evaluate("document.activeElement.name") == "link"  # what is missing is pointed at
    page.locator("[data-template-file]").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    )
    page.get_by_text("Files of this kind cannot be sent there.").wait_for()
    page.locator("[data-template-file]").set_input_files({"name": "dress.png", "mimeType": "image/png", "buffer": PNG})
    page.locator("[data-template-file-name]", has_text="dress.png").wait_for()
    page.get_by_label("first name").fill("Mona")
    page.get_by_label("article").fill("the bag")
    page.get_by_label("Address behind “Track”").fill("42")
    assert page.locator("[data-template-text]").inner_text() == "Hello Mona, <b>the bag</b> waits\nThe shop"
    assert browser.overflow() == 0
    page.get_by_text("Send this template").click()
    page.locator("article[id^=m].mc-ours", has_text="the bag").wait_for()
    sent = Outgoing.objects.get().details["template"]
    assert (sent["name"], sent["body"], sent["header_file"]) == (template.name, ["Mona", "the bag"], "image")
    assert sent["url_ends"] == [{"index": 0, "text": "42"}]
    assert browser.troubles == []
