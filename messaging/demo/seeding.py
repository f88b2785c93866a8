"""Filling a database with believable customers and what they and the shop wrote each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from psycopg.types.json import Jsonb

from crm.models import User
from crm.roles import SELLER
from messaging.demo.people import People, Somebody
from messaging.demo.shop import DAYS, PICTURES, ShopChannel, open_shop
from messaging.demo.story import Heard, Said, Story, Storyteller
from messaging.demo.talk import Talk
from messaging.demo.threads import DAY, Thread, plan_threads
from messaging.demo.writing import Writer
from messaging.keys import message_key
from messaging.models import MessageStatus

SHARES = {"messenger": 32, "whatsapp": 30, "instagram": 20, "telegram": 8, "twilio": 10}
ON_TWO_CHANNELS = 0.15
BY_OWNER = 0.8
MEDIA = (("image", "image/jpeg", "jpg"), ("audio", "audio/ogg", "ogg"), ("video", "video/mp4", "mp4"))
WITH_MEDIA = 0.08
#: What becomes of a message of ours, where the platform tells; Telegram tells nothing, SMS no reading.
FATES = (MessageStatus.READ,) * 16 + (MessageStatus.DELIVERED,) * 3 + (MessageStatus.SENT,)
NO_MORE_THAN = {"telegram": MessageStatus.SENT, "twilio": MessageStatus.DELIVERED}
FAILED, FAILURE = 0.01, "131047"
UNHEARD = ("", "", None, None, None)


@dataclass(frozen=True, slots=True)
class Origin:
    """What the first message of a conversation came from."""

    source: str = "direct"
    post_id: int | None = None
    ad_id: int | None = None
    comment_id: str = ""
    referral: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Who writes, where, and what becomes of it."""

    person: Somebody
    channel: ShopChannel
    story: Story


def seed(
    *, customers: int, messages: int, seed: int | str, written: Callable[[int], None] = lambda count: None
) -> None:
    """Add customers and messages, the same texts and times before now for the same seed.

    There is at least one message a customer. `written` is told the number of messages each time some are committed; a
    run that is broken off leaves whole conversations, the last customer perhaps without all that follows from them.
    """
    now = timezone.now()
    seeding = _Seeding(Random(seed), now)  # noqa: S311 - made-up people
    for count in _shared_out(seeding.chance, customers, messages):
        for _ in seeding.write(count):
            if seeding.writer.is_full:
                written(seeding.writer.flush())
    written(seeding.writer.flush())
    seeding.writer.analyze()


def _shared_out(chance: Random, customers: int, messages: int) -> Iterator[int]:
    """Yield how many messages each customer has: most a few, some very many, at least one; together `messages`."""
    spare = max(0, messages - customers)
    weights = [min(chance.paretovariate(1.2), 60.0) for _ in range(customers)]
    total, passed, given = sum(weights), 0.0, 0
    for weight in weights:
        passed += weight
        share = round(spare * passed / total) - given
        given += share
        yield 1 + share


def _sellers() -> dict[int, int | None]:
    """Return the team of each seller, or of every colleague where nobody is one, by user id."""
    staff = User.objects.filter(is_active=True).order_by("pk")
    sellers = staff.filter(groups__name=SELLER)
    return dict((sellers if sellers.exists() else staff).values_list("pk", "team_id"))


def _columns(heard: Heard) -> tuple[Any, ...]:
    entities = Jsonb(heard.entities) if heard.entities else None
    return heard.intent, heard.sentiment, heard.confidence, entities, heard.triaged_at


