"""My follow-ups: overdue, today, the next days, later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import User
from crm.tests.factories import make_customer, make_user
from leads.admin import follow_ups
from leads.models import Lead, LeadActivity
from leads.tests.factories import make_lead
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.django_db
PAGE = "/admin/leads/follow-ups/"
HOUR = timedelta(hours=1)


def due(name: str, at: datetime, **fields: Any) -> Lead:
    return make_lead(make_customer(name=name), next_follow_up_at=at, **fields)


def shown(client: Client, query: str = "") -> dict[str, list[str]]:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return {period.key: [lead.customer.name for lead in leads] for period, leads in response.context["parts"]}


def test_each_step_stands_where_its_time_is(
    browser: Client, seller: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE = "Africa/Cairo"
    now = datetime(2026, 5, 4, 18, 0, tzinfo=UTC)  # 21:00 in the shop
    monkeypatch.setattr(timezone, "now", lambda: now)
    with timezone.override("Africa/Cairo"):
        for name, hours in {
            "late": -1,
            "tonight": 2,
            "after midnight": 4,
            "in six days": 24 * 6,
            "far": 24 * 8,
        }.items():
            due(name, now + hours * HOUR, owner=seller)
        found = shown(browser)
    assert found == {
        "overdue": ["late"],
        "today": ["tonight"],
        "week": ["after midnight", "in six days"],
        "later": ["far"],
    }
    assert [count for _period, count in browser.get(PAGE).context["counts"]] == [1, 1, 2, 1]


def test_only_ones_own_open_leads_are_there(browser: Client, seller: User) -> None:
    soon = timezone.now() - HOUR
    due("mine", soon, owner=seller)
    due("nobody's", soon)
    due("hers", soon, owner=make_user())
    due("won", soon, owner=seller, in_stage="converted", outcome="won", closed_at=soon)
    assert shown(browser) == {"overdue": ["mine"]}
    assert shown(browser, "?owned=all") == {"overdue": ["mine"]}
    manager = client_of(colleague("manager"))
    assert shown(manager) == {}
    assert shown(manager, "?owned=all") == {"overdue": ["mine", "nobody's", "hers"]}


def test_done_and_postponed_leave_the_page(browser: Client, seller: User) -> None:
    first, second = (due(name, timezone.now() - HOUR, owner=seller, next_step="Call") for name in ("a", "b"))
    response = browser.post(f"/admin/leads/lead/{first.pk}/follow-up/", {"done": "1", "next": PAGE})
    assert response.headers["Location"] == PAGE
    browser.post(f"/admin/leads/lead/{second.pk}/follow-up/", {"quick": "days", "next": PAGE})
    assert shown(browser) == {"week": ["b"]}
    second.refresh_from_db()
    assert second.next_step == "Call"
    assert set(LeadActivity.objects.values_list("lead__customer__name", "reason", "actor")) == {
        ("a", "done", seller.pk),
        ("b", "", seller.pk),
    }


def test_it_is_paged_by_key_and_meets_each_once(browser: Client, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_ups, "SHOWN", 3)
    at = timezone.now() - HOUR
    for number in range(8):
        due(str(number), at + (number // 4) * timedelta(minutes=1), owner=seller)
    met, query = [], ""
    for _page in range(5):
        response = browser.get(PAGE + query)
        met += [lead.customer.name for _period, leads in response.context["parts"] for lead in leads]
        if not response.context["more"]:
            break
        query = f"?after={response.context['more']}"
    assert met == [str(number) for number in range(8)]
    assert browser.get(PAGE + "?after=x-y").status_code == 200
    assert browser.get(PAGE + "?after=" + "9" * 40 + "-1").status_code == 200


def test_it_takes_few_queries_and_says_what_to_do_where_it_is_empty(browser: Client, seller: User) -> None:
    assert "Plan the next step" in browser.get(PAGE).content.decode()
    for number in range(30):
        due(str(number), timezone.now(), owner=seller)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        browser.get(PAGE)
    assert len(captured) <= 6, "\n".join(query["sql"] for query in captured)


def test_who_has_no_role_gets_none_of_it() -> None:
    assert client_of(colleague("nobody")).get(PAGE).status_code == 403
    assert "done" not in client_of(colleague("viewer")).get(PAGE + "?owned=all").content.decode().split("</main>")[0]
