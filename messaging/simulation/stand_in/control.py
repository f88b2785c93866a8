"""The endpoint by which tests read what was accepted and let things go wrong: JSON under `/_stand_in/`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from messaging.simulation.stand_in.exchange import Answer, Call

if TYPE_CHECKING:
    from messaging.simulation.stand_in.server import StandIn

PREFIX = "/_stand_in/"


async def control(call: Call, stand_in: "StandIn") -> Answer:
    """Answer a request for the stand-in itself."""
    action = ACTIONS.get((call.method, call.path.removeprefix(PREFIX)))
    if action is None:
        return Answer({"error": "no such thing", "there are": [" ".join(known) for known in ACTIONS]}, 404)
    try:
        return Answer(await action(call, stand_in))
    except ValueError as error:
        return Answer({"error": str(error)}, 400)


async def _sends(call: Call, stand_in: "StandIn") -> Any:
    after = int(call.query.get("after", 0))
    return [entry.as_json() for entry in stand_in.journal.sends[after:]]


async def _requests(call: Call, stand_in: "StandIn") -> Any:
    return list(stand_in.journal.requests)


async def _state(call: Call, stand_in: "StandIn") -> Any:
    reports = stand_in.reports
    counts = {"posted": reports.posted, "refused": reports.refused, "waiting": reports.waiting}
    return stand_in.manners.as_json() | {"reported": counts | {"held": len(reports.held)}}


async def _manners(call: Call, stand_in: "StandIn") -> Any:
    stand_in.manners.change(call.values)
    return {}


async def _trouble(call: Call, stand_in: "StandIn") -> Any:
    stand_in.manners.add(call.values)
    return {}


async def _calm(call: Call, stand_in: "StandIn") -> Any:
    stand_in.manners.troubles.clear()
    return {}


async def _expire(call: Call, stand_in: "StandIn") -> Any:
    await stand_in.cast.refresh()
    stand_in.cast.expire(call.text("platform"), call.text("channel"))
    return {}


async def _release(call: Call, stand_in: "StandIn") -> Any:
    most = call.values.get("most")
    await stand_in.reports.release(int(most) if most is not None else None)
    return {}


async def _forget(call: Call, stand_in: "StandIn") -> Any:
    stand_in.journal.forget()
    return {}


ACTIONS: dict[tuple[str, str], Callable[[Call, "StandIn"], Awaitable[Any]]] = {
    ("GET", "sends"): _sends,
    ("GET", "requests"): _requests,
    ("GET", "state"): _state,
    ("POST", "manners"): _manners,
    ("POST", "trouble"): _trouble,
    ("POST", "calm"): _calm,
    ("POST", "expire"): _expire,
    ("POST", "release"): _release,
    ("POST", "forget"): _forget,
}
