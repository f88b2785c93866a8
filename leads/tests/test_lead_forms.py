"""A lead form makes a lead at once, and more of it once its answers are here."""

import pytest
from django.utils import timezone

from crm.models import Customer
from leads.models import ClassificationRule, Lead, ScoreEntry, ScoringRule
from leads.triage.drain import TriageDrain
from messaging.lead_forms.asking import Answers
from messaging.lead_forms.drain import LeadFormDrain
from messaging.models import LeadFormAnswer, Message
from messaging.tests.factories import make_message

pytestmark = pytest.mark.django_db(transaction=True)


def test_answers_that_come_later_add_to_the_same_lead() -> None:
    ClassificationRule.objects.all().delete()
    ScoringRule.objects.all().delete()
    ClassificationRule.objects.create(aspect="intent", value="delivery", keywords="delivery")
    ScoringRule.objects.create(name="form", looks_for="source", value="lead_form", points=25, ceiling=25)
    ScoringRule.objects.create(name="delivery", looks_for="intent", value="delivery", points=10, ceiling=10)
    message = make_message(type="lead_form", text="", source="lead_form")
    form = LeadFormAnswer.objects.create(message=message, channel=message.channel, attempts=1)
    TriageDrain().run_batch()
    lead = Lead.objects.get()
    assert lead.score == 25
    answers = Answers([("full_name", ["Mona"]), ("question", ["how much is delivery to Giza"])])
    drain = LeadFormDrain()
    drain._write_down(drain.rows().get(pk=form.pk), answers)
    TriageDrain().run_batch()
    lead.refresh_from_db()
    assert (Lead.objects.count(), lead.score, ScoreEntry.objects.count()) == (1, 35, 2)
    assert Message.objects.get().triaged_at is not None
    assert Customer.objects.get().governorate == "EG-GZ"
    assert LeadFormAnswer.objects.filter(finished_at__lte=timezone.now()).exists()
