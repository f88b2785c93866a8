"""A small shop with everything a report could trip over, and its figures added up one by one in plain Python."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm.models import Channel, User
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.models import Lead, Qualification
from leads.tests.factories import make_lead
from messaging.models import Message
from messaging.tests.factories import make_conversation, make_message

FIRST, LAST = date(2026, 4, 20), date(2026, 4, 26)
#: Midnight of the first day and of the one after the last, on a clock two hours and then, from 24 April, three ahead of UTC.
EDGES = (datetime(2026, 4, 19, 22, tzinfo=UTC), datetime(2026, 4, 26, 21, tzinfo=UTC))
SOURCES = ("direct", "ad", "comment", "story", "referral", "lead_form")
STAGES = {"": "hot", "won": "converted", "lost": "lost"}


@dataclass
class RandomShop:
    """Rows of every kind, drawn by chance; the same chance draws the same ones."""

    seed: int
    channels: list[Channel] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    ads: list[AdCampaign] = field(default_factory=list)
    sellers: list[User] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.channels = [make_channel(name=f"Channel {number}") for number in range(2)]
        self.sellers = [User.objects.create(email=f"s{number}@shop.example") for number in range(2)]
        now = EDGES[0]
        for number in range(3):
            channel = self.channels[number % 2]
            self.posts.append(Post.objects.create(channel=channel, external_id=f"p{number}", first_seen_at=now))
        names: list[dict[str, Any]] = [
            {"ad_set_id": "1", "ad_set_name": "Women", "campaign_id": "7", "campaign_name": "Spring"},
            {"ad_set_id": "1", "campaign_name": "Spring", "post": self.posts[0]},
            {"ad_set_name": "1", "campaign_id": "7", "post": self.posts[1]},
            {"campaign_name": "Autumn & co"},
            {},
        ]
        for number, fields in enumerate(names):
            channel = self.channels[number % 2]
            self.ads.append(AdCampaign.objects.create(channel=channel, ad_id=f"a{number}", first_seen_at=now, **fields))

    def fill(self, *, messages: int = 120, leads: int = 90) -> None:
        """Add messages, leads that came by some of them, and costs."""
        chance = self.chance
        talks = [
            make_conversation(
                make_identity(chance.choice(self.channels)), assignee=chance.choice([None, *self.sellers])
            )
            for _ in range(12)
        ]
        written = [self._message(chance.choice(talks)) for _ in range(messages)]
        inbound = [message for message in written if message.direction == "in"]
        for _ in range(leads):
            self._lead(*chance.choices([*inbound, None], k=2))
        for ad in self.ads:
            for day in range(-1, 8):
                self._cost(FIRST + timedelta(days=day), ad=ad)
        self._cost(FIRST, post=self.posts[2])

    def moment(self) -> datetime:
        """Return a time of any day about the period, one in three of them at its very edge."""
        edge = self.chance.choice(EDGES)
        if self.chance.random() < 0.33:
            return edge + timedelta(microseconds=self.chance.choice((-1, 0, 1)))
        return EDGES[0] + timedelta(seconds=self.chance.randrange(-86_400, 9 * 86_400))

    def _message(self, talk: Any) -> Message:
        chance = self.chance
        source = chance.choice(SOURCES)
        return make_message(
            talk,
            at=self.moment(),
            direction=chance.choice(("in", "in", "in", "out")),
            source=source,
            ad=chance.choice([None, *self.ads]) if source == "ad" else None,
            post=chance.choice([None, *self.posts]) if source in ("ad", "comment") else None,
        )

    def _lead(self, first: Message | None, last: Message | None) -> None:
        chance = self.chance
        outcome = chance.choice(("", "won", "won", "lost"))
        touches = {
            f"{name}_{column}": getattr(message, column)
            for name, message in (("first", first), ("last", last))
            if message
            for column in ("source", "ad", "post")
        }
        lead = make_lead(
            in_stage=STAGES[outcome],
            owner=chance.choice([None, *self.sellers]),
            opened_at=self.moment(),
            outcome=outcome,
            closed_at=self.moment() if outcome else None,
            lost_reason=chance.choice(("price", "no_answer", "other")) if outcome == "lost" else "",
            value=chance.choice((None, Decimal(chance.randrange(1, 10_000)) / 100)),
            currency=chance.choice(("EGP", "EGP", "USD", "")),
            first_message=first,
            last_message=last,
            next_follow_up_at=None if outcome else chance.choice((None, EDGES[0], datetime(2100, 1, 1, tzinfo=UTC))),
            **touches,
        )
        if chance.random() < 0.4:
            Qualification.objects.create(lead=lead, score=60, qualified_at=self.moment())
        if outcome and chance.random() < 0.2:
            into = make_lead(make_customer(), opened_at=EDGES[0] - timedelta(days=400))
            Lead.objects.filter(pk=lead.pk).update(outcome="merged", lost_reason="", merged_into=into)

    def _cost(self, day: date, **what: Any) -> None:
        if self.chance.random() < 0.7:
            spend, currency = Decimal(self.chance.randrange(1000)) / 100, self.chance.choice(("EGP", "USD", ""))
            PerformanceMetric.objects.create(day=day, spend=spend, currency=currency, **what)


Line = tuple[str, Any]


def line_of(grouping: str, ad: AdCampaign | None, post: Post | None, source: str) -> Line:
    """Tell by which line of the report something counts, as its page describes it."""
    if grouping == "post":
        if shown := post or (ad.post if ad else None):
            return "any-post", shown.pk
        return ("lone-ad", ad.pk) if ad else ("source", source)
    if ad and grouping == "ad":
        return "ad", ad.pk
    if ad:
        return grouping, (ad.ad_set_id or ad.ad_set_name) if grouping == "ad-set" else (
            ad.campaign_id or ad.campaign_name
        )
    return ("post", post.pk) if post else ("source", source)


@dataclass
class Slowly:
    """What each line should say, by walking over all rows."""

    counts: dict[Line, Counter[str]]
    value: dict[Line, Counter[str]]
    spend: dict[Line, Counter[str]]


def add_up(grouping: str, touch: str, channel: Channel | None = None) -> Slowly:
    found = Slowly(defaultdict(Counter), defaultdict(Counter), defaultdict(Counter))
    for message in Message.objects.select_related("ad__post", "post"):
        inside = EDGES[0] <= message.at < EDGES[1] and (channel is None or message.channel_id == channel.pk)
        if inside and message.direction == "in" and message.source != "direct":
            found.counts[line_of(grouping, message.ad, message.post, message.source)]["messages"] += 1
    for lead in Lead.objects.select_related("first_ad__post", "last_ad__post"):
        message = getattr(lead, f"{touch}_message")
        inside = EDGES[0] <= lead.opened_at < EDGES[1] and lead.outcome != "merged"
        if not inside or (channel and (message is None or message.channel_id != channel.pk)):
            continue
        came_by = (getattr(lead, f"{touch}_{column}") for column in ("ad", "post", "source"))
        line = line_of(grouping, *came_by)
        won = lead.outcome == "won"
        qualified = Qualification.objects.filter(lead=lead).exists()
        found.counts[line].update(leads=1, qualified=int(qualified), won=int(won))
        if won and lead.value is not None:
            found.value[line][lead.currency or "EGP"] += lead.value  # type: ignore[assignment]  # counts money as well
    for cost in PerformanceMetric.objects.select_related("ad__post", "post"):
        of = cost.ad or cost.post
        if FIRST <= cost.day <= LAST and (channel is None or of.channel_id == channel.pk):  # type: ignore[union-attr]  # one of the two
            line = line_of(grouping, cost.ad, cost.post, "")
            found.spend[line][cost.currency or "EGP"] += cost.spend  # type: ignore[assignment]  # as above
    return found
