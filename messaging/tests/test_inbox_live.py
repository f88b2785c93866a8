"""The inbox over real processes: two colleagues in their browsers, customers, and platforms that misbehave."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from messaging.tests.chromium import chromium
from messaging.tests.installation import Installation, wait_until
from messaging.tests.live_shop import (
    FIELD,
    PATIENCE,
    SETUP,
    Customer,
    bubble,
    logged_in,
    open_talk,
    shows,
    write,
)
from messaging.tests.sending_world import Control
from messaging.tests.stand_in_process import installation_with_stand_in

pytestmark = pytest.mark.takes(90)

UNKNOWN = "It may have been sent or not."
SLOW_DOWN = "The platform asked us to slow down. It is tried again by itself."
NOT_TAKEN = "The platform does not take this content. Change it and send it again."
WITHIN = 4_000  # ms: what is new shows by then


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Installation, Control]]:
    with installation_with_stand_in(SETUP) as (shop, platform):
        for name in ("web", "ingest", "send"):
            shop.start(name)
        yield shop, platform


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(running: tuple[Installation, Control], browser: Browser) -> list[Page]:
    return [logged_in(browser, running[0], name) for name in ("mona", "omar")]


@pytest.fixture
def mona(pages: list[Page]) -> Page:
    return pages[0]


@pytest.fixture
def omar(pages: list[Page]) -> Page:
    return pages[1]


@pytest.fixture
def shop(running: tuple[Installation, Control]) -> Installation:
    return running[0]


@pytest.fixture
def platform(running: tuple[Installation, Control]) -> Control:
    """The stand-in, in good order: all is reported soon, nothing goes wrong."""
    running[1].calm()
    running[1].manners(reports="send", early=0.0, soonest=0.02, latest=0.2)
    return running[1]


def both_open(mona: Page, omar: Page, customer: Customer, text: str = "Is it still there?") -> None:
    customer.writes(text)
    for page in (omar, mona):
        open_talk(page, customer.name)


def accepted(platform: Control, customer: Customer) -> int:
    """Return how many messages the platform took for somebody."""
    return len(platform.sends(recipient=customer.id))


def test_a_message_arrives_and_the_answer_is_delivered_and_read_before_the_eyes_of_both(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    platform.manners(reports="hold")
    customer = Customer(shop, "Nadia", 501)
    mona.evaluate("window.stayed = true")
    both_open(mona, omar, customer)
    stored = shop.count("messaging_message")
    customer.writes("And in green?")
    wait_until(lambda: shop.count("messaging_message") > stored, "the second message")
    for page in (mona, omar):
        page.bring_to_front()
        page.locator("#thread article", has_text="And in green?").wait_for(timeout=WITHIN)
    write(omar, "300 pounds, both")
    assert omar.locator(".mc-ours", has_text="300 pounds, both").count() == 1  # at once, before the server answered
    assert omar.input_value(FIELD) == ""
    for status in ("Sent", "Delivered", "Read"):
        if status == "Sent":
            wait_until(lambda: accepted(platform, customer), "the sending")
        platform.release(1)
        for page in (omar, mona):
            shows(page, "300 pounds, both", status)
    assert accepted(platform, customer) == 1
    for page in (mona, omar):
        assert bubble(page, "300 pounds, both").count() == 1
    assert mona.evaluate("window.stayed") is True


def test_outside_the_window_only_a_template_is_offered_and_it_is_sent(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    customer = Customer(shop, "Laila", 502)
    customer.writes("Tell me when it is ready", hours_ago=25)
    wait_until(lambda: shop.count("messaging_messagetemplate") == 3, "the fetching of templates")
    for page in (omar, mona):
        open_talk(page, "Laila")
        page.get_by_text("until they write again, WhatsApp takes only templates").wait_for(timeout=PATIENCE)
        assert not page.locator(FIELD).is_visible()
    assert mona.locator("[data-template]").count() == 3
    mona.locator("[data-template] summary", has_text="order_ready").filter(has_text="en").click()
    chosen = mona.locator("[data-template][open]")
    chosen.locator("[name=body]").nth(0).fill("Laila")
    chosen.locator("[name=body]").nth(1).fill("42")
    chosen.locator("[data-template-send]").click()
    for page in (mona, omar):
        shows(page, "Hello Laila, your order 42 is ready.", "Read")
    assert [send["kind"] for send in platform.sends(recipient=customer.id)] == ["template"]


def test_a_platform_that_asks_us_to_slow_down_is_waited_for_and_both_see_why(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    platform.trouble("throttle", platform="whatsapp", seconds=6, times=1)
    customer = Customer(shop, "Heba", 503)
    both_open(mona, omar, customer)
    write(mona, "Yes, in two sizes")
    for page in (mona, omar):
        shows(page, "Yes, in two sizes", "Queued", SLOW_DOWN, "Withdraw")
    assert accepted(platform, customer) == 0
    for page in (mona, omar):
        shows(page, "Yes, in two sizes", "Read")
        assert not bubble(page, "Yes, in two sizes").get_by_text("slow down").count()
    assert accepted(platform, customer) == 1


def test_what_the_platform_refuses_says_why_and_can_be_sent_again(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    platform.trouble("fail", platform="whatsapp", code="131051", times=1)
    customer = Customer(shop, "Farida", 504)
    both_open(mona, omar, customer)
    write(mona, "Here it is")
    for page in (mona, omar):
        shows(page, "Here it is", "Failed", NOT_TAKEN)
    assert accepted(platform, customer) == 0
    bubble(omar, "Here it is").get_by_role("button", name="Send again").click()
    for page in (omar, mona):
        shows(page, "Here it is", "Read")
    assert accepted(platform, customer) == 1


def test_what_got_no_answer_is_left_to_people_and_not_sent_by_itself(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    platform.trouble("stall", platform="telegram", seconds=1, times=1)
    customer = Customer(shop, "Salma", 505, "telegram")
    both_open(mona, omar, customer)
    write(mona, "Until ten tonight")
    for page in (mona, omar):
        shows(page, "Until ten tonight", "Unknown, check", UNKNOWN)
    assert accepted(platform, customer) == 0
    bubble(omar, "Until ten tonight").get_by_role("button", name="Send again").click()
    for page in (omar, mona):
        shows(page, "Until ten tonight", "Sent")
    assert accepted(platform, customer) == 1


def test_what_was_taken_before_the_platform_died_is_not_sent_again(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    platform.trouble("die", times=2)
    reporting, silent = Customer(shop, "Yara", 506), Customer(shop, "Zeina", 507, "telegram")
    both_open(mona, omar, reporting)
    write(mona, "It is on its way")
    for page in (mona, omar):
        shows(page, "It is on its way", "Read")  # by its own report, which brings our id back
    both_open(mona, omar, silent)
    write(mona, "We are open")
    for page in (mona, omar):
        shows(page, "We are open", "Unknown, check", UNKNOWN)
    bubble(omar, "We are open").get_by_role("button", name="Keep as sent").click()
    for page in (omar, mona):
        shows(page, "We are open", "Sent")
    assert (accepted(platform, reporting), accepted(platform, silent)) == (1, 1)


def test_a_text_that_is_too_long_says_so_while_it_is_written_and_stays(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    customer = Customer(shop, "Rania", 511)
    both_open(mona, omar, customer)
    count = mona.locator("[data-composer-count]")
    mona.fill(FIELD, "a" * 3000)
    assert not count.is_visible()
    mona.fill(FIELD, "😀" * 4000)
    assert count.inner_text() == "\u20664,000 / 4,096\u2069 letters"
    mona.fill(FIELD, "a" * 4097)
    mona.press(FIELD, "Enter")
    mona.get_by_text("The text is too long. Shorten it, or send it in parts.").wait_for()
    assert len(mona.input_value(FIELD)) == 4097
    mona.locator("[data-composer-open=buttons]").click()
    mona.locator("[name=button]").first.fill("Yes")
    mona.fill(FIELD, "a" * 1025)
    assert count.inner_text() == "\u20661,025 / 1,024\u2069 letters"
    mona.locator("[name=button]").first.fill("")
    assert not count.is_visible()
    write(mona, "a" * 1025)
    wait_until(lambda: accepted(platform, customer), "the sending")


def test_a_reaction_is_put_on_changed_and_taken_off_by_mouse_keys_and_touch(
    shop: Installation, platform: Control, browser: Browser, mona: Page, omar: Page
) -> None:
    customer = Customer(shop, "Hoda", 510)
    both_open(mona, omar, customer, "Thank you so much")

    def reacted(page: Page, emoji: str) -> None:
        page.bring_to_front()
        page.locator(f".ib-own-reaction[data-state=sent][data-emoji='{emoji}']").wait_for(timeout=PATIENCE)

    theirs = mona.locator(".mc-theirs", has_text="Thank you so much")
    theirs.hover()
    theirs.get_by_role("button", name="React").click()
    mona.get_by_role("menuitemradio", name="👍").click()
    for page in (mona, omar):
        reacted(page, "👍")
    omar.locator(".mc-theirs [data-talk-react]").focus()
    for key in ("Enter", "ArrowRight", "ArrowRight", "Enter"):  # opens at the one that is there
        omar.keyboard.press(key)
    for page in (omar, mona):
        reacted(page, "😂")
    phone = logged_in(browser, shop, "mona", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_talk(phone, "Hoda")
    phone.locator(".mc-theirs [data-talk-react]").tap()
    phone.get_by_role("menuitemradio", name="😂").tap()
    for page in (phone, mona):
        page.bring_to_front()
        page.locator(".ib-own-reaction").wait_for(state="detached", timeout=PATIENCE)
    phone.context.close()

    def told() -> list[str]:
        asked = [one["values"] for one in platform.requests() if one["values"].get("type") == "reaction"]
        return [values["reaction"]["emoji"] for values in asked]

    wait_until(lambda: len(told()) == 3, "the taking off")
    assert told() == ["👍", "😂", ""]
    platform.trouble("fail", platform="whatsapp", code="131009", on="reaction", times=1)
    theirs.hover()
    theirs.get_by_role("button", name="React").click()
    mona.get_by_role("menuitemradio", name="🙏").click()
    for page in (mona, omar):
        page.bring_to_front()
        page.get_by_text("Our reaction was not sent.").wait_for(timeout=PATIENCE)
    omar.get_by_role("button", name="Try again").click()
    for page in (omar, mona):
        reacted(page, "🙏")


def test_two_in_one_conversation_are_told_of_each_other(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    customer = Customer(shop, "Karim", 508)
    both_open(mona, omar, customer)
    for page, other in ((mona, "Omar"), (omar, "Mona")):
        page.bring_to_front()
        page.get_by_text(f"{other} is looking at this, too").wait_for(timeout=PATIENCE)
    omar.locator(FIELD).press_sequentially("Yes", delay=50)
    mona.bring_to_front()
    mona.get_by_text("Omar is writing…").wait_for(timeout=PATIENCE)
    mona.fill(FIELD, "Yes, it is")
    omar.press(FIELD, "Enter")
    for page in (omar, mona):
        page.bring_to_front()
        bubble(page, "Yes").wait_for(timeout=PATIENCE)  # shown to her, though she was writing
    mona.press(FIELD, "Enter")
    mona.get_by_text("Omar answered while you were writing.").wait_for(timeout=PATIENCE)
    mona.reload()
    open_talk(mona, "Karim")
    assert mona.input_value(FIELD) == "Yes, it is"  # what she wrote is hers to send or not
    assert accepted(platform, customer) == 1


def test_the_same_answer_of_two_at_the_same_moment_goes_out_once_unless_it_is_wanted_twice(
    shop: Installation, platform: Control, mona: Page, omar: Page
) -> None:
    customer = Customer(shop, "Tamer", 509)
    both_open(mona, omar, customer)
    for page in (omar, mona):
        page.fill(FIELD, "Yes, come by today")
    for page in (omar, mona):
        page.press(FIELD, "Enter", no_wait_after=True)
    words = "answered while you were writing."
    slower = wait_until(
        lambda: next((one for one in (mona, omar) if one.get_by_text(words).is_visible()), None), "the asking"
    )
    wait_until(lambda: accepted(platform, customer), "the sending")
    assert accepted(platform, customer) == 1
    assert bubble(slower, "Yes, come by today").count() == 1
    slower.get_by_role("button", name="Send all the same").click()
    wait_until(lambda: accepted(platform, customer) == 2, "the second, which was wanted")
