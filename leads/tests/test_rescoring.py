"""Scores anew: by changed rules, and as points fade."""

import io
from datetime import timedelta

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from leads.models import ClassificationRule, Lead, LeadActivity, ScoreEntry, ScoringRule
from leads.rescoring import FadingDrain, recompute
from leads.scores import scores_of
from leads.scoring import explain, total
from leads.tests.factories import make_lead
from leads.triage.drain import TriageDrain
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db(transaction=True)


def triage() -> None:
    drain = TriageDrain()
    while drain.run_batch():
        pass


@pytest.fixture
def rule() -> ScoringRule:
    ClassificationRule.objects.all().delete()
    ScoringRule.objects.all().delete()
    return ScoringRule.objects.create(name="asks", looks_for="keyword", keywords="price", points=15, ceiling=30)


def write(*texts: str) -> Lead:
    talk = make_conversation()
    for number, text in enumerate(texts):
        make_message(talk, text=text, at=timezone.now() - timedelta(hours=5 - number))
    triage()
    return Lead.objects.get(customer=talk.identity.customer)


def test_changed_points_replace_the_old_ones_which_stay_as_history(rule: ScoringRule) -> None:
    lead = write("price?", "hello", "price!")
    assert lead.score == 30
    ScoringRule.objects.update(points=10)
    ScoringRule.objects.create(name="greets", looks_for="keyword", keywords="hello", points=3)
    (*_, done) = recompute([lead.pk])
    assert (done.leads, done.added, done.superseded) == (1, 3, 2)
    lead.refresh_from_db()
    assert lead.score == 23
    assert ScoreEntry.objects.exclude(superseded_at=None).count() == 2
    last = LeadActivity.objects.filter(kind="score_update").latest("id")
    assert (last.old, last.new, last.reason) == ("30", "23", "rules changed")
    (*_, again) = recompute([lead.pk])
    assert (again.added, again.superseded) == (0, 0)


def test_points_of_a_rule_put_out_of_use_go(rule: ScoringRule) -> None:
    lead = write("price?")
    ScoringRule.objects.update(is_active=False)
    list(recompute([lead.pk]))
    lead.refresh_from_db()
    assert lead.score == 0


def test_points_fade_and_the_drain_says_so_in_the_lead(rule: ScoringRule) -> None:
    ScoringRule.objects.update(half_life_days=10, points=16)
    lead = write("price?")
    assert lead.score == 16
    ScoreEntry.objects.update(at=timezone.now() - timedelta(days=10))
    drain = FadingDrain()
    assert drain.run_batch() == 1
    assert drain.run_batch() == 0
    lead.refresh_from_db()
    assert lead.score == 8
    last = LeadActivity.objects.filter(kind="score_update").latest("id")
    assert (last.old, last.new, last.reason) == ("16", "8", "points fade")
    assert FadingDrain().run_batch() == 1
    assert LeadActivity.objects.filter(kind="score_update").count() == 2


def test_the_database_and_the_explanation_agree(rule: ScoringRule) -> None:
    now = timezone.now()
    message = make_message()
    rules = [
        ScoringRule.objects.create(
            name=f"{points} {ceiling} {half_life}",
            looks_for="message",
            points=points,
            ceiling=ceiling,
            half_life_days=half_life,
        )
        for points in (-40, 7, 35)
        for ceiling in (5, 33, 100)
        for half_life in (None, 1, 30)
    ]
    leads = []
    for number in range(60):
        lead = make_lead()
        leads.append(lead)
        for step, picked in enumerate(rules[number % 7 :: 1 + number % 5]):
            other = make_message(message.conversation)
            at = now - timedelta(days=(number * 7 + step * 3) % 50, minutes=number)
            ScoreEntry.objects.create(lead=lead, rule=picked, message=other, points=picked.points, at=at)
    stored = scores_of(lead.pk for lead in leads)
    explained = {
        lead.pk: total(explain(ScoreEntry.objects.filter(lead=lead).select_related("rule"), timezone.now()))
        for lead in leads
    }
    assert stored == explained
    assert {0, 100} <= set(stored.values())
    assert len(set(stored.values())) > 10


def test_the_command(rule: ScoringRule) -> None:
    write("price?")
    lead = write("price!")
    ScoringRule.objects.update(points=20)
    output = io.StringIO()
    call_command("rescore_leads", "--lead", str(lead.pk), "--json", stdout=output)
    assert orjson.loads(output.getvalue()) == {"leads": 1, "added": 1, "superseded": 1}
    call_command("rescore_leads", stdout=output)
    assert "2 leads scored: 1 entries added, 1 no longer apply." in output.getvalue()
    assert set(Lead.objects.values_list("score", flat=True)) == {20}
    with pytest.raises(CommandError, match="No open lead"):
        call_command("rescore_leads", "--lead", "999999")
