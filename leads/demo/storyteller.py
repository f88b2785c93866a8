"""Tells `messaging.demo` what becomes of its customers: every message read by the real rules, every lead scored by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from types import MappingProxyType
from typing import Self

from django.db.models import Model

from crm import runtime_settings
from crm.folding import fold
from crm.models import Customer, Notification
from leads.demo.catalogue import SKUS, stock_up
from leads.demo.plot import Chapter, plan_chapters, questions_of
from leads.demo.telling import READ_AFTER, TABLES, Teller, Told
from leads.models import Product
from leads.notices import KEY
from leads.reading.reader import Reader, Reading
from messaging.demo.people import Somebody
from messaging.demo.story import Heard, Said
from messaging.demo.threads import Thread
from messaging.demo.writing import Writer

LABELS = MappingProxyType(
    {
        "intake": ("", "", "cold"),
        "nurture": ("", "warm", "warm", "cold"),
        "qualified": ("warm",),
        "hot": ("hot",),
        "in-progress": ("hot", "hot", "warm"),
        "converted": ("hot", "warm"),
        "lost": ("cold", "warm"),
        "unqualified": ("cold",),
    }
)
# What reminders told of demo leads, which only the key of a notice ties to them.
NOTICES = f"""
    SELECT notice.id FROM crm_notification AS notice
    JOIN leads_lead AS lead ON starts_with(notice.key, '{KEY}:') AND split_part(notice.key, ':', 2) = lead.id::text
    JOIN demo_customer AS customer ON customer.id = lead.customer_id
"""  # noqa: S608 - names of ours


class DemoLeads:
    """Gives each customer who wrote a lead, some an earlier one too; who is blocked has none."""

    TABLES = TABLES

    def __init__(self, chance: Random, now: datetime, teller: Teller, reader: Reader) -> None:
        self.chance, self.now, self.teller, self.reader = chance, now, teller, reader
        self._readings: dict[tuple[str, str, bool], Reading] = {}
        self._worth_of_vip = runtime_settings.value_of("leads.vip_from_value")

    @classmethod
    def set_out(cls, writer: Writer, chance: Random, now: datetime) -> Self:
        """Put the products up for sale and make ready with the rules as they are now."""
        stock_up()
        reader = Reader.load()
        return cls(chance, now, Teller(writer, chance, now, reader.scoring), reader)

    @classmethod
    def removed_with_it(cls) -> Mapping[type[Model], str]:
        return {
            Product: f"SELECT id FROM leads_product WHERE starts_with(sku, '{SKUS}')",  # noqa: S608 - names of ours
            Notification: NOTICES,
        }

    def begin(self, person: Somebody, threads: Sequence[Thread]) -> "CustomerStory":
        """Plan the leads of a customer, and say in their row what follows from that."""
        wholesale = person.trade == Customer.Trade.WHOLESALE
        chapters = plan_chapters(self.chance, threads, self.now, wholesale=wholesale)
        if person.blocked:
            return CustomerStory(self, person, threads, [])
        won = [chapter.value or 0 for chapter in chapters if chapter.outcome == "won"]
        if won:
            person.type = Customer.Type.VIP if sum(won) >= self._worth_of_vip else Customer.Type.RETURNING
        person.questions_left = questions_of(chapters[-1].end, threads)
        person.label = self.chance.choice(LABELS[chapters[-1].end])
        return CustomerStory(self, person, threads, chapters)

    def read(self, text: str, source: str, *, has_media: bool) -> Reading:
        """Read a text, or remember what was read in it before."""
        known = self._readings.get((text, source, has_media))
        if known is None:
            known = self.reader.read(fold(text), source=source, has_media=has_media)
            self._readings[text, source, has_media] = known
        return known


class CustomerStory:
    """One customer's messages, until their leads can be told."""

    def __init__(self, leads: DemoLeads, person: Somebody, threads: Sequence[Thread], chapters: list[Chapter]) -> None:
        self.leads, self.person, self.threads, self.chapters = leads, person, threads, chapters
        self.told: list[Told] = []

    def hear(self, said: Said) -> Heard:
        """Read a message as triage would."""
        reading = self.leads.read(said.text, said.source, has_media=said.has_media)
        if self.chapters:
            self.told.append(Told(said, reading))
        return Heard(
            said.at + READ_AFTER, reading.intent, reading.sentiment, reading.confidence, reading.entities or None
        )

    def end(self) -> None:
        """Write the leads: each has the messages since the one before it was closed."""
        rest = sorted(self.told, key=lambda told: (told.said.at, told.said.id))
        for chapter in self.chapters:
            theirs = [told for told in rest if told.said.at <= chapter.until]
            rest = rest[len(theirs) :]
            self.leads.teller.tell(self.person, chapter, theirs, self.threads)
