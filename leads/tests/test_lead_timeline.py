"""The timeline of a lead."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from crm.models import User
from crm.services import add_note
from crm.tests.factories import make_user
from leads.activities import Cause, record
from leads.admin import timeline
from leads.models import (
    ActivityKind,
    Lead,
)
from leads.tests.factories import make_lead
from leads.tests.lead_pages import post, talk, url
from messaging.tests.factories import NOON, make_message

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def entries_of(client: Client, lead: Lead, query: str = "") -> list[Any]:
    return list(client.get(url(lead, "timeline") + query).context["entries"])


def test_the_timeline_tells_all_in_words_newest_first(browser: Client, lead: Lead, seller: User) -> None:
    conversation, manager = talk(lead), make_user(full_name="Omar Said")
    message = make_message(conversation, text="How much?", at=NOON)
    make_message(conversation, direction="out", text="500", at=NOON + MINUTE)
    add_note(customer=lead.customer, author=seller, text="Calls back")
    by_rule, by_ana = Cause.rule("Asked the price", message.pk), Cause.person(seller)
    for number, (kind, old, new, cause) in enumerate([
        (ActivityKind.OPENED, "", "intake", by_rule),
        (ActivityKind.SCORE_UPDATE, 20, 45, by_rule),
        (ActivityKind.STAGE_CHANGE, "intake", "qualified", by_rule),
        (ActivityKind.STAGE_CHANGE, "qualified", "hot", by_ana),
        (ActivityKind.LABEL_CHANGE, "warm", "hot", by_ana),
        (ActivityKind.ASSIGNMENT, "", seller.pk, by_ana),
        (ActivityKind.ASSIGNMENT, seller.pk, manager.pk, by_ana),
        (ActivityKind.VALUE_CHANGE, "", "12345.50", by_ana),
        (ActivityKind.STAGE_CHANGE, "hot", "lost", by_ana.because("price")),
        (ActivityKind.FOLLOW_UP, "2026-05-04T12:00+00:00", "", by_ana.because("done")),
    ]):  # fmt: skip
        record(kind, lead=lead, old=old, new=new, cause=cause, at=NOON + (number + 2) * MINUTE)
    before = make_lead(lead.customer, in_stage="lost", outcome="lost", lost_reason="price", closed_at=NOON)
    record(ActivityKind.STAGE_CHANGE, lead=before, old="hot", new="lost", cause=by_ana)
    record(ActivityKind.STAGE_CHANGE, lead=make_lead(), old="x", new="y", cause=by_ana)  # another customer's
    found = entries_of(browser, lead)
    told = [(strip_tags(entry.said), entry.why, entry.automated) for entry in found]
    assert told == [
        ("", "", False),
        ("Ana Lima did what was planned", "", False),
        ("Ana Lima moved it from Hot to Lost", "Too expensive", False),
        ("Value 12,345.50 · Ana Lima", "", False),
        ("Ana Lima gave it to Omar Said", "", False),
        ("Ana Lima took it", "", False),
        ("Label Warm → Hot · Ana Lima", "", False),
        ("Ana Lima moved it from Qualified to Hot", "", False),
        ("Moved from Intake to Qualified", "Asked the price", True),
        ("Score 20 → 45", "Asked the price", True),
        ("The lead was opened", "Asked the price", True),
        (conversation.channel.name, "", False),
    ]
    assert (found[0].kind, found[0].text) == ("note", "Calls back")
    assert [(line.text, line.ours) for line in found[-1].lines] == [("How much?", False), ("500", True)]
    assert found[9].url.endswith(f"?around={message.pk}#m{message.pk}")


def test_reasons_that_the_services_leave_are_put_in_words(browser: Client, lead: Lead) -> None:
    for kind, why in (
        (ActivityKind.ASSIGNMENT, "assignment"),
        (ActivityKind.ASSIGNMENT, "owner of the customer"),
        (ActivityKind.STAGE_CHANGE, "score 88"),
        (ActivityKind.STAGE_CHANGE, "as <b>agreed</b>"),
    ):
        record(kind, lead=lead, old="intake", new="hot", cause=Cause.rule(why))
    told = [entry.why for entry in entries_of(browser, lead)]
    assert told == ["as <b>agreed</b>", "score 88", "the customer is theirs", ""]


def test_the_timeline_is_narrowed_down(browser: Client, lead: Lead, seller: User) -> None:
    make_message(talk(lead))
    add_note(customer=lead.customer, author=seller, text="Calls back")
    post(browser, lead, "priority", priority="4")
    post(browser, lead, "follow-up", quick="hour")
    post(browser, lead, "value", value="5")
    assert {entry.kind for entry in entries_of(browser, lead)} == {"messages", "note", "change"}
    assert {entry.kind for entry in entries_of(browser, lead, "?show=messages")} == {"messages"}
    assert {entry.kind for entry in entries_of(browser, lead, "?show=notes")} == {"note"}
    assert len(entries_of(browser, lead, "?show=changes")) == 2
    assert [entry.icon for entry in entries_of(browser, lead, "?show=steps")] == ["event"]


def test_paging_by_key_meets_everything_once_even_at_one_time(
    browser: Client, lead: Lead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "SHOWN", 4)
    conversations = [talk(lead), talk(lead)]
    for number in range(10):
        make_message(conversations[number % 2], text=f"message {number}", at=NOON + number // 4 * MINUTE)
        record(ActivityKind.SCORE_UPDATE, lead=lead, new=number, cause=Cause.rule(""), at=NOON + number // 4 * MINUTE)
    met: list[str] = []
    query = ""
    for _page in range(20):
        response = browser.get(url(lead, "timeline") + query)
        for entry in response.context["entries"]:
            met += [line.text for line in entry.lines] or [entry.said]
        if response.context["last"] is None:
            break
        query = f"?after={response.context['last']}"
    assert len(met) == len(set(met)) == 20
    for bad in ("x", "1-2", "1-2-x", f"{'9' * 30}-1-1", "-1-1-1"):
        assert browser.get(url(lead, "timeline"), {"after": bad}).status_code == 200


def test_messages_in_a_row_stand_together_and_say_how_many_there_are(browser: Client, lead: Lead) -> None:
    conversation = talk(lead)
    for number in range(9):
        make_message(conversation, text=f"message {number}", at=NOON + number * MINUTE)
    (entry,) = entries_of(browser, lead)
    assert [line.text for line in entry.lines] == [f"message {number}" for number in range(3, 9)]
    assert entry.more == 3


def test_a_colleagues_conversation_is_not_in_it(browser: Client, lead: Lead) -> None:
    make_message(talk(lead, assignee=make_user()), text="not for you")
    make_message(talk(lead), text="for all")
    assert [line.text for entry in entries_of(browser, lead) for line in entry.lines] == ["for all"]
