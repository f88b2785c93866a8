"""Two colleagues at once on one lead: who comes second is told by whom and of what, and overwrites nothing unseen."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from leads.models import Lead, LeadActivity
from leads.tests.lead_pages import page, post, talk, url
from messaging.models import Conversation
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.django_db
FOLLOW_UPS = "/admin/leads/follow-ups/"


@pytest.fixture
def omar() -> User:
    user = colleague("manager")
    user.full_name = "Omar Said"
    user.save()
    return user


def seen(html: str, after: str) -> str:
    """Return what the form behind a mark keeps of what it shows."""
    found = re.search(r'name="seen" value="([^"]*)"', html[html.index(after) :])
    assert found
    return unescape(found[1])


def at(days: int) -> str:
    return (timezone.localtime() + timedelta(days=days)).strftime("%Y-%m-%dT09:30")


CHANGES: Any = {
    "value": ("lead-facts", {"value": "100"}, {"value": "250"}),
    "assign": ("lead-hand", {"owner": "me"}, {"owner": ""}),
    "follow-up": ("lead-next", {"at": at(1), "next_step": "Call"}, {"at": at(2), "next_step": "Write"}),
}


def state(lead: Lead) -> tuple[Any, ...]:
    lead.refresh_from_db()
    return lead.value, lead.owner, lead.next_follow_up_at, lead.next_step


@pytest.mark.parametrize("action", CHANGES)
def test_what_a_colleague_changed_meanwhile_is_not_overwritten(
    browser: Client, lead: Lead, omar: User, action: str
) -> None:
    mark, first, second = CHANGES[action]
    shown = page(browser, lead)
    post(client_of(omar), lead, action, **first, seen=seen(shown, mark))
    kept = state(lead)
    answer = post(browser, lead, action, **second, seen=seen(shown, mark)).content.decode()
    assert state(lead) == kept
    assert "Omar Said changed it a moment ago, to what you see now." in answer and 'role="alert"' in answer
    post(browser, lead, action, **second, seen=seen(answer, mark))  # now that they know
    assert state(lead) != kept


@pytest.mark.parametrize("action", CHANGES)
def test_who_is_quicker_than_their_own_page_is_not_refused(browser: Client, lead: Lead, action: str) -> None:
    mark, first, second = CHANGES[action]
    shown = page(browser, lead)
    for given in (first, second):
        assert 'role="alert"' not in post(browser, lead, action, **given, seen=seen(shown, mark)).content.decode()


def test_other_words_for_the_same_time_are_another_plan(browser: Client, lead: Lead, omar: User) -> None:
    post(client_of(omar), lead, "follow-up", at=at(1), next_step="Call")
    shown = page(browser, lead)
    post(client_of(omar), lead, "follow-up", at=at(1), next_step="Call, but after six")
    assert LeadActivity.objects.filter(kind="follow_up").count() == 2
    answer = post(browser, lead, "follow-up", done="1", seen=seen(shown, "lead-next")).content.decode()
    assert "Omar Said changed it" in answer and "Call, but after six" in answer
    lead.refresh_from_db()
    assert lead.next_follow_up_at is not None


def test_what_changed_by_itself_names_nobody(browser: Client, lead: Lead) -> None:
    shown = page(browser, lead)
    Lead.objects.filter(pk=lead.pk).update(value=5, currency="EGP")
    answer = post(browser, lead, "value", value="6", seen=seen(shown, "lead-facts")).content.decode()
    assert "It was changed meanwhile, to what you see now." in answer


def test_a_plain_form_is_told_too(browser: Client, lead: Lead, omar: User) -> None:
    shown = page(browser, lead)
    post(client_of(omar), lead, "value", value="100")
    answer = browser.post(url(lead, "value"), {"value": "6", "seen": seen(shown, "lead-facts")}, follow=True)
    assert "Omar Said changed it a moment ago" in answer.content.decode()


def test_a_step_that_was_planned_anew_is_not_done(browser: Client, lead: Lead, omar: User) -> None:
    post(browser, lead, "follow-up", at=at(1), next_step="Call")
    form = seen(browser.get(FOLLOW_UPS).content.decode(), f"/lead/{lead.pk}/follow-up/")
    post(client_of(omar), lead, "follow-up", at=at(3), next_step="Call")
    kept = state(lead)
    answer = browser.post(
        url(lead, "follow-up"),
        {"done": "1", "next": FOLLOW_UPS, "seen": form},
        headers={"HX-Request": "true"},
        follow=True,
    ).content.decode()
    assert state(lead) == kept
    listed = answer[answer.index('id="follow-ups"') :]  # all of the answer that the page takes over
    assert "Omar Said changed it a moment ago" in listed and 'role="alert"' in listed
    assert "a moment ago" not in browser.get(FOLLOW_UPS).content.decode()


def test_of_two_who_take_somebody_the_second_is_told(browser: Client, seller: User, omar: User, lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(owner=None)
    waiting = talk(lead, waiting_since=timezone.now())
    pane, assign = (reverse(f"admin:leads_answer_next_{part}", args=[waiting.pk]) for part in ("pane", "assign"))
    row = browser.get(reverse("admin:leads_answer_next"), {"tab": "all"}).content.decode()
    assert 'data-owner=""' in row
    form = seen(browser.get(pane).content.decode(), assign)
    client_of(omar).post(assign, {"seen": ""})
    answer = browser.post(assign, {"seen": form})
    assert "Omar Said changed it a moment ago, to what you see now." in answer.content.decode()
    assert "data-an-assign" in answer.content.decode() and "Yours now." not in answer.content.decode()
    lead.refresh_from_db()
    assert (lead.owner, Conversation.objects.get().assignee) == (omar, omar)
    browser.post(assign, {"seen": seen(answer.content.decode(), assign)})
    lead.refresh_from_db()
    assert lead.owner == seller
