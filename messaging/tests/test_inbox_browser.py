"""The inbox in a real browser: by keys alone, what was begun stays, and nothing is lost when the line is bad."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Identity, Note, User
from messaging.models import Conversation, Message, MessageStatus, Outgoing
from messaging.tests.browser import DESK, PHONE, Browser, member
from messaging.tests.factories import make_message
from messaging.tests.inbox_asking import talk_with

pytestmark = [pytest.mark.takes(50), pytest.mark.django_db(transaction=True)]
INBOX = "/admin/inbox/"
FIELD = "[data-composer] textarea"
ROW = ".ib-row"
TO_ROW = f"number => document.querySelectorAll('{ROW}')[number].scrollIntoView()"  # in one go, so that no row is swapped between
PATIENCE = 10_000  # ms
SETTLE = 400  # ms


def names(browser: Browser) -> list[str]:
    return list(browser.page.locator(f"{ROW} .mc-name").all_inner_texts())


def open_row(browser: Browser, name: str) -> None:
    browser.page.locator(ROW, has_text=name).click()
    browser.page.locator(".ib-head h2", has_text=name).wait_for()


def until(browser: Browser, condition: Any) -> None:
    for _time in range(100):
        if condition():
            return
        browser.page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def test_walking_answering_and_noting_by_keys(open_inbox: Any) -> None:
    seller = member("seller")
    for minutes, person in enumerate(("Mona", "Omar", "Ana"), start=1):
        talk_with(person, minutes=minutes, assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    keys = page.keyboard
    head = page.locator(".ib-head h2")
    keys.press("j")
    head.filter(has_text="Mona").wait_for()
    keys.press("j")
    head.filter(has_text="Omar").wait_for()
    keys.press("k")
    head.filter(has_text="Mona").wait_for()
    keys.press("r")
    keys.type("Hello Mona, ejk")  # letters, not keys, while writing
    keys.press("Shift+Enter")
    keys.type("it is there.")
    keys.press("Enter")
    page.locator(".mc-ours", has_text="it is there.").wait_for()
    until(browser, lambda: Message.objects.filter(text="Hello Mona, ejk\nit is there.").count() == 1)
    keys.press("Escape")
    keys.press("n")
    keys.type("Calls back")
    keys.press("Control+Enter")
    page.locator(".ib-note", has_text="Calls back").wait_for()
    assert (Note.objects.get().text, Outgoing.objects.count()) == ("Calls back", 1)
    assert browser.troubles == []


def test_putting_off_closing_and_going_by_keys(open_inbox: Any) -> None:
    seller = member("seller")
    for minutes, person in enumerate(("Mona", "Omar", "Ana"), start=1):
        talk_with(person, minutes=minutes, assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    keys = page.keyboard
    head = page.locator(".ib-head h2")
    keys.press("j")
    head.filter(has_text="Mona").wait_for()
    keys.press("s")
    page.get_by_text("Tomorrow morning").wait_for()
    keys.press("Escape")
    assert page.get_by_text("Tomorrow morning").is_hidden()
    assert head.inner_text() == "Mona"
    keys.press("s")
    page.get_by_text("Tomorrow morning").wait_for()
    keys.press("Enter")
    page.get_by_text("Put off.").wait_for()
    page.locator(ROW, has_text="Mona").wait_for(state="detached", timeout=PATIENCE)
    keys.press("j")
    head.filter(has_text="Omar").wait_for()
    keys.press("Shift+E")
    head.filter(has_text="Ana").wait_for()
    until(browser, lambda: Conversation.objects.get(identity__customer__name="Omar").status == "closed")
    keys.press("?")
    assert page.get_by_text("next, previous conversation").is_visible()
    keys.press("Escape")
    keys.press("Escape")
    page.get_by_text("Choose a conversation").wait_for()
    keys.press("/")
    keys.type("omar")
    keys.press("Enter")
    page.wait_for_url("**q=omar**")
    assert names(browser) == ["Omar"]
    page.locator("body").click()
    keys.press("g")
    keys.press("i")
    page.wait_for_url(f"**{INBOX}")
    assert browser.troubles == []


def test_a_draft_stays_with_its_conversation_over_a_reload(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", minutes=1, assignee=seller)
    talk_with("Omar", minutes=2, assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.fill(FIELD, "Dear Mona,\n\nI")
    page.locator("[data-composer-mode=note]").click()
    page.fill(FIELD, "wants blue")
    open_row(browser, "Omar")
    assert page.input_value(FIELD) == ""
    page.reload()
    page.locator(".ib-head h2", has_text="Omar").wait_for()
    assert page.input_value(FIELD) == ""
    open_row(browser, "Mona")
    assert page.input_value(FIELD) == "Dear Mona,\n\nI"
    page.locator("[data-composer-mode=note]").click()
    assert page.input_value(FIELD) == "wants blue"
    page.locator("[data-composer-mode=answer]").click()
    page.press(FIELD, "Enter")
    page.locator(".mc-ours", has_text="Dear Mona").wait_for()
    page.reload()
    page.locator(".ib-head h2", has_text="Mona").wait_for()
    assert page.input_value(FIELD) == ""
    assert browser.troubles == []


def test_what_is_new_shows_at_once_and_leaves_the_reader_where_they_are(open_inbox: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", assignee=seller, unread_count=0)
    begin = timezone.now() - timedelta(hours=1)
    for number in range(40):
        make_message(talk, text=f"message {number}.", at=begin + timedelta(minutes=number))
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.evaluate("window.stayed = true")
    page.fill(FIELD, "I am just")
    page.evaluate("document.querySelector('[data-talk-scroll]').scrollTop = -600")
    page.wait_for_timeout(SETTLE)
    read = page.locator("article", has_text="message 20.")
    before = read.bounding_box()["y"]
    make_message(talk, text="Still there?", at=timezone.now())
    Conversation.objects.filter(pk=talk.pk).update(
        last_activity_at=timezone.now(), unread_count=1, updated_at=timezone.now()
    )
    page.locator("#thread article", has_text="Still there?").wait_for(state="attached", timeout=PATIENCE)
    assert abs(read.bounding_box()["y"] - before) <= 1
    page.get_by_text("New messages").wait_for()
    assert Conversation.objects.get().unread_count == 1  # it was not seen yet
    page.get_by_text("New messages").click()
    until(browser, lambda: Conversation.objects.get().unread_count == 0)
    page.locator(f"{ROW} .ib-snippet").get_by_text("Still there?", exact=True).wait_for()  # asked for beside the thread
    assert page.input_value(FIELD) == "I am just"
    assert page.evaluate("window.stayed") is True
    assert browser.troubles == []


def lose_answers(page: Any, most: int) -> list[int]:
    """Let the server have what is sent, and lose what it says of it, so many times; return what it said."""
    answered: list[int] = []

    def cut(route: Any) -> None:
        if len(answered) < most:
            answered.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/send/", cut)
    return answered


def test_a_bad_line_loses_nothing_and_sends_once(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.route("**/poll/**", lambda route: route.abort())
    answered = lose_answers(page, 2)
    page.fill(FIELD, "300 pounds")
    page.press(FIELD, "Enter")
    page.get_by_text("Not handed over yet").wait_for()
    page.get_by_text("The connection is lost").wait_for(timeout=PATIENCE)
    page.locator("article[id^=m].mc-ours", has_text="300 pounds").wait_for(timeout=PATIENCE)
    assert (answered, Message.objects.filter(direction="out").count()) == ([200, 200], 1)
    assert page.locator(".mc-ours", has_text="300 pounds").count() == 1
    page.unroute("**/poll/**")
    page.get_by_text("The connection is lost").wait_for(state="hidden", timeout=20_000)


def test_what_the_server_has_though_it_could_not_say_so_takes_its_place(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    answered = lose_answers(page, 99)
    page.fill(FIELD, "300 pounds")
    page.press(FIELD, "Enter")
    page.locator("article[id^=m].mc-ours", has_text="300 pounds").wait_for(timeout=PATIENCE)
    assert page.locator(".mc-ours", has_text="300 pounds").count() == 1
    page.wait_for_timeout(5_000)
    assert (answered, Message.objects.filter(direction="out").count()) == ([200], 1)


def test_what_was_under_way_when_the_page_was_left_goes_on(open_inbox: Any) -> None:
    seller = member("seller")
    talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.route("**/send/", lambda route: route.abort())
    page.fill(FIELD, "300 pounds")
    page.press(FIELD, "Enter")
    page.get_by_text("Not handed over yet").wait_for()
    page.unroute("**/send/")
    page.reload()
    page.locator("article[id^=m].mc-ours", has_text="300 pounds").wait_for(timeout=PATIENCE)
    assert Message.objects.filter(direction="out").count() == 1


def test_a_colleague_who_was_faster_is_shown_first(open_inbox: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.fill(FIELD, "300 pounds")
    make_message(
        talk, direction="out", text="250 pounds", author=User.objects.create(email="o@x.example", full_name="Omar H")
    )
    page.press(FIELD, "Enter")
    page.get_by_text("Omar answered while you were writing.").wait_for()
    page.locator(".mc-ours", has_text="250 pounds").wait_for()
    assert (page.input_value(FIELD), Outgoing.objects.count()) == ("300 pounds", 0)
    page.get_by_text("Send all the same").click()
    page.locator("article[id^=m].mc-ours", has_text="300 pounds").wait_for()
    assert Outgoing.objects.count() == 1


def test_a_comment_is_answered_where_nothing_else_may_be_written(open_inbox: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", platform="messenger", assignee=seller, last_inbound_at=None)
    Identity.objects.update(last_inbound_at=None)
    Message.objects.update(type="comment", source="comment", comment_id="c_1", at=timezone.now())
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.get_by_text("They have only commented so far.").wait_for()
    assert page.locator("[data-composer-quote]").inner_text() == "Mona asks"
    page.get_by_label("In private").check()
    page.fill(FIELD, "300 pounds")
    page.press(FIELD, "Enter")
    page.locator("article[id^=m].mc-ours", has_text="300 pounds").wait_for()
    assert (Outgoing.objects.get().content, talk.messages.count()) == ("private_reply", 2)
    assert browser.troubles == []


def test_quick_replies_a_place_and_a_picture_go_along(open_inbox: Any, tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    seller = member("seller")
    talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.locator("[data-composer-open=buttons]").click()
    page.get_by_label("Quick reply").first.fill("Blue")
    page.fill(FIELD, "Which one?")
    page.press(FIELD, "Enter")
    page.locator("article[id^=m].mc-ours", has_text="Which one?").wait_for()
    page.locator("[data-composer-open=location]").click()
    for label, value in (("Name of the place", "Shop"), ("Latitude", "30,0444"), ("Longitude", "31.2357")):
        page.get_by_label(label).fill(value)
    page.get_by_text("Send the place").click()
    picture = tmp_path / "dress.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    page.locator("[data-composer] input[type=file]").set_input_files(tmp_path.joinpath("dress.png"))
    page.locator("[data-composer-file-name]", has_text="dress.png").wait_for()
    page.press(FIELD, "Enter")
    until(browser, lambda: Outgoing.objects.count() == 3)
    assert list(Outgoing.objects.order_by("pk").values_list("content", flat=True)) == ["buttons", "location", "media"]
    page.locator("[data-composer] input[type=file]").set_input_files(
        {"name": "x.html", "mimeType": "text/html", "buffer": b"x"}
    )
    page.get_by_text("Files of this kind cannot be sent there.").wait_for()
    assert browser.troubles == []


def test_an_answer_that_failed_is_sent_again_from_its_bubble(open_inbox: Any) -> None:
    seller = member("seller")
    talk = talk_with("Mona", assignee=seller)
    browser = open_inbox(seller)
    page = browser.page
    open_row(browser, "Mona")
    page.fill(FIELD, "300 pounds")
    page.press(FIELD, "Enter")
    until(browser, lambda: Outgoing.objects.count() == 1)
    Outgoing.objects.update(finished_at=timezone.now(), reason="unreachable")
    Message.objects.filter(direction="out").update(status=MessageStatus.FAILED)
    page.get_by_text("The platform cannot reach them").wait_for(timeout=PATIENCE)
    page.get_by_text("Send again").click()
    page.get_by_text("The platform cannot reach them").wait_for(state="detached")
    assert Outgoing.objects.get().finished_at is None
    Message.objects.filter(direction="out").update(status=MessageStatus.READ)
    page.locator(".mc-ours [title=Read]").wait_for(timeout=PATIENCE)
    assert talk.messages.count() == 2
    assert browser.troubles == []


def test_the_title_counts_and_the_list_goes_on_as_it_scrolls(open_inbox: Any) -> None:
    seller = member("seller")
    for number in range(60):
        talk_with(f"Customer {number:02}", minutes=number + 1, assignee=seller, unread_count=int(number < 3))
    browser = open_inbox(seller)
    page = browser.page
    until(browser, lambda: page.title().startswith("(3) "))
    page.evaluate(TO_ROW, 24)
    page.locator(ROW).nth(49).wait_for(state="attached")
    page.evaluate(TO_ROW, 49)
    page.locator(ROW).nth(59).wait_for(state="attached")
    assert names(browser) == [f"Customer {number:02}" for number in range(60)]
    place = page.evaluate("document.querySelector('[data-ib-scroll]').scrollTop")
    talk_with("Newcomer", minutes=0, assignee=seller)
    page.locator(ROW, has_text="Newcomer").wait_for(state="attached", timeout=PATIENCE)
    assert (names(browser)[0], page.title()[:4]) == ("Newcomer", "(4) ")
    assert page.evaluate("document.querySelector('[data-ib-scroll]').scrollTop") > place  # the rows in view stayed
    assert browser.troubles == []


def a_long_list(open_inbox: Any) -> tuple[Browser, list[str]]:
    """Open an inbox whose list is longer than what is loaded at first; return it with whom it holds, in order."""
    seller = member("seller")
    customers = [f"Customer {number:02}" for number in range(40)]
    for minutes, customer in enumerate(customers, start=1):
        talk_with(customer, minutes=minutes, assignee=seller)
    return open_inbox(seller), customers


def test_a_row_that_was_loaded_meanwhile_is_left_alone(open_inbox: Any) -> None:
    """What changed is asked for while the list goes on: the row under a pointer is not swapped for the same one."""
    browser, customers = a_long_list(open_inbox)
    page = browser.page
    held: list[Any] = []
    page.route("**/rows/?*ids=*", lambda route: held.append(route))
    until(browser, lambda: held)
    page.evaluate(TO_ROW, 24)
    page.locator(ROW).nth(39).wait_for(state="attached")
    row = page.locator(ROW).nth(30).element_handle()
    with page.expect_response("**/rows/?*ids=*"):
        held[0].continue_()
    page.wait_for_timeout(SETTLE)
    assert row.evaluate("row => row.isConnected")
    assert names(browser) == customers


def test_a_list_that_could_not_go_on_does_so_by_itself(open_inbox: Any) -> None:
    browser, customers = a_long_list(open_inbox)
    page = browser.page
    refused: list[Any] = []
    page.route("**/rows/?*after=*", lambda route: refused.append(route.abort()))
    page.evaluate(TO_ROW, 24)
    until(browser, lambda: refused)
    page.unroute("**/rows/?*after=*")
    page.locator(ROW).nth(39).wait_for(state="attached", timeout=PATIENCE)
    assert names(browser) == customers


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["wide", "phone"])
def test_arabic_mirrors_and_a_phone_shows_one_thing_at_a_time(open_inbox: Any, window: dict[str, int]) -> None:
    seller = member("seller")
    talk = talk_with("منى عادل " + "ط" * 150, platform="messenger", assignee=seller)
    make_message(talk, text="بكام الفستان؟ " * 40, at=timezone.now())
    browser = open_inbox(seller, window, language="ar", dark=window == PHONE)
    page = browser.page
    assert browser.overflow() == 0
    page.locator(ROW).click()
    page.locator("#thread article").first.wait_for()
    assert browser.overflow() == 0
    middle = "(e => { const b = e.getBoundingClientRect(); return (b.left + b.right) / 2 })"
    if window == DESK:
        assert page.eval_on_selector(".ib-side", middle) > page.eval_on_selector("#ib-pane", middle)
    else:
        assert page.locator(ROW).is_hidden()
        box, foot = page.locator(FIELD).bounding_box(), page.locator(".mc-phone-bar").bounding_box()
        assert box["y"] + box["height"] <= foot["y"]
        page.locator("[data-talk-info]").click()
        page.locator(".ib-beside").wait_for()
        assert browser.overflow() == 0
        page.go_back()
        page.locator(ROW).wait_for()
    assert browser.troubles == []
