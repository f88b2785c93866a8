"""Lead forms in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import LeadFormAnswer, Message
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_message

pytestmark = pytest.mark.django_db


def make_form(**fields: Any) -> Message:
    message = make_message(type="lead_form", text="", source="lead_form")
    LeadFormAnswer.objects.create(message=message, channel=message.channel, **fields)
    return message


def failed() -> Message:
    return make_form(reason="content", code="100/33", finished_at=timezone.now())


def page_of(client: Client, message: Message) -> str:
    return client.get(reverse("admin:messaging_message_change", args=[message.pk])).content.decode()


def test_answers_are_shown_whole_and_escaped() -> None:
    answers = [{"name": "phone_number", "values": ["+201001234567"]}, {"name": "size", "values": ["<b>L</b>", "M"]}]
    message = make_form(answers=answers, finished_at=timezone.now())
    html = page_of(client_of(colleague("seller")), message)
    assert "Phone number" in html
    assert "+201001234567" in html
    assert "&lt;b&gt;L&lt;/b&gt;, M" in html


def test_a_failure_is_said_with_its_reason_and_code() -> None:
    html = page_of(client_of(colleague("viewer")), failed())
    assert "The platform knows no such form" in html
    assert "(100/33)" in html
    assert "Ask for the answers again" not in html


def test_a_message_that_is_no_form_says_nothing_of_forms() -> None:
    assert (
        "Lead form"
        not in page_of(client_of(colleague("manager")), make_message()).split("<main", 1)[-1].split("</main")[0]
    )


def test_a_manager_lets_it_be_asked_again() -> None:
    message = failed()
    client = client_of(colleague("manager"))
    assert "Ask for the answers again" in page_of(client, message)
    answer = client.post(reverse("admin:messaging_message_ask_again", args=[message.pk]), follow=True)
    assert "The platform is asked for the answers again." in answer.content.decode()
    form = LeadFormAnswer.objects.get()
    assert (form.finished_at, form.reason, form.attempts) == (None, "", 0)
    again = client.post(reverse("admin:messaging_message_ask_again", args=[message.pk]), follow=True)
    assert "asked for just now" in again.content.decode()


def test_the_list_tells_forms_apart() -> None:
    wanted = {
        "here": make_form(answers=[], finished_at=timezone.now()),
        "waiting": make_form(reason="try_again"),
        "failed": failed(),
    }
    make_message()
    client = client_of(colleague("seller"))
    for state, message in wanted.items():
        found = client.get(reverse("admin:messaging_message_changelist"), {"form": state}).context["cl"].result_list
        assert [row.pk for row in found] == [message.pk], state
