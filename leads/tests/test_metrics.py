"""Figures by day: equal to a slow and plain count, whatever the day; counted again as often as one likes."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.metrics import EVERYWHERE, keep_fresh, read_figures, roll_up
from crm.metrics.reading import read_days
from crm.models import Consent, DailyMetric
from crm.periods import Period
from crm.tests.factories import make_channel, make_customer, make_identity, make_user
from leads.models import Lead, LostReason, Qualification
from leads.tests.factories import make_lead
from leads.tests.plain_metrics import Counted, plain_metrics
from messaging.models import Handoff, Message, MessageStatus
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db

#: The clocks of Cairo are put forward at midnight of the 24th of April, and back at midnight of the 30th of October.
SPRING, AUTUMN = date(2026, 4, 24), date(2026, 10, 30)
AROUND = 3


@pytest.fixture(autouse=True)
def _cairo(settings: Any) -> None:
    settings.TIME_ZONE = "Africa/Cairo"


def kept(first: date, last: date) -> Counted:
    rows = DailyMetric.objects.filter(day__range=(first, last)).exclude(name="counted")
    return {(row.day, row.channel_id, row.name, row.part): (row.count, row.total) for row in rows}


def count(first: date, last: date) -> Counted:
    list(roll_up(first, last))
    return kept(first, last)


class World:
    """People who write and are answered at random, in the days around one."""

    def __init__(self, seed: int, day: date) -> None:
        self.chance = random.Random(seed)
        self.start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=AROUND)
        self.channels = [make_channel("messenger"), make_channel("telegram")]
        self.sellers = [make_user(), make_user(), None]
        for number in range(12):
            self._person(number)

    def moment(self) -> datetime:
        return self.start + timedelta(seconds=self.chance.randrange(2 * AROUND * 86_400))

    def _person(self, number: int) -> None:
        customer = make_customer()
        for channel in self.channels[: 1 + number % 2]:
            identity = make_identity(channel, customer=customer)
            talk = make_conversation(identity, started_at=self.moment())
            inbound = [self._message(talk) for _ in range(self.chance.randrange(1, 14))]
            received = [message for message in inbound if message.direction == "in"]
            identity.first_inbound_at = min((message.at for message in received), default=None)
            identity.save()
            if self.chance.random() < 0.5:
                Consent.objects.create(
                    customer=customer, identity=identity, granted=number % 3 == 0, source="message", at=self.moment()
                )
            if self.chance.random() < 0.5:
                Handoff.objects.create(
                    conversation=talk, by=self.chance.choice(("bot", "rule")), requested_at=self.moment()
                )
        self._leads(customer, received[0] if received else None)

    def _message(self, talk: Any) -> Message:
        out = self.chance.random() < 0.45
        status = self.chance.choice((MessageStatus.FAILED, MessageStatus.READ, MessageStatus.QUEUED))
        return make_message(
            talk, at=self.moment(), direction="out" if out else "in", automated=out and self.chance.random() < 0.4,
            status=status if out else MessageStatus.RECEIVED, intent=self.chance.choice(("", "price")),
        )  # fmt: skip

    def _leads(self, customer: Any, first: Message | None) -> None:
        for outcome in ("won", "lost", "merged", ""):
            if self.chance.random() < 0.3:
                continue
            value = self.chance.choice((None, Decimal("120.50"), Decimal(80)))
            lead = make_lead(
                customer, in_stage={"won": "converted", "lost": "lost"}.get(outcome, "intake"), outcome=outcome,
                owner=self.chance.choice(self.sellers), first_message=first, first_source=self.chance.choice(("ad", "direct")),
                opened_at=self.moment(), closed_at=self.moment() if outcome else None,
                lost_reason=self.chance.choice(LostReason.values) if outcome == "lost" else "",
                value=value, currency=self.chance.choice(("", "EGP", "BRL")) if value else "",
                merged_into=Lead.objects.order_by("pk").first() if outcome == "merged" else None,
            )  # fmt: skip
            if self.chance.random() < 0.5:
                Qualification.objects.create(
                    lead=lead, score=self.chance.randrange(40, 100), qualified_at=self.moment()
                )


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["clocks put forward", "clocks put back"])
@pytest.mark.parametrize("start", range(3))
def test_every_figure_equals_the_plain_count(day: date, start: int) -> None:
    World(start, day)
    first, last = day - timedelta(days=AROUND), day + timedelta(days=AROUND)
    expected = plain_metrics(first, last)
    assert {name for _day, _channel, name, _part in expected} >= {
        "messages_in", "messages_out", "messages_failed", "classified", "conversations", "new_customers", "active_customers",
        "response", "first_response", "handoffs", "opt_outs", "leads", "qualified", "won", "won_value", "lost",
    }  # fmt: skip
    assert count(first, last) == expected
    assert count(day, day) == plain_metrics(day, day)  # alone it is what it is among others


def test_what_was_waited_for_since_before_counts_on_the_day_of_the_answer() -> None:
    talk = make_conversation()
    said: list[dict[str, Any]] = [{}, {"direction": "out", "automated": True}, {"direction": "out"}]
    for hours, fields in enumerate(said):
        make_message(talk, at=datetime(2026, 4, 20, 20, tzinfo=UTC) + timedelta(hours=hours * 9), **fields)
    found = count(date(2026, 4, 21), date(2026, 4, 21))
    day, channel = date(2026, 4, 21), talk.channel_id
    assert found[day, channel, "first_response", "person"] == (1, Decimal(18 * 3600))
    assert found[day, channel, "first_response", "person_open"] == (1, Decimal(7 * 3600))  # from nine to four
    assert found[day, channel, "response", "bot"] == (1, Decimal(9 * 3600))


def test_counting_again_changes_nothing_and_takes_in_what_came_late() -> None:
    World(7, SPRING)
    first, last = SPRING - timedelta(days=AROUND), SPRING + timedelta(days=AROUND)
    before = count(first, last)
    assert count(first, last) == before
    make_message(at=datetime(2026, 4, 23, 12, tzinfo=UTC))
    assert kept(first, last) == before
    assert count(first, last) == plain_metrics(first, last) != before


def test_a_day_that_became_empty_has_no_figures_left() -> None:
    message = make_message(at=datetime(2026, 4, 23, 12, tzinfo=UTC))
    assert count(SPRING - timedelta(days=1), SPRING)
    Message.objects.filter(pk=message.pk).delete()
    message.conversation.delete()
    assert count(SPRING - timedelta(days=1), SPRING) == {}


def test_figures_are_read_with_those_of_the_days_before_in_one_query() -> None:
    here, there = make_channel("messenger"), make_channel("telegram")
    for channel, of_april, number in ((here, 20, 1), (here, 21, 2), (there, 21, 4)):
        for _message in range(number):
            make_message(make_conversation(make_identity(channel)), at=datetime(2026, 4, of_april, 12, tzinfo=UTC))
    count(date(2026, 4, 20), date(2026, 4, 21))
    day = Period(date(2026, 4, 21), date(2026, 4, 21))
    with CaptureQueriesContext(connection) as captured:
        now, before = read_figures(day)
    assert len(captured) == 1
    assert (now.of("messages_in").count, before.of("messages_in").count) == (6, 1)
    assert now.of("active_customers", EVERYWHERE).count == 6
    assert {channel: figure.count for channel, figure in now.by_channel("messages_in").items()} == {
        here.pk: 2,
        there.pk: 4,
    }
    assert now.ratio("classified", "messages_in") == 0
    assert now.ratio("won", "leads") is None
    assert read_figures(day, there.pk)[0].of("messages_in").count == 4
    days = read_days(Period(date(2026, 4, 20), day.last), None, {"messages_in": ()})
    assert [(found.day, name, figure.count) for found, name, figure in days] == [
        (20, "messages_in", 1), (21, "messages_in", 6),
    ]  # fmt: skip


def test_today_is_kept_fresh() -> None:
    make_message(at=timezone.now())
    keep_fresh()
    assert DailyMetric.objects.get(name="messages_in").day == timezone.localdate()


def test_the_command_counts_the_days_asked_for_and_says_so() -> None:
    make_message(at=datetime(2026, 4, 23, 12, tzinfo=UTC))
    out = StringIO()
    call_command("rollup_metrics", "--from", "2026-04-01", "--to", "2026-04-30", "--json", stdout=out)
    assert orjson.loads(out.getvalue()) == {"from": "2026-04-01", "to": "2026-04-30", "days": 30}
    assert DailyMetric.objects.filter(name="messages_in").count() == 1
    out = StringIO()
    call_command("rollup_metrics", stdout=out)
    assert out.getvalue().startswith("35 days counted")
    with pytest.raises(CommandError, match="is after"):
        call_command("rollup_metrics", "--from", "2026-04-30", "--to", "2026-04-01")
