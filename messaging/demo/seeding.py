"""Filling a database with believable customers and what they and the shop wrote each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb

from crm.models import User
from messaging.demo.people import People, Somebody
from messaging.demo.shop import DAYS, PICTURES, ShopChannel, open_shop
from messaging.demo.talk import Talk
from messaging.demo.threads import DAY, Thread, plan_threads
from messaging.demo.writing import Writer, analyze
from messaging.keys import message_key
from messaging.models import MessageStatus

SHARES = {"messenger": 32, "whatsapp": 30, "instagram": 20, "telegram": 8, "twilio": 10}
ON_TWO_CHANNELS = 0.15
ASSIGNED = 0.5
MEDIA = (("image", "image/jpeg", "jpg"), ("audio", "audio/ogg", "ogg"), ("video", "video/mp4", "mp4"))
WITH_MEDIA = 0.08
#: What becomes of a message of ours, where the platform tells; Telegram tells nothing, SMS no reading.
FATES = (MessageStatus.READ,) * 16 + (MessageStatus.DELIVERED,) * 3 + (MessageStatus.SENT,)
NO_MORE_THAN = {"telegram": MessageStatus.SENT, "twilio": MessageStatus.DELIVERED}
FAILED, FAILURE = 0.01, "131047"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the first message of a conversation came from."""

    source: str = "direct"
    post_id: int | None = None
    ad_id: int | None = None
    comment_id: str = ""
    referral: dict[str, Any] | None = None


def seed(
    *, customers: int, messages: int, seed: int | str, written: Callable[[int], None] = lambda count: None
) -> None:
    """Add customers and messages, the same texts and times before now for the same seed.

    There is at least one message a customer. `written` is told the number of messages each time some are committed; a
    run that is broken off leaves whole conversations.
    """
    now = timezone.now()
    chance = Random(seed)  # noqa: S311 - made-up people
    seeding = _Seeding(chance, now, open_shop(chance, now))
    for count in _shared_out(chance, customers, messages):
        for _ in seeding.write(count):
            if seeding.writer.is_full:
                written(seeding.writer.flush())
    written(seeding.writer.flush())
    analyze()


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


class _Seeding:
    """One run: chance, clock and the rows on their way.

    Ids on the platform are made of numbers that the database gives out once: no other run has them, whenever it runs.
    """

    def __init__(self, chance: Random, now: datetime, shop: list[ShopChannel]) -> None:
        self.chance, self.now = chance, now
        self.channels = shop
        self.weights = [SHARES[channel.platform] for channel in shop]
        self.writer = Writer()
        self.talk = Talk(chance)
        self.staff = list(User.objects.filter(is_active=True).order_by("pk").values_list("pk", "team_id"))
        self.people = People(self.writer, chance, now, [pk for pk, _ in self.staff])

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
        self.people.write_customer(
            person,
            [thread for _, threads in plans for thread in threads],
            [channel.platform for channel, _ in plans],
        )
        for channel, threads in plans:
            identity_id = self.people.write_identity(person, channel, threads)
            for thread in threads:
                self._write_thread(person, channel, identity_id, thread, origins[id(thread)])
                yield

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

    def _write_thread(
        self, person: Somebody, channel: ShopChannel, identity_id: int, thread: Thread, origin: Origin
    ) -> None:
        conversation_id = self.writer.next_id("messaging_conversation")
        ago, now = self.people.ago, self.now
        assignee, team = (
            self.chance.choice(self.staff) if self.staff and self.chance.random() < ASSIGNED else (None, None)
        )
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
            self._write_message(person, channel, conversation_id, moment, ours, place, came_by, assignee)

    def _write_message(
        self,
        person: Somebody,
        channel: ShopChannel,
        conversation_id: int,
        at: datetime,
        ours: bool,
        place: int,
        origin: Origin,
        author_id: int | None,
    ) -> None:
        chance = self.chance
        message_id = self.writer.next_id("messaging_message")
        external_id = origin.comment_id or f"demo.{message_id}"
        kind, text = self._content(person, ours, place, is_comment=bool(origin.comment_id))
        if kind in ("image", "audio", "video"):
            self._write_attachment(message_id, kind)
        failed = ours and chance.random() < FAILED
        status = MessageStatus.FAILED if failed else self._fate(channel) if ours else MessageStatus.RECEIVED
        received = at + timedelta(seconds=0.3 + 2 * chance.random())
        self.writer.add(
            "messaging_message",
            message_id, channel.id, conversation_id, "out" if ours else "in", kind, text, int(status), external_id,
            message_key(external_id), at, received, at, origin.source, origin.post_id, origin.ad_id, origin.comment_id,
            Jsonb(origin.referral) if origin.referral else None, "", "", author_id if ours else None,
            False, False, False, FAILURE if failed else "", "", "",
        )  # fmt: skip

    def _content(self, person: Somebody, ours: bool, place: int, *, is_comment: bool) -> tuple[str, str]:
        talk, language = self.talk, person.language
        if is_comment:
            return "comment", talk.comment(language)
        if place and self.chance.random() < WITH_MEDIA:
            return self.chance.choice(MEDIA)[0], ""
        if ours:
            return "text", talk.answer(language)
        first = not place or self.chance.random() < 0.35
        return "text", talk.question(language) if first else talk.follow_up(language)

    def _fate(self, channel: ShopChannel) -> MessageStatus:
        return min(self.chance.choice(FATES), NO_MORE_THAN.get(channel.platform, MessageStatus.READ))

    def _write_attachment(self, message_id: int, kind: str) -> None:
        mime_type, suffix = next((mime_type, suffix) for name, mime_type, suffix in MEDIA if name == kind)
        url = f"{PICTURES}/{self.chance.getrandbits(64):016x}.{suffix}"
        self.writer.add("messaging_attachment", message_id, 0, kind, url, "", f"{kind}.{suffix}", mime_type)