class _Seeding:
    """One run: chance, clock and the rows on their way.

    Ids on the platform are made of numbers that the database gives out once: no other run has them, whenever it runs.
    """

    def __init__(self, chance: Random, now: datetime) -> None:
        self.chance, self.now = chance, now
        storyteller: type[Storyteller] = import_string(settings.DEMO_STORYTELLER)
        self.writer = Writer(storyteller.TABLES)
        with transaction.atomic():
            self.channels = open_shop(chance, now)
            self.storyteller = storyteller.set_out(self.writer, chance, now)
        self.weights = [SHARES[channel.platform] for channel in self.channels]
        self.talk = Talk(chance)
        self.teams = _sellers()
        self.people = People(self.writer, chance, now, list(self.teams))

    def write(self, messages: int) -> Iterator[None]:
        """Add one customer with everything below; yields after each conversation, so that the caller may flush."""
        chance = self.chance
        person = self.people.somebody()
        channels = {channel.id: channel for channel in chance.choices(self.channels, self.weights, k=2)}
        parts = [messages]
        if len(channels) == 2 and messages > 3 and chance.random() < ON_TWO_CHANNELS:
            parts = [messages - messages // 3, messages // 3]
        plans = []
        for channel, count in zip(channels.values(), parts, strict=False):
            last_age = 60 + DAYS * DAY * chance.random() ** 3 if messages > 1 else DAYS * DAY * chance.random()
            plans.append((channel, plan_threads(chance, count, last_age)))
        origins = {id(thread): self._origin(channel, thread) for channel, threads in plans for thread in threads}
        all_threads = [thread for _, threads in plans for thread in threads]
        story = self.storyteller.begin(person, all_threads)
        self.people.write_customer(person, all_threads, [channel.platform for channel, _ in plans])
        for channel, threads in plans:
            identity_id = self.people.write_identity(person, channel, threads)
            for thread in threads:
                self._write_thread(_Exchange(person, channel, story), identity_id, thread, origins[id(thread)])
                yield
        story.end()

    def _origin(self, channel: ShopChannel, thread: Thread) -> Origin:
        """Decide by what way a conversation began; a comment is known before its thread is summed up."""
        dice, chance = self.chance.random(), self.chance
        if channel.ads and dice < 0.25:
            ad = chance.choice(channel.ads)
            referral = {"source": "ADS", "type": "OPEN_THREAD", "ad_id": ad.ad_id, "headline": ad.title}
            return Origin("ad", ad.post_id, ad.id, referral=referral)
        if channel.posts and dice < 0.42:
            post = chance.choice(channel.posts)
            thread.begins_with_comment = True
            number = self.writer.next_id("messaging_message")
            return Origin("comment", post.id, comment_id=f"{post.external_id}_{number}")
        if channel.platform == "instagram" and dice < 0.52:
            return Origin("story")
        if dice > 0.94:
            return Origin("referral", referral={"ref": f"flyer-{int(dice * 1000) % 10}", "source": "SHORTLINK"})
        return Origin()

    def _write_thread(self, exchange: _Exchange, identity_id: int, thread: Thread, origin: Origin) -> None:
        channel = exchange.channel
        conversation_id = self.writer.next_id("messaging_conversation")
        ago, now = self.people.ago, self.now
        assignee = self._assignee(exchange.person, thread)
        team = self.teams.get(assignee) if assignee else None
        started, ended = ago(thread.ages[0]), ago(thread.ages[-1])
        unanswered = thread.unanswered
        self.writer.add(
            "messaging_conversation",
            conversation_id, started, now, identity_id, channel.id, "open" if thread.open else "closed", assignee, team,
            started, ended, ago(thread.last_inbound), ago(thread.answered), ended if thread.seen else None,
            ago(unanswered[0]) if unanswered else None, len(thread.ages), thread.unread,
            None if thread.open else ended, "", 0, Jsonb({}), Jsonb({}), Jsonb([]),
        )  # fmt: skip
        for place, (age, ours) in enumerate(zip(thread.ages, thread.ours, strict=True)):
            moment = now - timedelta(seconds=age)
            came_by = origin if not place else Origin()
            self._write_message(
                exchange, conversation_id, moment, place, came_by, assignee if ours else None, ours=ours
            )

    def _assignee(self, person: Somebody, thread: Thread) -> int | None:
        """Return who deals with a conversation: an open one belongs to the customer's owner."""
        if thread.open or not self.teams or self.chance.random() < BY_OWNER:
            return person.owner_id
        return self.chance.choice(list(self.teams))

    def _write_message(
        self,
        exchange: _Exchange,
        conversation_id: int,
        at: datetime,
        place: int,
        origin: Origin,
        author_id: int | None,
        *,
        ours: bool,
    ) -> None:
        chance, channel = self.chance, exchange.channel
        message_id = self.writer.next_id("messaging_message")
        external_id = origin.comment_id or f"demo.{message_id}"
        kind, text = self._content(exchange.person, ours, place, is_comment=bool(origin.comment_id))
        has_media = kind in ("image", "audio", "video")
        if has_media:
            self._write_attachment(message_id, kind)
        failed = ours and chance.random() < FAILED
        status = MessageStatus.FAILED if failed else self._fate(channel) if ours else MessageStatus.RECEIVED
        received = at + timedelta(seconds=0.3 + 2 * chance.random())
        heard = None
        if not ours:
            heard = exchange.story.hear(
                Said(message_id, at, text, origin.source, origin.post_id, origin.ad_id, has_media)
            )
        self.writer.add(
            "messaging_message",
            message_id, channel.id, conversation_id, "out" if ours else "in", kind, text, int(status), external_id,
            message_key(external_id), at, received, at, origin.source, origin.post_id, origin.ad_id, origin.comment_id,
            Jsonb(origin.referral) if origin.referral else None, "", "", author_id,
            False, False, False, FAILURE if failed else "", *(_columns(heard) if heard else UNHEARD),
        )  # fmt: skip

    def _content(self, person: Somebody, ours: bool, place: int, *, is_comment: bool) -> tuple[str, str]:
        talk, language = self.talk, person.language
        if is_comment:
            return "comment", talk.comment(language)
        if place and self.chance.random() < WITH_MEDIA:
            return self.chance.choice(MEDIA)[0], ""
        if ours:
            return "text", talk.answer(language)
        if person.questions_left is not None:
            return "text", self._idle_text(person)
        first = not place or self.chance.random() < 0.35
        return "text", talk.question(language) if first else talk.follow_up(language)

    def _idle_text(self, person: Somebody) -> str:
        if not person.questions_left:
            return self.talk.aside(person.language)
        person.questions_left -= 1
        return self.talk.idle_question(person.language)

    def _fate(self, channel: ShopChannel) -> MessageStatus:
        return min(self.chance.choice(FATES), NO_MORE_THAN.get(channel.platform, MessageStatus.READ))

    def _write_attachment(self, message_id: int, kind: str) -> None:
        mime_type, suffix = next((mime_type, suffix) for name, mime_type, suffix in MEDIA if name == kind)
        url = f"{PICTURES}/{self.chance.getrandbits(64):016x}.{suffix}"
        self.writer.add("messaging_attachment", message_id, 0, kind, url, "", f"{kind}.{suffix}", mime_type)
