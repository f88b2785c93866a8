"""What can be changed on the page of a lead, field by field, and by whom."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Customer, Note, User
from crm.tests.factories import make_user
from leads.activities import Cause
from leads.models import (
    Lead,
    LeadActivity,
    Product,
    ProductInteraction,
)
from leads.services.customers import set_aspect
from leads.tests.factories import make_lead, stage
from leads.tests.lead_pages import page, post, talk, url
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import NOON, make_message

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_step_is_taken_and_answered_with_the_sections_that_changed(browser: Client, lead: Lead, seller: User) -> None:
    response = post(browser, lead, "move", to=stage("hot").pk, expected=stage("intake").pk)
    lead.refresh_from_db()
    assert (lead.stage.slug, lead.stage_by_person) == ("hot", True)
    shown = response.content.decode()
    for section in ("lead-head", "lead-steps", "lead-next", "lead-origin", "lead-facts"):
        assert f'id="{section}"' in shown
    assert "lead-score" not in shown and "<html" not in shown
    assert response.headers["HX-Trigger-After-Swap"] == "lead-timeline, lead-side"
    activity = LeadActivity.objects.get(kind="stage_change")
    assert (activity.old, activity.new, activity.actor, activity.automated) == ("intake", "hot", seller, False)


def test_who_comes_second_is_told_and_shown_where_it_is(browser: Client, lead: Lead) -> None:
    other = client_of(colleague("manager"))
    post(other, lead, "move", to=stage("hot").pk, expected=stage("intake").pk)
    response = post(browser, lead, "move", to=stage("nurture").pk, expected=stage("intake").pk)
    shown = response.content.decode()
    assert "moved it to Hot a moment ago" in shown and 'role="alert"' in shown
    assert f'name="expected" value="{stage("hot").pk}"' in shown
    assert "HX-Trigger-After-Swap" not in response.headers
    lead.refresh_from_db()
    assert lead.stage.slug == "hot"


def test_losing_asks_why_and_opens_its_dialog_again(browser: Client, lead: Lead) -> None:
    shown = post(browser, lead, "move", to=stage("lost").pk, expected=stage("intake").pk).content.decode()
    assert "Say why the lead is lost." in shown
    assert 'id="lead-lost" class="mc-pop" role="dialog" aria-labelledby="lead-lost-title" data-mc-open' in shown
    lead.refresh_from_db()
    assert lead.is_open


def test_winning_keeps_the_value_and_coming_back_opens_it_again(browser: Client, lead: Lead) -> None:
    post(browser, lead, "move", to=stage("converted").pk, value="1234.5")
    lead.refresh_from_db()
    assert (lead.outcome, lead.value, lead.currency) == ("won", Decimal("1234.50"), "EGP")
    post(browser, lead, "move", to=stage("hot").pk, expected=stage("converted").pk)
    lead.refresh_from_db()
    assert (lead.outcome, lead.closed_at, lead.value) == ("", None, Decimal("1234.50"))


def test_a_plain_form_works_too_and_says_what_happened(browser: Client, lead: Lead) -> None:
    response = browser.post(url(lead, "move"), {"to": stage("hot").pk}, follow=True)
    assert response.redirect_chain == [(url(lead), 302)]
    assert "Now in Hot." in response.content.decode()
    response = browser.post(url(lead, "move"), {"to": stage("lost").pk}, follow=True)
    assert "Say why the lead is lost." in response.content.decode()
    assert browser.get(url(lead, "move")).status_code == 405
    assert browser.post(url(lead)).status_code == 405


def test_the_value_is_edited_in_place(browser: Client, lead: Lead) -> None:
    post(browser, lead, "value", value="99.90", currency="usd")
    lead.refresh_from_db()
    assert (lead.value, lead.currency) == (Decimal("99.90"), "USD")
    for bad in (
        {"value": "-1"},
        {"value": "1e20"},
        {"value": "x"},
        {"value": "1.005"},
        {"value": "1", "currency": "E£"},
    ):
        assert 'role="alert"' in post(browser, lead, "value", **bad).content.decode(), bad
    post(browser, lead, "value", value="")
    lead.refresh_from_db()
    assert (lead.value, lead.currency) == (None, "")
    changes = LeadActivity.objects.filter(kind="value_change").order_by("id").values_list("old", "new")
    assert list(changes) == [("", "99.90"), ("99.90", "")]


def test_what_we_know_is_set_by_hand_and_a_guess_is_confirmed(browser: Client, lead: Lead, seller: User) -> None:
    message = make_message(talk(lead))
    set_aspect(customer_id=lead.customer_id, aspect="governorate", value="EG-C", cause=Cause.rule("a city", message.pk))
    shown = page(browser, lead)
    assert "guess" in shown and "lead-confirm-governorate" in shown
    assert f"/admin/messaging/message/{message.pk}/change/" in shown
    answer = post(browser, lead, "aspect", aspect="governorate", value="EG-C").content.decode()
    assert "guess" not in answer and "lead-confirm" not in answer
    post(browser, lead, "aspect", aspect="label", value="hot")
    customer = Customer.objects.get(pk=lead.customer_id)
    assert (customer.label, customer.read_from["label"]) == ("hot", {"by": seller.pk})
    for bad in (
        {"aspect": "label", "value": "boiling"},
        {"aspect": "type", "value": ""},
        {"aspect": "phone", "value": "1"},
    ):
        assert "Choose one of those offered." in post(browser, lead, "aspect", **bad).content.decode() or (
            bad["aspect"] == "phone"
        )
    customer.refresh_from_db()
    assert (customer.label, customer.type, customer.phone) == ("hot", "new", "")


def test_the_priority_is_set(browser: Client, lead: Lead) -> None:
    assert "Urgent" in post(browser, lead, "priority", priority="4").content.decode()
    lead.refresh_from_db()
    assert lead.priority == 4
    assert "Choose one of those offered." in post(browser, lead, "priority", priority="9").content.decode()


def test_it_is_taken_and_given_on(browser: Client, seller: User) -> None:
    lead = make_lead()
    post(browser, lead, "assign", owner="me")
    lead.refresh_from_db()
    assert lead.owner == seller
    colleague_ = make_user(full_name="Omar Said")
    assert "Choose a colleague." in post(browser, lead, "assign", owner="99999").content.decode()
    response = post(browser, lead, "assign", owner=colleague_.pk)
    assert response.headers["HX-Redirect"] == "/admin/leads/lead/"  # it is no longer for the seller to see
    lead.refresh_from_db()
    assert lead.owner == colleague_


def test_given_away_by_a_plain_form_leads_to_the_list(browser: Client, lead: Lead) -> None:
    response = browser.post(url(lead, "assign"), {"owner": make_user().pk})
    assert response.headers["Location"] == "/admin/leads/lead/"


def test_the_next_step_is_planned_done_and_refused_where_its_time_has_passed(browser: Client, lead: Lead) -> None:
    tomorrow = timezone.localtime() + timedelta(days=1)
    post(browser, lead, "follow-up", at=tomorrow.strftime("%Y-%m-%dT09:30"), next_step="Call  back\x00")
    lead.refresh_from_db()
    assert timezone.localtime(lead.next_follow_up_at).strftime("%d %H:%M") == tomorrow.strftime("%d 09:30")
    assert lead.next_step == "Call back"
    for quick, expected in {"hour": timedelta(hours=1), "days": timedelta(days=3)}.items():
        post(browser, lead, "follow-up", quick=quick, next_step="x")
        lead.refresh_from_db()
        assert abs(lead.next_follow_up_at - timezone.now() - expected) < 2 * MINUTE  # type: ignore[operator]
    post(browser, lead, "follow-up", quick="tomorrow")
    lead.refresh_from_db()
    assert timezone.localtime(lead.next_follow_up_at).strftime("%d %H:%M") == tomorrow.strftime("%d 10:00")
    planned = lead.next_follow_up_at
    assert "That time has passed" in post(browser, lead, "follow-up", at="2020-01-01T10:00").content.decode()
    for bad in ("", "nonsense", "2026-99-99T10:00"):
        assert "Choose a day and time." in post(browser, lead, "follow-up", at=bad).content.decode()
    lead.refresh_from_db()
    assert lead.next_follow_up_at == planned
    assert "Nothing planned" in post(browser, lead, "follow-up", done="1").content.decode()
    lead.refresh_from_db()
    assert (lead.next_follow_up_at, lead.next_step) == (None, "")


def test_a_closed_lead_is_not_planned(browser: Client, lead: Lead) -> None:
    post(browser, lead, "move", to=stage("lost").pk, lost_reason="spam")
    assert "Move it to an open stage first." in post(browser, lead, "follow-up", quick="hour").content.decode()
    lead.refresh_from_db()
    assert lead.next_follow_up_at is None


def test_notes_and_products_are_added(browser: Client, lead: Lead, seller: User) -> None:
    assert "Write something first." in post(browser, lead, "note", text="  ").content.decode()
    assert post(browser, lead, "note", text="Calls back").headers["HX-Trigger-After-Swap"] == "lead-timeline"
    assert (Note.objects.get().text, Note.objects.get().author) == ("Calls back", seller)
    product = Product.objects.create(name="Linen dress")
    post(browser, lead, "interest", product=product.pk, kind="dislike", feedback="Too short")
    found = ProductInteraction.objects.get()
    assert (found.lead, found.customer, found.kind, found.feedback) == (lead, lead.customer, "dislike", "Too short")
    post(browser, lead, "interest", product=product.pk, kind="hates")
    assert ProductInteraction.objects.count() == 1
    assert "Too short" in page(browser, lead, "side")


def test_who_may_only_look_changes_nothing_and_is_offered_nothing(lead: Lead) -> None:
    viewer = client_of(colleague("viewer"))
    shown = page(viewer, lead)
    assert "hx-post" not in shown and 'name="to"' not in shown
    for action in ("move", "value", "assign", "aspect", "priority", "follow-up", "note", "interest"):
        assert viewer.post(url(lead, action)).status_code == 403, action
    nobody = client_of(colleague("nobody"))
    for part in ("change", "timeline", "side"):
        assert nobody.get(url(lead, part)).status_code == 403
    assert Client().get(url(lead)).status_code == 302


def test_a_merged_lead_leads_on_and_is_not_changed(browser: Client, lead: Lead, seller: User) -> None:
    old = make_lead(owner=seller, outcome="merged", closed_at=NOON, merged_into=lead)
    shown = page(browser, old)
    assert "Merged into another lead" in shown and 'name="to"' not in shown
    assert "merged into another" in post(browser, old, "move", to=stage("hot").pk).content.decode()
