"""The figures of days once more: one row after the other, in plain words, for comparing."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from crm.business_hours import business_week
from crm.metrics import EVERYWHERE
from crm.models import Consent, Identity
from leads.models import Lead, Outcome, Qualification
from messaging.models import Conversation, Handoff, Message, MessageStatus

Key = tuple[date, int | None, str, str]
Counted = dict[Key, tuple[int, Decimal]]


class Plain:
    """Adds up what it is told of, by day."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.totals: dict[Key, Decimal] = defaultdict(Decimal)

    def add(self, at: object, channel: int | None, name: str, part: str = "", worth: Decimal = Decimal(0)) -> None:
        key = (timezone.localtime(at).date(), channel, name, part)  # type: ignore[arg-type]
        self.counts[key] += 1
        self.totals[key] += worth

    def of_days(self, first: date, last: date) -> Counted:
        return {key: (n, round(self.totals[key], 3)) for key, n in self.counts.items() if first <= key[0] <= last}


def plain_metrics(first: date, last: date) -> Counted:
    plain = Plain()
    messages = list(Message.objects.order_by("at", "id").select_related("conversation__identity"))
    _count_messages(plain, messages)
    _count_people(plain, messages)
    for talk in Conversation.objects.all():
        plain.add(talk.started_at, talk.channel_id, "conversations")
        said = [message for message in messages if message.conversation_id == talk.pk]
        _time_answers(plain, "person", [message for message in said if not message.automated])
        _time_answers(plain, "bot", said)
    for handoff in Handoff.objects.select_related("conversation"):
        plain.add(handoff.requested_at, handoff.conversation.channel_id, "handoffs", handoff.by)
    for consent in Consent.objects.filter(granted=False).select_related("identity"):
        plain.add(consent.at, consent.identity.channel_id if consent.identity else None, "opt_outs", consent.scope)
    _count_leads(plain)
    return plain.of_days(first, last)


def _count_messages(plain: Plain, messages: list[Message]) -> None:
    for message in messages:
        if message.direction == "in":
            plain.add(message.at, message.channel_id, "messages_in")
            if message.intent:
                plain.add(message.at, message.channel_id, "classified")
        elif message.status == MessageStatus.FAILED:
            plain.add(message.at, message.channel_id, "messages_failed")
        else:
            plain.add(message.at, message.channel_id, "messages_out", "bot" if message.automated else "person")


def _count_people(plain: Plain, messages: list[Message]) -> None:
    seen: set[tuple[date, int | None, int]] = set()
    for message in messages:
        if message.direction == "in":
            day, customer = timezone.localtime(message.at).date(), message.conversation.identity.customer_id
            for channel, part in ((message.channel_id, ""), (None, EVERYWHERE)):
                if (day, channel, customer) not in seen:
                    seen.add((day, channel, customer))
                    plain.add(message.at, channel, "active_customers", part)
    known: set[int] = set()
    for identity in Identity.objects.exclude(first_inbound_at=None).order_by("first_inbound_at", "id"):
        if identity.customer_id not in known:
            known.add(identity.customer_id)
            plain.add(identity.first_inbound_at, identity.channel_id, "new_customers")


def _time_answers(plain: Plain, part: str, said: Iterable[Message]) -> None:
    week, question, answered = business_week(), None, False
    for message in said:
        if message.direction == "in":
            question = question or message
        elif message.status != MessageStatus.FAILED:
            if question and (part == "person" or message.automated):
                took = {
                    part: message.at - question.at,
                    f"{part}_open": week.open_between(question.at, message.at),
                }
                for called, time in took.items():
                    worth = Decimal(time / timedelta(microseconds=1)) / 1_000_000
                    plain.add(message.at, message.channel_id, "response", called, worth)
                    if not answered:
                        plain.add(message.at, message.channel_id, "first_response", called, worth)
            question, answered = None, True


def _count_leads(plain: Plain) -> None:
    for lead in Lead.objects.exclude(outcome=Outcome.MERGED).select_related("first_message"):
        channel = lead.first_message.channel_id if lead.first_message else None
        plain.add(lead.opened_at, channel, "leads", lead.first_source)
        if lead.outcome == Outcome.LOST:
            plain.add(lead.closed_at, channel, "lost", lead.lost_reason)
        if lead.outcome == Outcome.WON:
            plain.add(lead.closed_at, channel, "won", str(lead.owner_id or ""))
            if lead.value is not None:
                plain.add(lead.closed_at, channel, "won_value", lead.currency, lead.value)
    for made in Qualification.objects.select_related("lead__first_message").exclude(lead__outcome=Outcome.MERGED):
        first = made.lead.first_message
        plain.add(made.qualified_at, first.channel_id if first else None, "qualified", "", Decimal(made.score))
