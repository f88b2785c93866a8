"""What the simulated platforms share: chance, clock, ids, people, and the shop's posts and ads."""

import string
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from messaging.demo.talk import Talk
from messaging.simulation.facts import Fact, Known

ALPHABET = string.ascii_letters + string.digits + "_-"
RETURNING = 20  # about so many people are met before most are met again
SHARE_OF_NEW = 0.03
Choice = TypeVar("Choice")


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who writes: the simulator's name for them, their ids on the platform, their profile."""

    name: str
    first_name: str
    last_name: str
    language: str
    keys: tuple[tuple[str, str], ...]
    serial: int
    #: Milliseconds before which nothing more is told of them, so that one person's times are never equal.
    busy_until: int = 0
    messages: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class SocialPost:
    """A post of the shop, and the ad made of it."""

    id: str
    title: str
    ad_id: str
    ad_title: str


@dataclass(slots=True)
class Happening:
    """One event on its way to us.

    `delay`: how many posts later it is sent; without any order, so that statuses come before their message at times.
    `part` is what the platform puts into a body, `place` where in it.
    """

    delay: int
    account: str
    part: dict[str, Any]
    facts: tuple[Fact, ...] = ()
    place: str = ""


class World:
    """Chance and clock of one run.

    `run` tells its ids from those of other runs: tenths of seconds since 1970. The same seed makes the same choices and
    texts.
    """

    def __init__(self, seed: int | str, *, now: Callable[[], float] = time.time) -> None:
        self.chance = Random(seed)  # noqa: S311 - made-up traffic
        self.talk = Talk(self.chance)
        self.now = now
        self.run = int(now() * 10)
        self.serial = 0

    def number(self) -> int:
        """Return a number that this run has not used yet."""
        self.serial += 1
        return self.serial

    def stamp(self) -> str:
        """Return letters that no other post has, of this run or another."""
        return f"{self.run}x{self.number()}"

    def token(self, length: int) -> str:
        """Return random letters and digits."""
        bits = self.chance.getrandbits(6 * length)
        return "".join([ALPHABET[bits >> 6 * place & 63] for place in range(length)])

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self.chance.random() * len(choices))]

    def delay(self, longest: int) -> int:
        return int(self.chance.random() * (longest + 1))

    def moment(self, person: Person) -> int:
        """Return the time in milliseconds at which somebody does something; no two of one person's are equal."""
        person.busy_until = max(person.busy_until + 1, int(self.now() * 1000))
        return person.busy_until

    def second(self, person: Person) -> int:
        """Return the same in seconds, for platforms that know no smaller unit; here equal times do occur."""
        return self.moment(person) // 1000


class Crowd:
    """The people of one account; `meet` brings a new one now and then."""

    def __init__(self, world: World, account: str, make_keys: Callable[[int], tuple[tuple[str, str], ...]]) -> None:
        self.world, self.account, self.make_keys = world, account, make_keys
        self.people: list[Person] = []

    def meet(self) -> Person:
        """Return somebody, new or known."""
        world, known = self.world, len(self.people)
        if known and not world.happens(max(SHARE_OF_NEW, RETURNING / (RETURNING + known) ** 1.2)):
            return self.people[int(world.chance.random() * known)]
        language = world.talk.language()
        first, last = world.talk.name(language)
        serial = world.number()
        person = Person(f"{self.account}/{serial}", first, last, language, self.make_keys(serial), serial)
        self.people.append(person)
        return person

    def known(self, person: Person) -> Known:
        """Return the fact that all ids of somebody are theirs."""
        return Known(self.account, person.name, person.keys)


class Wall:
    """The posts and ads of one account."""

    def __init__(self, world: World, *, prefix: str = "") -> None:
        self.posts = []
        for number in range(12):
            language = world.talk.language()
            self.posts.append(
                SocialPost(
                    id=f"{prefix}{world.run}{number:03d}",
                    title=world.talk.post_title(language),
                    ad_id=f"12{world.run}{number:02d}",
                    ad_title=world.talk.ad_title(language),
                )
            )
