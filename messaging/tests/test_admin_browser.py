"""What only a browser shows: a colleague logs in and reads, nothing breaks the content policy, nothing leaves the site."""

from typing import Any

import pytest

from crm.models import Note
from crm.tests.factories import make_channel, make_identity, make_user
from messaging.models import Attachment, Conversation
from messaging.tests.admin_world import HOSTILE, SCRIPT, make_world
from messaging.tests.browser import DESK, PHONE, member
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.installation import wait_until

pytestmark = pytest.mark.takes(30)

MOST_PIXELS_OF_A_ROW = 100


def believable_conversation() -> Conversation:
    identity = make_identity(make_channel(name="Dress shop"), name="Mona Adel", username="mona")
    identity.customer.name = "Mona Adel"
    identity.customer.save()
    conversation = make_conversation(identity, unread_count=1, message_count=70)
    for number in range(70):
        make_message(conversation, text=f"message {number}.", direction="in" if number % 2 else "out", pk=5000 + number)
    Attachment.objects.create(message_id=5069, type="image", url="https://pictures.example/a.jpg")
    Note.objects.create(customer=identity.customer, author=make_user(), text="Calls back.")
    return conversation


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_a_seller_logs_in_and_reads_a_thread(open_browser: Any, window: dict[str, int]) -> None:
    conversation = believable_conversation()
    browser = open_browser(window)
    page = browser.page
    browser.log_in_by_the_form(member("seller"))
    browser.open("/admin/messaging/conversation/")
    row = page.locator("#result_list tbody tr").first
    box = row.bounding_box()
    assert box["height"] <= MOST_PIXELS_OF_A_ROW
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 6)  # anywhere on the row
    page.wait_for_url(f"**/conversation/{conversation.pk}/change/")
    last = page.locator("#thread article").last
    last.wait_for()
    assert "message 69." in last.inner_text()
    assert last.bounding_box()["y"] + last.bounding_box()["height"] <= window["height"]  # it starts at the end
    assert page.get_by_text("message 1.", exact=True).count() == 0
    page.get_by_text("Earlier messages").click()
    page.get_by_text("message 1.", exact=True).wait_for(state="attached")
    assert page.get_by_text("Earlier messages").count() == 0
    assert browser.overflow() == 0
    wait_until(lambda: Conversation.objects.get().unread_count == 0, "the reading of what is shown")
    assert browser.troubles == []


@pytest.mark.django_db(transaction=True)
def test_no_page_breaks_the_policy_leaves_the_site_or_runs_what_people_wrote(open_browser: Any) -> None:
    world = make_world()
    administrator = member("administrator")
    browser = open_browser(PHONE, dark=True)
    browser.log_in(administrator)
    for label, row in world.items():
        name = label.lower().replace(".", "/")
        for path in (f"/admin/{name}/", f"/admin/{name}/{row.pk}/change/", f"/admin/{name}/{row.pk}/history/"):
            browser.open(path)
            assert browser.overflow() == 0, path
    for conversation in Conversation.objects.all():
        browser.open(f"/admin/messaging/conversation/{conversation.pk}/change/")
        assert browser.overflow() == 0
    browser.open(f"/admin/crm/customer/?q={SCRIPT}")
    assert browser.page.get_by_text(HOSTILE[0]).count() >= 1
    assert browser.troubles == []


@pytest.mark.django_db(transaction=True)
def test_arabic_reads_from_the_right_and_phones_from_the_left(open_browser: Any) -> None:
    conversation = believable_conversation()
    customer = conversation.identity.customer
    customer.set_phone("+201012345678")
    customer.save()
    browser = open_browser(DESK, language="ar")
    page = browser.page
    browser.log_in(member("seller"))
    browser.open(f"/admin/messaging/conversation/{conversation.pk}/change/")
    middle = "(e => { const b = e.getBoundingClientRect(); return (b.left + b.right) / 2 })"
    theirs = page.eval_on_selector(".mc-theirs", middle)
    ours = page.eval_on_selector(".mc-ours", middle)
    assert ours < theirs
    assert page.eval_on_selector("bdo[dir=ltr]", "e => getComputedStyle(e).direction") == "ltr"
    assert page.eval_on_selector("#nav-sidebar", middle) > DESK["width"] / 2
    assert browser.troubles == []


@pytest.mark.django_db(transaction=True)
def test_filters_go_on_change_and_the_slash_key_searches(open_browser: Any) -> None:
    believable_conversation()
    browser = open_browser()
    page = browser.page
    browser.log_in(member("seller"))
    browser.open("/admin/messaging/conversation/")
    page.keyboard.press("/")
    page.keyboard.type("mona")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=mona**")
    assert page.locator("#result_list tbody tr").count() == 1
    page.locator("select[data-mc-go]").first.select_option(label="Closed")
    page.wait_for_url("**status=closed**")
    page.get_by_text("Nothing found").wait_for()
    assert "q=mona" in page.url
    assert browser.troubles == []
