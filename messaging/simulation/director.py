"""What is posted next: scenes of all platforms mixed, batched, repeated, shuffled and spoiled."""

import heapq
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.facts import Dispatch
from messaging.simulation.traffic.instagram import InstagramTraffic
from messaging.simulation.traffic.messenger import MessengerTraffic
from messaging.simulation.traffic.stage import Stage
from messaging.simulation.traffic.telegram import TelegramTraffic
from messaging.simulation.traffic.twilio import TwilioTraffic
from messaging.simulation.traffic.whatsapp import WhatsAppTraffic
from messaging.simulation.world import Happening, World

SHARES = {"messenger": 30, "whatsapp": 30, "instagram": 20, "telegram": 10, "twilio": 10}
TRAFFIC: dict[str, type[Stage]] = {
    "messenger": MessengerTraffic,
    "instagram": InstagramTraffic,
    "whatsapp": WhatsAppTraffic,
    "telegram": TelegramTraffic,
    "twilio": TwilioTraffic,
}
BATCHES, LONGEST_BATCH = 0.1, 6
REPEATED_WITHIN = 200  # posts between a delivery and its repetition
SHUFFLE_WINDOW = 100


@dataclass(frozen=True, slots=True)
class Disorder:
    """What goes wrong on the way, as shares of all posts."""

    duplicates: float = 0.0
    corrupt: float = 0.0
    shuffle: bool = False


class Lane:
    """One platform's posts in the order in which they fall due."""

    def __init__(self, world: World, traffic: Stage) -> None:
        self.world, self.traffic = world, traffic
        self.step = 0
        self._ahead: list[tuple[int, int, Happening]] = []

    def next(self) -> Dispatch:
        """Return one more post, of what is due or of a new scene."""
        self.step += 1
        size = 1
        if self.traffic.batches and self.world.happens(BATCHES):
            size = 2 + self.world.delay(LONGEST_BATCH - 2)
        return self._dispatch([self._happening() for _ in range(size)])

    def rest(self) -> Iterator[Dispatch]:
        """Yield what is still on its way."""
        while self._ahead:
            yield self._dispatch([heapq.heappop(self._ahead)[2]])

    def forged(self) -> Dispatch:
        """Return a post whose signature will be wrong."""
        dispatch = self._dispatch([self.traffic.stranger()])
        dispatch.flaw = self.world.pick(("forged", "unsigned"))
        return dispatch

    def broken(self) -> Dispatch:
        """Return a post that is signed well and means nothing."""
        slug = next(iter(self.traffic.accounts))
        return Dispatch(slug, self.traffic.broken_body(), flaw="broken")

    def _happening(self) -> Happening:
        if not self._ahead or self._ahead[0][0] > self.step:
            for happening in self.traffic.scene():
                heapq.heappush(self._ahead, (self.step + happening.delay, self.world.number(), happening))
        return heapq.heappop(self._ahead)[2]

    def _dispatch(self, happenings: Sequence[Happening]) -> Dispatch:
        facts = tuple(fact for happening in happenings for fact in happening.facts)
        return Dispatch(happenings[0].account, self.traffic.body(happenings), facts)


class Director:
    """An endless row of posts, the same for the same seed but for its times and the ids made of them."""

    def __init__(self, world: World, accounts: Sequence[SimulatedAccount], disorder: Disorder) -> None:
        self.world, self.disorder = world, disorder
        ids: dict[str, dict[str, str]] = {}
        for account in accounts:
            ids.setdefault(account.platform, {})[account.slug] = account.external_id
        self.lanes = [Lane(world, TRAFFIC[platform](world, slugs)) for platform, slugs in ids.items()]
        self._bounds = list(accumulate(SHARES[platform] for platform in ids))
        self._again: list[tuple[int, int, Dispatch]] = []
        self._window: list[Dispatch] = []
        self.step = 0

    def next(self) -> Dispatch:
        """Return what is posted next."""
        self.step += 1
        if not self.disorder.shuffle:
            return self._made()
        while len(self._window) < SHUFFLE_WINDOW:
            self._window.append(self._made())
        return self._window.pop(self.world.delay(SHUFFLE_WINDOW - 1))

    def rest(self) -> Iterator[Dispatch]:
        """Yield what is still on its way, so that every story comes to its end."""
        yield from self._window
        for lane in self.lanes:
            yield from lane.rest()
        while self._again:
            yield heapq.heappop(self._again)[2]

    def _made(self) -> Dispatch:
        if self._again and self._again[0][0] <= self.step:
            return heapq.heappop(self._again)[2]
        lane = self.lanes[bisect(self._bounds, self.world.chance.random() * self._bounds[-1])]
        if self.disorder.corrupt and self.world.happens(self.disorder.corrupt):
            return lane.forged() if self.world.happens(0.5) else lane.broken()
        dispatch = lane.next()
        if self.disorder.duplicates and self.world.happens(self.disorder.duplicates):
            later = 0 if self.world.happens(0.5) else self.world.delay(REPEATED_WITHIN)
            heapq.heappush(self._again, (self.step + later, self.world.number(), dispatch))
        return dispatch
