"""Which leads somebody looks at on the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from crm.models import Customer, Identity, User
from crm.people_like import of_people_like
from crm.visibility import ours, owned, sees_everyone
from leads.models import Lead, LeadQuerySet
from messaging.models import Message

MINE, TEAM, ALL = WHOSE = ("me", "team", "all")


@dataclass(frozen=True)
class Selection:
    """What a colleague wants to see of the leads that they may see. What is empty does not narrow it."""

    user: User
    whose: str = ALL
    words: str = ""
    source: str = ""
    channel: int | None = None
    label: str = ""

    @classmethod
    def asked(cls, user: User, query: Mapping[str, str]) -> Self:
        """Read it from an address; what there is no such thing of is left out. Sellers see their own unless asked otherwise."""
        whose, channel = query.get("owned", ""), query.get("channel", "")
        if whose not in WHOSE or (whose == TEAM and not user.team_id):
            whose = ALL if sees_everyone(user) else MINE
        source, label = query.get("source", ""), query.get("label", "")
        return cls(
            user,
            whose,
            words=query.get("q", "").replace("\0", "").strip()[:200],
            source=source if source in Message.Source.values else "",
            channel=int(channel) if channel.isascii() and channel.isdigit() and len(channel) < 19 else None,
            label=label if label in Customer.Label.values else "",
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether something else than whose leads narrows it."""
        return bool(self.words or self.source or self.channel is not None or self.label)

    def leads(self) -> LeadQuerySet:
        """Return the leads, none of those that were merged into others."""
        found = Lead.objects.filter(owned(self.user, "owner", "team"), merged_into=None)
        if self.whose == MINE:
            found = found.filter(owner=self.user)
        elif self.whose == TEAM:
            found = found.filter(ours(self.user, "owner", "team"))
        if self.source:
            found = found.filter(first_source=self.source)
        if self.label:
            found = found.filter(customer__label=self.label)
        if self.channel is not None:
            found = found.filter(customer__in=Identity.objects.filter(channel=self.channel).values("customer"))
        if self.words:
            found = found.filter(of_people_like(self.words))
        return found

    def parameters(self, **changed: Any) -> dict[str, str]:
        """Return it as the parameters of an address, some of them changed."""
        given = {"owned": self.whose, "q": self.words, "source": self.source, "channel": self.channel}
        return {name: str(value) for name, value in ({**given, "label": self.label} | changed).items() if value}
