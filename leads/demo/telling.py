"""Writing one lead, with what triage and a seller would have left of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from psycopg.types.json import Jsonb

from crm import runtime_settings
from crm.models import User
from leads.demo.plot import Chapter
from leads.demo.tally import Tally
from leads.models import ActivityKind, LeadActivity, Priority, ProductInteraction, ScoringRule, Stage
from leads.reading.reader import Reading
from leads.stages import Ladder
from leads.triage.writing import interest_of
from messaging.demo.people import Somebody
from messaging.demo.story import Said
from messaging.demo.threads import Thread
from messaging.demo.writing import Writer

TABLES = MappingProxyType(
    {
        "leads_lead": (
            "id", "created_at", "updated_at", "customer_id", "stage_id", "stage_by_person", "stage_changed_at", "score",
            "priority", "owner_id", "team_id", "assigned_at", "first_message_id", "first_source", "first_post_id",
            "first_ad_id", "first_touch_at", "last_message_id", "last_source", "last_post_id", "last_ad_id",
            "last_touch_at", "value", "currency", "profile", "next_step", "next_follow_up_at", "reminded_at", "opened_at",
            "closed_at", "outcome", "lost_reason", "lost_note",
        ),
        "leads_leadactivity": (
            "customer_id", "lead_id", "kind", "old", "new", "reason", "automated", "by", "actor_id", "message_id", "at",
        ),
        "leads_scoreentry": ("lead_id", "rule_id", "message_id", "points", "at"),
        "leads_productinteraction": (
            "created_at", "updated_at", "customer_id", "lead_id", "product_id", "kind", "message_id", "feedback", "at",
        ),
        "leads_qualification": (
            "id", "created_at", "updated_at", "lead_id", "score", "priority", "profile", "summary", "qualified_at",
            "owner_id", "team_id", "contacted_at", "converted_at",
        ),
        "leads_qualification_products": ("qualification_id", "product_id"),
    }
)  # fmt: skip
Actor = LeadActivity.Actor
HOT_SCORE = 75
LAST_WORDS = 3
LEFT_AHEAD = 0.6  # of the leads that their score took further than was planned, so many stay there
EMPTY = Jsonb({})
PAUSE = timedelta(hours=6)  # after which the score is looked at
READ_AFTER = timedelta(seconds=3)
ASSIGNED_AFTER = timedelta(seconds=2)
PLANNED = 0.35  # open leads with a follow-up
#: From and to how many hours from now follow-ups are planned, and how often of a hundred.
FOLLOW_UPS = MappingProxyType({(-60.0, -3.0): 25, (0.5, 9.0): 20, (12.0, 150.0): 40, (170.0, 400.0): 15})
NEXT_STEPS = (
    "Call back",
    "Send photos",
    "Ask for the size",
    "Confirm the address",
    "Send the offer again",
    "Ask how it went",
)


class Told(NamedTuple):
    """A message and what was read in it."""

    said: Said
    reading: Reading


@dataclass(slots=True)
class _Draft:
    """A lead on its way to its end."""

    id: int
    person: Somebody
    chapter: Chapter
    stage: Stage
    stage_changed_at: datetime
    team_id: int | None = None
    score: int = 0
    by_person: bool = False
    qualified: tuple[datetime, int] | None = None
    next_step: str = ""
    follow_up_at: datetime | None = None


class Teller:
    """Adds the rows of leads to those that are written."""

    def __init__(self, writer: Writer, chance: Random, now: datetime, rules: Iterable[ScoringRule]) -> None:
        self.writer, self.chance, self.now = writer, chance, now
        self.rules = {rule.pk: rule for rule in rules}
        self.ladder = Ladder.load()
        self.stages = list(Stage.objects.order_by("order", "id"))
        self.teams = dict(User.objects.filter(is_active=True).values_list("pk", "team_id"))
        self.qualified_from = runtime_settings.value_of("leads.qualified_from")
        self.currency = runtime_settings.value_of("leads.currency")

    def tell(self, person: Somebody, chapter: Chapter, told: Sequence[Told], threads: Sequence[Thread]) -> None:
        """Write the lead of these messages, which are in order; our answers are in the threads."""
        first = told[0].said
        draft = _Draft(self.writer.next_id("leads_lead"), person, chapter, self.ladder.first, first.at)
        self._note(draft, ActivityKind.OPENED, first.at, new=draft.stage.slug, message_id=first.id)
        if person.owner_id:
            draft.team_id = self.teams[person.owner_id]
            self._note(
                draft, ActivityKind.ASSIGNMENT, first.at + ASSIGNED_AFTER, new=person.owner_id, reason="assignment"
            )
        tally = self._climb(draft, told)
        if chapter.outcome:
            self._look(draft, tally, chapter.moved_at, "points fade")
            self._move(draft)
        else:
            self._move(draft)
            self._plan_follow_up(draft)
            self._look(draft, tally, self.now, "points fade")
        self._write_lead(draft, told)
        self._write_evidence(draft, told)
        if draft.qualified:
            self._write_qualification(draft, told, *draft.qualified, threads)

    def _climb(self, draft: _Draft, told: Sequence[Told]) -> Tally:
        """Score the lead as its messages come in, and look at it whenever they pause."""
        tally = Tally(self.rules)
        for place, (said, reading) in enumerate(told):
            tally.add(reading.scoring, said.at)
            if place + 1 == len(told) or told[place + 1].said.at - said.at > PAUSE:
                self._look(draft, tally, said.at + READ_AFTER, "", said.id)
        return tally

    def _look(self, draft: _Draft, tally: Tally, at: datetime, reason: str, message_id: int | None = None) -> None:
        """Rate a lead as `leads.triage.rating` does."""
        score = tally.score(at)
        if score == draft.score:
            return
        self._note(
            draft, ActivityKind.SCORE_UPDATE, at, old=draft.score, new=score, reason=reason, message_id=message_id
        )
        draft.score = score
        reached = None if draft.by_person else self.ladder.reached(draft.stage.pk, score)
        if reached is not None:
            self._note(
                draft, ActivityKind.STAGE_CHANGE, at, old=draft.stage.slug, new=reached.slug, reason=f"score {score}",
                message_id=message_id,
            )  # fmt: skip
            draft.stage, draft.stage_changed_at = reached, at
        if score >= self.qualified_from and draft.qualified is None:
            draft.qualified = (at, score)
            self._note(draft, ActivityKind.QUALIFIED, at, new=score)

    def _move(self, draft: _Draft) -> None:
        """Let a colleague put the lead where it ends."""
        chapter = draft.chapter
        if chapter.value:
            self._note(draft, ActivityKind.VALUE_CHANGE, chapter.moved_at, new=f"{chapter.value}.00", by_hand=True)
        end = self._stage(chapter)
        if end.pk == draft.stage.pk or (self._is_beyond(draft.stage, end) and self.chance.random() < LEFT_AHEAD):
            return
        self._note(
            draft, ActivityKind.STAGE_CHANGE, chapter.moved_at, old=draft.stage.slug, new=end.slug,
            reason=chapter.lost_reason, by_hand=True,
        )  # fmt: skip
        draft.stage, draft.stage_changed_at, draft.by_person = end, chapter.moved_at, True

    def _plan_follow_up(self, draft: _Draft) -> None:
        """Plan a next step for some of the open leads that somebody owns."""
        chance = self.chance
        if not draft.person.owner_id or chance.random() > PLANNED:
            return
        first, last = chance.choices(list(FOLLOW_UPS), list(FOLLOW_UPS.values()))[0]
        at = (self.now + timedelta(hours=first + (last - first) * chance.random())).replace(second=0, microsecond=0)
        draft.next_step, draft.follow_up_at = chance.choice(NEXT_STEPS), at
        told = at.isoformat(timespec="minutes")
        self._note(draft, ActivityKind.FOLLOW_UP, draft.chapter.moved_at, new=told, by_hand=True)

    def _is_beyond(self, stage: Stage, end: Stage) -> bool:
        """Tell whether the score has taken a lead past an open stage."""
        return end.is_open and (stage.order, stage.pk) > (end.order, end.pk)

    def _stage(self, chapter: Chapter) -> Stage:
        """Return the stage of that name, or the first that ends the same way where staff have others."""
        alike = [stage for stage in self.stages if stage.kind == (chapter.outcome or Stage.Kind.OPEN)]
        return next((stage for stage in alike if stage.slug == chapter.end), alike[0])

    def _note(
        self,
        draft: _Draft,
        kind: ActivityKind,
        at: datetime,
        *,
        old: object = "",
        new: object = "",
        reason: str = "",
        message_id: int | None = None,
        by_hand: bool = False,
    ) -> None:
        """Add an activity; by hand of the owner or, where nobody works here yet, as if it had been imported."""
        actor = (draft.person.owner_id or next(iter(self.teams), None)) if by_hand else None
        by = Actor.RULE if not by_hand else Actor.PERSON if actor else Actor.IMPORT
        self.writer.add(
            "leads_leadactivity",
            draft.person.id, draft.id, kind.value, str(old), str(new), reason, not by_hand, by.value, actor, message_id, at,
        )  # fmt: skip

    def _write_lead(self, draft: _Draft, told: Sequence[Told]) -> None:
        person, chapter = draft.person, draft.chapter
        first = told[0].said
        last = max((each.said for each in told), key=lambda said: (said.source != "direct", said.at, said.id))
        closed_at = chapter.moved_at if chapter.outcome else None
        assigned_at = first.at + ASSIGNED_AFTER if person.owner_id else None
        urgent = draft.score >= HOT_SCORE and not chapter.outcome
        priority = Priority.HIGH if urgent and self.chance.random() < 0.5 else Priority.NORMAL
        self.writer.add(
            "leads_lead",
            draft.id, first.at, self.now, person.id, draft.stage.pk, draft.by_person, draft.stage_changed_at, draft.score,
            priority.value, person.owner_id, draft.team_id, assigned_at, first.id, first.source, first.post_id, first.ad_id,
            first.at, last.id, last.source, last.post_id, last.ad_id, last.at, chapter.value,
            self.currency if chapter.value else "", EMPTY, draft.next_step, draft.follow_up_at,
            draft.follow_up_at if draft.follow_up_at and draft.follow_up_at < self.now else None, first.at, closed_at,
            chapter.outcome, chapter.lost_reason, "",
        )  # fmt: skip

    def _write_evidence(self, draft: _Draft, told: Sequence[Told]) -> None:
        add = self.writer.add
        for said, reading in told:
            for rule_id, points in reading.scoring:
                add("leads_scoreentry", draft.id, rule_id, said.id, points, said.at)
            for product_id in reading.product_ids:
                add(
                    "leads_productinteraction",
                    said.at, said.at, draft.person.id, draft.id, product_id, interest_of(reading), said.id, "", said.at,
                )  # fmt: skip

    def _write_qualification(
        self, draft: _Draft, told: Sequence[Told], at: datetime, score: int, threads: Sequence[Thread]
    ) -> None:
        person, until = draft.person, [each for each in told if each.said.at <= at]
        number = self.writer.next_id("leads_qualification")
        priority = Priority.HIGH if score >= HOT_SCORE else Priority.NORMAL
        facts = {"label": person.label, "trade": person.trade, "type": person.type, "persona": person.persona,
                 "language": person.language}  # fmt: skip
        answers = (self.now - timedelta(seconds=age) for age in ages_of_answers(threads))
        self.writer.add(
            "leads_qualification",
            number, at, at, draft.id, score, priority.value, Jsonb({name: value for name, value in facts.items() if value}),
            _summary(until), at, person.owner_id, draft.team_id, min((time for time in answers if time >= at), default=None),
            draft.chapter.moved_at if draft.chapter.outcome == "won" else None,
        )  # fmt: skip
        liked = {
            product_id
            for _said, reading in until
            if interest_of(reading) != ProductInteraction.Kind.DISLIKE
            for product_id in reading.product_ids
        }
        for product_id in sorted(liked):
            self.writer.add("leads_qualification_products", number, product_id)


def ages_of_answers(threads: Sequence[Thread]) -> Iterator[float]:
    """Yield for each message of ours how many seconds ago it was."""
    for thread in threads:
        yield from (age for age, ours in zip(thread.ages, thread.ours, strict=True) if ours)


def _summary(told: Sequence[Told]) -> str:
    """Return what they wanted, by how often, and their last words."""
    intents = Counter(reading.intent for _said, reading in told if reading.intent)
    by_count = sorted(intents.items(), key=lambda pair: (-pair[1], pair[0]))
    wants = ", ".join(intent + (f" ×{count}" if count > 1 else "") for intent, count in by_count)
    words = [said.text[:200] for said, _reading in told if said.text][-LAST_WORDS:]
    return "\n".join(filter(None, [wants, *words]))
