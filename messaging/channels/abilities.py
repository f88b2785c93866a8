"""What a platform takes from us."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from messaging.channels.limits import Limit
from messaging.channels.outbound import Content, Reason


@dataclass(frozen=True)
class Abilities:
    """Facts of a platform that the inbox offers by and that queueing checks.

    `sends`: contents that it takes. `limits`: how much text each may have, where it has any. `captions`: types of files (`image`,
    `video`, `audio`, `file`) that can bear a text. `reactions`: emoji that it lets us put on messages of theirs, in the order in
    which they are offered. `failures`: what the codes mean with which it reports later that it could not deliver what it took.
    """

    sends: frozenset[Content]
    limits: Mapping[Content, Limit]
    captions: frozenset[str] = frozenset()
    reactions: tuple[str, ...] = ()
    failures: Mapping[str, Reason] = field(default_factory=dict)
