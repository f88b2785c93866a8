"""The drain from inbound messages to leads."""

import time

from crm.claiming import ClaimingDrain
from leads.models import TriageFailure
from leads.reading.reader import Reader, Reading
from leads.stages import Ladder
from leads.triage import writing
from leads.triage.claimed import Claimed, LeadDraft, claim
from leads.triage.customers import learn
from leads.triage.failures import set_aside
from leads.triage.journal import Journal
from leads.triage.rating import rate
from leads.triage.sorting import sort_into_leads
from messaging.models import Message

BATCH = 500
RULES_KEPT_SECONDS = 5.0


class TriageDrain(ClaimingDrain):
    """Takes inbound messages that nobody has triaged."""

    noun = "Message"

    def __init__(self, batch_size: int = BATCH) -> None:
        super().__init__(batch_size)
        self.rules_read_at = float("-inf")
        self.reader: Reader
        self.rule_names: dict[int, str]
        self.ladder: Ladder

    def prepare(self) -> None:
        now = time.monotonic()
        if now - self.rules_read_at > RULES_KEPT_SECONDS:
            self.reader, self.ladder = Reader.load(), Ladder.load()
            self.rule_names = {rule.pk: rule.name for rule in self.reader.scoring}
            self.rules_read_at = now

    def take(self, after: int, only: int | None) -> list[int]:
        batch = claim(after=after, limit=self.batch_size, only=only)
        if batch.messages:
            self._triage(batch)
        return [message.id for message in batch.messages]

    def waiting(self, after: int) -> list[int]:
        waiting = Message.objects.untriaged().filter(pk__gt=after).exclude(pk__in=TriageFailure.objects.waiting())
        return list(waiting.order_by("pk").values_list("pk", flat=True)[: self.batch_size])

    def set_aside(self, number: int, reason: str) -> None:
        set_aside(number, reason)

    def _triage(self, batch: Claimed) -> None:
        readings = {
            message.id: self.reader.read(
                message.text, source=message.source, has_media=message.has_media, payload=message.payload
            )
            for message in batch.messages
        }
        leads = sort_into_leads(batch)
        journal = Journal()
        writing.make_leads(leads, self.ladder.first.pk, self.ladder.first.slug, journal)
        writing.write_touches(leads)
        writing.write_evidence(leads, readings)
        for lead in leads:
            for message in lead.messages:
                learn(batch.customers[lead.customer_id], message, readings[message.id], journal, id(lead))
        writing.write_customers(sorted((c for c in batch.customers.values() if c.changed), key=lambda c: c.id))
        writing.mark_triaged(batch.messages, readings)
        rate(leads, self.ladder, {lead.id: self._reason(lead, readings) for lead in leads}, journal)
        journal.write({id(lead): lead.id for lead in leads})

    def _reason(self, lead: LeadDraft, readings: dict[int, Reading]) -> str:
        rules = {rule_id for message in lead.messages for rule_id, _ in readings[message.id].scoring}
        return ", ".join(self.rule_names[rule_id] for rule_id in sorted(rules))
