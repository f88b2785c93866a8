"""When a colleague first wrote to a qualified lead, and what to do with messages set aside."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.roles import MANAGER
from crm.tests.factories import make_user
from leads.contacts import ContactDrain
from leads.models import Qualification, TriageFailure
from leads.tests.factories import make_lead
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db


def test_the_first_answer_of_a_colleague_counts() -> None:
    now = timezone.now()
    talk = make_conversation(answered_at=now + timedelta(minutes=9))
    lead = make_lead(talk.identity.customer)
    qualification = Qualification.objects.create(lead=lead, score=60, qualified_at=now)
    other = Qualification.objects.create(lead=make_lead(), score=60, qualified_at=now)
    for minutes, fields in (
        (-5, {"direction": "out"}),
        (1, {"direction": "out", "automated": True}),
        (2, {"direction": "in"}),
        (3, {"direction": "out"}),
        (9, {"direction": "out"}),
    ):
        make_message(talk, at=now + timedelta(minutes=minutes), **fields)
    drain = ContactDrain()
    assert drain.run_batch() == 1
    assert drain.run_batch() == 0
    qualification.refresh_from_db()
    other.refresh_from_db()
    assert qualification.contacted_at == now + timedelta(minutes=3)
    assert other.contacted_at is None
    assert ContactDrain().run_batch() == 0


def test_a_message_set_aside_shows_its_reason_and_can_be_tried_again(client: Client) -> None:
    failure = TriageFailure.objects.create(message=make_message(), reason="ValueError, raised at reader.py:1")
    client.force_login(make_user(is_superuser=True))
    listed = client.get(reverse("admin:leads_triagefailure_changelist")).content.decode()
    assert "ValueError, raised at reader.py:1" in listed
    page = client.get(reverse("admin:leads_triagefailure_change", args=[failure.pk])).content.decode()
    assert f"?around={failure.message_id}" in page
    assert client.get(reverse("admin:leads_triagefailure_again", args=[failure.pk])).status_code == 405
    client.post(reverse("admin:leads_triagefailure_again", args=[failure.pk]))
    assert not TriageFailure.objects.exists()


def test_who_may_only_look_cannot_try_again(client: Client) -> None:

    manager = make_user()
    manager.groups.add(Group.objects.get(name=MANAGER))
    client.force_login(manager)
    failure = TriageFailure.objects.create(message=make_message(), reason="x")
    assert client.get(reverse("admin:leads_triagefailure_change", args=[failure.pk])).status_code == 200
    assert client.post(reverse("admin:leads_triagefailure_again", args=[failure.pk])).status_code == 403
    assert TriageFailure.objects.exists()
