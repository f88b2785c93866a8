"""The page of a lead: why it has its score, how it came, what stands beside it, and what it costs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import AdCampaign, Post
from crm import runtime_settings
from crm.models import Team, User
from crm.services import add_note
from crm.tests.factories import make_customer, make_identity, make_user
from leads.activities import Cause, record
from leads.models import (
    ActivityKind,
    Lead,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
)
from leads.scores import scores_of
from leads.scoring import explain, total, whole
from leads.tests.factories import make_lead, stage
from leads.tests.lead_pages import page, post, rule, scored, talk, url
from messaging.tests.admin_world import HOSTILE, QUOTES, SCRIPT, client_of
from messaging.tests.factories import NOON, make_message

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MOST_QUERIES = 10


def test_the_score_is_explained_as_the_database_adds_it_up(lead: Lead) -> None:
    scored(lead, rule("price", 20, ceiling=45), "how much?", "and this?", "and that?")
    scored(lead, rule("fades", 30, half_life=2), "hello", days_ago=3)
    scored(lead, rule("complains", -12, ceiling=15), "bad", "worse")
    entries = ScoreEntry.objects.filter(lead=lead).select_related("rule")
    sums = explain(entries, timezone.now())
    assert [(found.rule.name, whole(found.counted), found.given) for found in sums] == [
        ("price", 45, 60), ("complains", -15, -24), ("fades", 11, 30),
    ]  # fmt: skip
    assert [found.is_capped for found in sums] == [True, True, False]
    assert scores_of([lead.pk])[lead.pk] == total(sums) == 41


@pytest.mark.parametrize(("points", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (2.4999, 2), (-0.5, -1), (-2.5, -3)])
def test_halves_are_rounded_away_from_zero_as_the_database_rounds(points: float, rounded: int) -> None:
    assert whole(points) == rounded
    with connection.cursor() as cursor:
        cursor.execute("SELECT round(%s::numeric)", [points])
        assert int(cursor.fetchone()[0]) == rounded


def test_a_score_stays_between_0_and_100(lead: Lead) -> None:
    scored(lead, rule("much", 90), "a", "b")
    scored(lead, rule("more", 90), "c")
    assert total(explain(ScoreEntry.objects.select_related("rule"), timezone.now())) == 100
    ScoreEntry.objects.update(points=-90)
    assert total(explain(ScoreEntry.objects.select_related("rule"), timezone.now())) == 0


def test_the_page_lists_why_with_a_link_to_each_message(browser: Client, lead: Lead) -> None:
    (old,) = scored(lead, rule("Heard of us", 20), "superseded")
    ScoreEntry.objects.update(superseded_at=timezone.now())
    messages = scored(lead, rule("Says the word", 3), *(f"order {number}" for number in range(7)))
    Lead.objects.filter(pk=lead.pk).update(score=21)
    shown = page(browser, lead)
    for message in messages:
        assert (
            f"/admin/messaging/conversation/{message.conversation_id}/change/?around={message.pk}#m{message.pk}"
            in shown
        )
    assert "Says the word" in shown and "+21" in shown and "2 earlier messages" in shown
    assert f"around={old.pk}" not in shown and "Heard of us" not in shown
    assert "added up anew" not in shown
    Lead.objects.filter(pk=lead.pk).update(score=30)
    assert "By the points below it is 21 now" in page(browser, lead)


def test_the_line_leads_from_an_ad_to_a_sale(browser: Client, lead: Lead) -> None:
    channel = make_identity(customer=lead.customer).channel
    ad = AdCampaign.objects.create(channel=channel, ad_id="a", title="Summer dress", first_seen_at=NOON)
    post_ = Post.objects.create(channel=channel, external_id="p", title="The post", first_seen_at=NOON)
    conversation = talk(lead)
    comment = make_message(conversation, type="comment", source="comment", text="Price?", at=NOON, post=post_, ad=ad)
    make_message(conversation, direction="out", text="We wrote", at=NOON + MINUTE)
    direct = make_message(conversation, text="I want it", at=NOON + 2 * MINUTE)
    make_message(conversation, text="Later", at=NOON + 3 * MINUTE)
    make_message(text="Somebody else", at=NOON + MINUTE)
    Lead.objects.filter(pk=lead.pk).update(
        first_message=comment, first_source="comment", first_ad=ad, first_post=post_, first_touch_at=NOON,
        last_message=comment,
    )  # fmt: skip
    steps = browser.get(url(lead)).context["origin"]
    assert [step.what for step in steps] == ["Ad", "Post", "Comment", "Message", "Lead", "No sale yet"]
    assert [str(step.name) for step in steps[:3]] == ["Summer dress", "The post", "Price?"]
    assert steps[3].url.endswith(f"?around={direct.pk}#m{direct.pk}")
    assert steps[3].at == direct.at
    Lead.objects.filter(pk=lead.pk).update(last_message=direct)
    post(browser, lead, "move", to=stage("converted").pk, value="500")
    response = browser.get(url(lead))
    assert response.context["origin"][-1].what == "Sale" and "500" in response.context["origin"][-1].name
    assert [step.what for step in response.context["last_touch"]] == ["Message"]


def test_a_lead_by_hand_and_a_lost_one_say_so(browser: Client, lead: Lead) -> None:
    post(browser, lead, "move", to=stage("lost").pk, lost_reason="price", lost_note="Found it cheaper")
    steps = browser.get(url(lead)).context["origin"]
    assert [(step.what, str(step.name)) for step in steps if step.what != "Lead"] == [
        ("Added by hand", ""),
        ("Lost", "Too expensive"),
    ]
    assert "Found it cheaper" in page(browser, lead)


def test_the_side_shows_qualification_history_and_other_leads(browser: Client, lead: Lead, seller: User) -> None:
    for number, score in enumerate((20, 45)):
        record(ActivityKind.SCORE_UPDATE, lead=lead, old=0, new=score, cause=Cause.rule(""), at=NOON + number * MINUTE)
    Lead.objects.filter(pk=lead.pk).update(score=45, opened_at=NOON - MINUTE)
    qualification = Qualification.objects.create(
        lead=lead, score=50, qualified_at=NOON, owner=seller, summary="Wants it"
    )
    qualification.products.add(Product.objects.create(name="Silk scarf"))
    Lead.objects.create(
        customer=lead.customer,
        stage=stage("lost"),
        outcome="lost",
        lost_reason="too_slow",
        closed_at=NOON,
        owner=seller,
    )
    Lead.objects.create(
        customer=lead.customer,
        stage=stage("lost"),
        outcome="lost",
        lost_reason="price",
        closed_at=NOON,
        owner=make_user(),
    )
    response = browser.get(url(lead, "side"))
    shown = response.content.decode()
    assert [point.score for point in response.context["points"]] == [0, 20, 45]
    assert response.context["line"] == "0.0,80.0 150.0,80.0 150.0,64.0 300.0,64.0 300.0,44.0"
    assert "Wants it" in shown and "Silk scarf" in shown
    assert "We answered too late" in shown and "Too expensive" not in shown


def test_it_takes_few_queries(lead: Lead, seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_settings, "KEPT_SECONDS", 3600.0)
    seller.team = Team.objects.create(name="North")
    seller.save()
    world = SimpleNamespace(rule=rule("price", 2), product=Product.objects.create(name="Dress"))
    messages = scored(lead, world.rule, *(f"message {number}" for number in range(30)))
    Lead.objects.filter(pk=lead.pk).update(
        first_message=messages[0], first_source="comment", first_touch_at=NOON, last_message=messages[1]
    )
    for number in range(30):
        user = make_user(full_name=f"U {number}")
        add_note(customer=lead.customer, author=user, text="x")
        record(ActivityKind.ASSIGNMENT, lead=lead, old=user.pk, new=seller.pk, cause=Cause.person(user))
        record(ActivityKind.SCORE_UPDATE, lead=lead, new=number, cause=Cause.rule("x", messages[0].pk))
        ProductInteraction.objects.create(
            customer=lead.customer, product=world.product, kind="like", message=None, at=NOON
        )
    Qualification.objects.create(lead=lead, score=50, qualified_at=NOON).products.add(world.product)
    client = client_of(seller)
    for part in ("change", "timeline", "side"):
        page(client, lead, part)
        with CaptureQueriesContext(connection) as captured:
            page(client, lead, part)
        assert len(captured) <= MOST_QUERIES, (part, "\n".join(query["sql"] for query in captured))


def test_hostile_texts_do_not_break_out(browser: Client, seller: User) -> None:
    for name in HOSTILE:
        customer = make_customer(name=name[:200], owner=seller)
        lead = make_lead(customer, owner=seller, next_step=name[:200], next_follow_up_at=timezone.now(), lost_note=name)
        (message,) = scored(lead, rule(name[:100], 5), name)
        Lead.objects.filter(pk=lead.pk).update(first_message=message, first_source="ad", last_message=message)
        add_note(customer=customer, author=seller, text=name)
        record(ActivityKind.STAGE_CHANGE, lead=lead, old=name[:200], new=QUOTES, cause=Cause.rule(name, message.pk))
        product = Product.objects.create(name=name)
        ProductInteraction.objects.create(
            customer=customer, lead=lead, product=product, kind="like", feedback=name, at=NOON
        )
        Qualification.objects.create(lead=lead, score=5, qualified_at=NOON, summary=name)
        for part in ("change", "timeline", "side"):
            shown = page(browser, lead, part)
            assert SCRIPT not in shown and "<b>bold" not in shown
