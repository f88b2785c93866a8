"""What every platform's traffic provides and shares."""

from abc import ABC, abstractmethod
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import ClassVar

from messaging.simulation.facts import Dispatch, Fact, Said
from messaging.simulation.world import Crowd, Happening, Person, World

Scene = Callable[[str, Person], list[Happening]]
WeightedScenes = Sequence[tuple[int, Scene]]


class Stage(ABC):
    """One platform. `accounts` maps the slugs of our channels to their ids on the platform."""

    #: Whether one POST may hold several events, of several accounts.
    batches: ClassVar[bool]

    def __init__(self, world: World, accounts: Mapping[str, str]) -> None:
        self.world, self.accounts = world, accounts
        self.slugs = list(accounts)
        self.crowds = {slug: Crowd(world, slug, self.keys_of) for slug in accounts}
        scenes = self.scenes()
        self._scenes = [scene for _, scene in scenes]
        self._bounds = list(accumulate(weight for weight, _ in scenes))

    @abstractmethod
    def keys_of(self, serial: int) -> tuple[tuple[str, str], ...]:
        """Return the ids of somebody new."""

    @abstractmethod
    def scenes(self) -> WeightedScenes:
        """Return all scenes with how often they happen; of each, at least one event is due at once."""

    @abstractmethod
    def says(self, account: str, person: Person, text: str) -> Happening:
        """Return a text message."""

    @abstractmethod
    def body(self, happenings: Sequence[Happening]) -> bytes:
        """Return the body that carries these events; one event where the platform does not batch."""

    @abstractmethod
    def broken_body(self) -> bytes:
        """Return a body that the platform would never send."""

    def scene(self) -> list[Happening]:
        """Return the events of one more story, picked by weight, about somebody new or known."""
        account = self.world.pick(self.slugs)
        dice = self.world.chance.random() * self._bounds[-1]
        return self._scenes[bisect(self._bounds, dice)](account, self.crowds[account].meet())

    def stranger(self) -> Happening:
        """Return a message of somebody who is never heard of again."""
        account = self.slugs[0]
        serial = self.world.number()
        person = Person(f"{account}/{serial}", "Nobody", "Here", "en", self.keys_of(serial), serial)
        return self.says(account, person, self.world.talk.question("en"))

    def words(self, person: Person) -> str:
        """Return what somebody writes next: a question first, then often something shorter."""
        person.messages += 1
        if person.messages > 1 and self.world.happens(0.6):
            return self.world.talk.follow_up(person.language)
        return self.world.talk.question(person.language)

    def with_person(self, account: str, person: Person, *facts: Fact) -> tuple[Fact, ...]:
        """Return facts along with whose ids they bring."""
        return (*facts, self.crowds[account].known(person))


def ids_of(dispatch: Dispatch) -> list[str]:
    """Return the ids of the messages that a POST brings."""
    return [fact.id for fact in dispatch.facts if isinstance(fact, Said)]
