"""Until when we may write to somebody, in Python and in SQL alike."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection

from crm.tests.factories import make_channel, make_identity
from messaging.models import Conversation
from messaging.tests.factories import NOON, make_conversation
from messaging.tests.webhooks import comment, receive
from messaging.window import FREE_REPLY_UNTIL, free_reply_until

A_DAY = timedelta(hours=24)
IN_SQL = f"""
    SELECT {FREE_REPLY_UNTIL} FROM messaging_conversation AS conversation JOIN crm_channel AS channel ON channel.id = channel_id
    WHERE conversation.id = %s
"""  # noqa: S608 - our own constant


def by_sql(conversation: Conversation) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(IN_SQL, [conversation.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("platform", "profile", "closes"),
    [
        ("messenger", {}, True),
        ("instagram", {}, True),
        ("whatsapp", {}, True),
        ("telegram", {"language": "ar"}, False),
        ("twilio", {}, False),
        ("twilio", {"address": "sms"}, False),
        ("twilio", {"address": "whatsapp"}, True),
        ("telegram", {"address": "whatsapp"}, False),
    ],
)
@pytest.mark.parametrize("wrote_at", [NOON, None], ids=["wrote", "only commented"])
def test_it_closes_a_day_after_their_last_private_message(
    platform: str, profile: dict[str, str], closes: bool, wrote_at: Any
) -> None:
    identity = make_identity(make_channel(platform), profile=profile)
    conversation = make_conversation(identity, last_inbound_at=wrote_at, waiting_since=NOON + A_DAY)
    expected = wrote_at + A_DAY if closes and wrote_at else None
    assert free_reply_until(conversation) == by_sql(conversation) == expected


def twilio_form(prefix: str, number: str, **fields: str) -> bytes:
    form = {"AccountSid": "AC0", "MessageSid": f"SM{number}", "From": f"{prefix}+20100{number}", "Body": "Hello"}
    return urlencode(form | {"To": f"{prefix}+20225550100", "SmsStatus": "received"} | fields).encode()


@pytest.mark.django_db(transaction=True)
def test_one_number_at_twilio_has_a_window_on_whatsapp_and_none_for_sms() -> None:
    channel = make_channel("twilio", external_id="+20225550100")
    receive(channel, twilio_form("whatsapp:", "5550001", ProfileName="Ana"), twilio_form("", "5550002"))
    by_whatsapp, by_sms = Conversation.objects.order_by("-identity__name")
    assert (by_whatsapp.identity.name, by_sms.identity.name) == ("Ana", "")
    assert by_whatsapp.last_inbound_at is not None
    assert free_reply_until(by_whatsapp) == by_sql(by_whatsapp) == by_whatsapp.last_inbound_at + A_DAY
    assert free_reply_until(by_sms) is by_sql(by_sms) is None


@pytest.mark.django_db(transaction=True)
def test_a_comment_waits_for_an_answer_and_opens_no_window() -> None:
    page = make_channel("messenger", external_id="100")
    receive(page, comment(page, "100_1_2", "Price?"))
    conversation = Conversation.objects.get()
    assert conversation.waiting_since is not None
    assert free_reply_until(conversation) is by_sql(conversation) is None
