"""The list of canned replies in a browser, at a field that tells of slashes as the composer does."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from playwright.sync_api import Page

from crm.models import Team
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.staff import member
from messaging.models import CannedReply, Conversation
from messaging.tests.browser import Browser
from messaging.tests.factories import make_conversation

pytestmark = [pytest.mark.takes(15), pytest.mark.django_db(transaction=True)]

FIELD = """
([conversation, assets]) => {
  document.body.innerHTML = '<form><div id="place" hidden></div><textarea></textarea></form>';
  const [form, field, picker] = ['form', 'textarea', '#place'].map((name) => document.querySelector(name));
  window.dropped = []; window.sent = 0;
  form.addEventListener('drop', (event) => window.dropped.push(...event.dataTransfer.files));
  field.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.defaultPrevented) window.sent += 1; });
  field.addEventListener('input', () => {
    const end = field.selectionStart;
    const found = /(?:^|\\s)\\/([^\\s/]{0,40})$/.exec(field.value.slice(0, end));
    const from = found ? end - found[1].length - 1 : end;
    const insert = (text) => field.setRangeText(text, from, field.selectionStart, 'end');
    const detail = { words: found ? found[1] : null, conversation, picker, insert };
    form.dispatchEvent(new CustomEvent('composer:slash', { bubbles: true, detail }));
  });
  const parsed = new DOMParser().parseFromString(assets, 'text/html').querySelector('script');
  const script = Object.assign(document.createElement('script'), { type: 'module', src: parsed.getAttribute('src') });
  Object.assign(script.dataset, parsed.dataset);
  return new Promise((done) => { script.addEventListener('load', done); document.body.append(script); });
}
"""


@pytest.fixture
def page(open_browser: Callable[..., Browser]) -> Page:
    browser = open_browser()
    browser.log_in(member("seller"))
    browser.open("/admin/messaging/cannedreply/")
    browser.page.evaluate(FIELD, [make_talk().pk, render_to_string("migochat/canned/picker.html")])
    return browser.page


def make_talk() -> Conversation:
    customer = make_customer(name="Mona Adel")
    CannedReply.objects.create(title="Greeting", shortcut="hello", text="Hello {first_name}!")
    CannedReply.objects.create(
        title="Sizes",
        shortcut="sizes",
        text="Find our sizes in it",
        file=ContentFile(b"%PDF-1.7", "a"),
        file_name="sizes.pdf",
        mime_type="application/pdf",
    )
    CannedReply.objects.create(title="Hidden", shortcut="hex", text="x", team=Team.objects.create(name="Else"))
    return make_conversation(make_identity(make_channel("telegram"), key=("chat", "1"), customer=customer))


def shown(page: Page) -> list[str]:
    page.locator("[role=option]").first.wait_for()
    return page.locator("[role=option] .cr-short").all_inner_texts()


def test_a_slash_offers_replies_and_enter_puts_one_in(page: Page) -> None:
    field = page.locator("textarea")
    field.press_sequentially("Good day. /")
    assert shown(page) == ["/hello", "/sizes"]
    field.press_sequentially("he")
    page.locator("[role=option]", has_text="sizes").wait_for(state="detached")
    field.press("Enter")
    assert field.input_value() == "Good day. Hello Mona!"
    assert page.locator("#place").is_hidden()
    assert page.evaluate("window.sent") == 0  # that Enter chose, it did not send
    field.press("Enter")
    assert page.evaluate("window.sent") == 1


def test_a_file_is_dropped_into_the_composer(page: Page) -> None:
    field = page.locator("textarea")
    field.press_sequentially("/")
    shown(page)
    field.press("ArrowDown")
    field.press("Tab")
    page.wait_for_function("window.dropped.length === 1")
    assert field.input_value() == "Find our sizes in it"
    found = page.evaluate(
        "window.dropped[0].text().then((text) => [window.dropped[0].name, window.dropped[0].type, text])"
    )
    assert found == ["sizes.pdf", "application/pdf", "%PDF-1.7"]


def test_escape_closes_the_list_for_that_word_and_a_click_chooses(page: Page) -> None:
    field = page.locator("textarea")
    field.press_sequentially("/")
    shown(page)
    field.press("Escape")
    field.press_sequentially("s")
    page.wait_for_timeout(400)
    assert page.locator("#place").is_hidden()
    field.fill("")
    field.press_sequentially("/size")
    assert shown(page) == ["/sizes"]
    page.locator("[role=option]").first.click()
    assert field.input_value() == "Find our sizes in it"


def test_what_nothing_is_found_for_says_so_and_enter_sends(page: Page) -> None:
    field = page.locator("textarea")
    field.press_sequentially("/zzz")
    page.get_by_text("No canned reply has that.").wait_for()
    field.press("Enter")
    assert page.evaluate("window.sent") == 1
