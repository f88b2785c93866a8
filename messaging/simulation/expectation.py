"""What the database must hold once everything acknowledged is dealt with: the facts, folded by their own rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from messaging.models import MessageStatus
from messaging.simulation.facts import (
    Became,
    Came,
    Chose,
    Edited,
    Fact,
    Known,
    Reacted,
    Said,
    SeenUpTo,
    TakenBack,
)

#: Slug of a channel and the platform's id of a message.
MessageName = tuple[str, str]

RANKS = {
    "sent": MessageStatus.SENT,
    "failed": MessageStatus.FAILED,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
}


@dataclass(slots=True)
class Expectation:
    """The facts of a run by what they are about."""

    said: dict[MessageName, Said] = field(default_factory=dict)
    edits: dict[MessageName, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    taken_back: set[MessageName] = field(default_factory=set)
    became: dict[MessageName, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[tuple[str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    reactions: dict[MessageName, set[Reacted]] = field(default_factory=lambda: defaultdict(set))
    choices: dict[tuple[str, str, str], Chose] = field(default_factory=dict)
    came: set[Came] = field(default_factory=set)
    known: set[Known] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Expectation":
        """Fold facts; their order and repetitions are of no matter."""
        found = cls()
        answers = []
        for fact in facts:
            if isinstance(fact, Said) and fact.under:
                answers.append(fact)
            else:
                found._add(fact)
        for answer in answers:  # they have a conversation only where the comment above them has one
            if (answer.account, answer.under) in found.said:
                found._add(answer)
        return found

    def _add(self, fact: Fact) -> None:
        match fact:
            case Chose() | Came() | Known() | SeenUpTo():
                self._add_of_person(fact)
            case Said(account, name):
                self.said[account, name] = fact
            case Edited(account, name, version, text):
                self.edits[account, name][version] = text
            case TakenBack(account, name):
                self.taken_back.add((account, name))
            case Became(account, name, status):
                self.became[account, name].add(status)
            case Reacted(account, name):
                self.reactions[account, name].add(fact)

    def _add_of_person(self, fact: Chose | Came | Known | SeenUpTo) -> None:
        match fact:
            case SeenUpTo(account, person, status, at):
                watermarks = self.seen[account, person]
                watermarks[status] = max(at, watermarks.get(status, 0))
            case Chose(account, person, _, at, scope):
                latest = self.choices.get((account, person, scope))
                if latest is None or latest.at < at:
                    self.choices[account, person, scope] = fact
            case Came():
                self.came.add(fact)
            case Known():
                self.known.add(fact)

    def text_of(self, name: MessageName) -> str:
        """Return the words that a message has in the end."""
        if name in self.taken_back:
            return ""
        edits = self.edits.get(name)
        return edits[max(edits)] if edits else self.said[name].text

    def status_of(self, name: MessageName) -> int | None:
        """Return the status of a message of ours; None where receipts say nothing of its kind."""
        said = self.said[name]
        if said.direction == "in":
            return MessageStatus.RECEIVED
        if said.under:
            return None
        watermarks = self.seen.get((said.account, said.person), {})
        words = {word for word, at in watermarks.items() if said.at <= at} | self.became.get(name, set())
        return max((RANKS[word] for word in words), default=MessageStatus.SENT)

    def attachments_of(self, name: MessageName) -> int:
        """Return how many attachments a message has in the end."""
        return 0 if name in self.taken_back else self.said[name].attachments

    def happenings(self) -> Counter[tuple[str, str, str]]:
        """Count what happened to messages, by channel, kind and message."""
        found: Counter[tuple[str, str, str]] = Counter()
        for (account, name), versions in self.edits.items():
            found[account, "edit", name] = len(versions)
        for account, name in self.taken_back:
            found[account, "deletion", name] = 1
        for (account, name), words in self.became.items():
            found[account, "status", name] = len(words)
        for (account, name), reactions in self.reactions.items():
            found[account, "reaction", name] = len(reactions)
        return found

    def people(self) -> list[tuple[str, set[tuple[str, str]]]]:
        """Return each person's channel and ids, people joined by a shared id counted once."""
        owner: dict[tuple[str, str, str], int] = {}
        groups: dict[int, set[tuple[str, str]]] = {}
        accounts: dict[int, str] = {}
        for number, fact in enumerate(self.known):
            keys = {(fact.account, *key) for key in fact.keys}
            joined = {owner[key] for key in keys if key in owner}
            target = min(joined, default=number)
            group = groups.setdefault(target, set())
            accounts[target] = fact.account
            group |= set(fact.keys)
            for other in joined - {target}:
                group |= groups.pop(other)
            owner |= {(fact.account, *key): target for key in group}
        return [(accounts[number], keys) for number, keys in groups.items()]
