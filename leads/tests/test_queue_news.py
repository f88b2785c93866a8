"""What is news to who looks at the line of those who wait, and what is not."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from crm.tests.factories import make_user
from leads import queue_news
from leads.activities import Cause, record
from leads.models import ActivityKind
from leads.services.owners import assign_customer, assign_lead
from leads.services.stages import move_lead
from leads.services.values import set_value
from leads.tests.factories import stage
from leads.tests.test_answer_next import HOUR, PAGE, POLL, news_of, shown, waits
from messaging.models import Conversation
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.django_db


def test_asking_again_answers_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now().replace(second=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    me = colleague("seller")
    talk, client = waits(1, now=now, assignee=me, score=5), client_of(me)
    html = client.get(PAGE).content

    def asks(html: bytes) -> Any:
        return client.get(POLL, {"news": news_of(html), "shown": "25"})

    assert asks(html).status_code == 204
    Conversation.objects.filter(pk=talk.pk).update(unread_count=7, updated_at=now + timedelta(microseconds=1))
    html = asks(html).content
    assert shown(html) == [talk.pk] and b">7</span>" in html
    new = waits(2, now=now, owner=me)
    html = asks(html).content
    assert shown(html) == [new.pk, talk.pk]
    assign_lead(lead_id=talk.identity.customer.leads.get().pk, owner=None, cause=Cause.person(me))
    html = asks(html).content
    assert shown(html) == [new.pk]
    assert asks(html).status_code == 204
    waits(2, now=now, assignee=make_user())  # not for me to see
    assert asks(html).status_code == 204
    now += timedelta(minutes=1)  # times on the page are a minute old
    assert asks(html).status_code == 200


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the clock, so that no minute goes by in between."""
    now = timezone.now().replace(second=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    return now


@pytest.mark.parametrize(("tab", "seen"), [("mine", False), ("unassigned", True), ("all", True)])
def test_what_happens_to_others_is_no_news(still: datetime, tab: str, seen: bool) -> None:
    me, other = colleague("seller"), colleague("seller", team="The other shop")
    waits(1, now=still, assignee=me, score=5)
    theirs, nobodys = waits(1, now=still, assignee=other, score=5), waits(1, now=still, score=5)
    answered = waits(1, now=still, assignee=me, score=5)
    Conversation.objects.filter(pk=answered.pk).update(waiting_since=None)
    client = client_of(me)
    news = news_of(client.get(PAGE, {"tab": tab}).content)

    def ask() -> Any:
        return client.get(POLL, {"tab": tab, "news": news})

    move_lead(lead_id=theirs.identity.customer.leads.get().pk, to=stage("hot"), cause=Cause.person(other))
    move_lead(lead_id=answered.identity.customer.leads.get().pk, to=stage("hot"), cause=Cause.person(me))
    Conversation.objects.filter(pk=theirs.pk).update(unread_count=7, updated_at=still + HOUR)
    response = ask()
    assert response.status_code == 204
    news = response["X-News"]  # what was looked at is not looked at again
    assert ask()["X-News"] == news
    move_lead(lead_id=nobodys.identity.customer.leads.get().pk, to=stage("hot"), cause=Cause.person(other))
    assert ask().status_code == (200 if seen else 204)
    news = str(queue_news.mark(me, tab=tab, now=still))
    Conversation.objects.filter(pk=nobodys.pk).update(unread_count=7, updated_at=still + HOUR)
    assert ask().status_code == (200 if seen else 204)


@pytest.mark.parametrize("kind", ["stage", "score", "value", "owner"])
def test_news_of_a_lead_in_line_is_what_its_row_shows(still: datetime, kind: str) -> None:
    me = colleague("seller")
    lead = waits(1, now=still, owner=me, score=5).identity.customer.leads.get()
    client = client_of(me)
    news = news_of(client.get(PAGE).content)
    cause = Cause.person(me)
    if kind == "stage":
        move_lead(lead_id=lead.pk, to=stage("hot"), cause=cause)
    elif kind == "score":
        record(ActivityKind.SCORE_UPDATE, lead=lead, old=5, new=9, cause=Cause.rule("score"))
    elif kind == "owner":
        assign_customer(customer_id=lead.customer_id, owner=make_user(), cause=cause)
    else:
        set_value(lead_id=lead.pk, value=Decimal(5), cause=cause)
    assert client.get(POLL, {"news": news}).status_code == (204 if kind == "value" else 200)


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "1.2.3.4.5.-6", f"1.{2**70}.3.4.5.6", "٣.1.1.1.1.1"])
def test_who_asks_by_no_mark_is_shown_the_line(text: str) -> None:
    assert client_of(colleague("seller")).get(POLL, {"news": text}).status_code == 200
