"""Which small function answers which request."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from messaging.simulation.stand_in.exchange import Answer, Call
from messaging.simulation.stand_in.state import State


@dataclass(frozen=True, slots=True)
class Route:
    """A method, what the whole path must match, and who answers."""

    method: str
    path: str
    handle: Callable[[Call, State], Answer]


def find(call: Call, routes: Iterable[Route]) -> Route | None:
    """Return the first route that fits, with the parts of its path put into the call."""
    for route in routes:
        if route.method == call.method and (match := re.fullmatch(route.path, call.path)):
            call.named = match.groupdict()
            return route
    return None
