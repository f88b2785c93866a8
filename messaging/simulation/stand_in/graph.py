"""What Meta's products share: the token, and which of them a request is for.

https://developers.facebook.com/docs/graph-api/overview
"""

from collections.abc import Callable

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in import comments, meta_messages, reading, whatsapp
from messaging.simulation.stand_in.exchange import Answer, Call
from messaging.simulation.stand_in.refusals import graph_says_no, require
from messaging.simulation.stand_in.routing import Route
from messaging.simulation.stand_in.state import State

VERSION = r"/v\d+\.\d+"
META = ("messenger", "instagram", "whatsapp")

Handler = Callable[[Call, SimulatedAccount, State], Answer]


def bearer(call: Call) -> str:
    """Return the token that came in the header, or as Meta's documentation has it in the query or form."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else call.query.get("access_token", "") or call.text("access_token")


def as_owner(handle: Handler) -> Callable[[Call, State], Answer]:
    """Let a handler answer whoever has the token of the object in the path, or, for other objects, of any account."""

    def handled(call: Call, state: State) -> Answer:
        token, name = bearer(call), call.named.get("id", "")
        ids = {account.external_id for account in state.cast.accounts if account.platform in META}
        account = state.cast.by_token(token, name if name in ids else "")
        if account is None:
            known = state.cast.by_token(token) is not None
            words = "Unsupported request: no such object" if known else "Error validating access token"
            answer = graph_says_no("100/33" if known else "190/463", words)
            answer.kind = "refused"
            require(False, answer)
            return answer
        return handle(call, account, state)

    return handled


def messages(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Send, by the product that the account is of."""
    require(account.external_id == call.named["id"], graph_says_no("100/33", "no such object"))
    if account.platform == "whatsapp":
        return whatsapp.send(call, account, state)
    return meta_messages.send(call, account, state)


ROUTES = (
    Route("POST", VERSION + r"/(?P<id>\d+)/messages", as_owner(messages)),
    Route("POST", VERSION + r"/(?P<id>\d+)/media", as_owner(whatsapp.upload)),
    Route("POST", VERSION + r"/(?P<id>[\w]+)/(?P<edge>comments|replies)", as_owner(comments.answer)),
    Route("GET", VERSION + r"/(?P<id>\d+)/message_templates", as_owner(reading.templates)),
    Route("GET", VERSION + r"/(?P<id>[\w.:-]+)", as_owner(reading.thing)),
    Route("GET", r"/stand-in-media/(?P<id>[\w-]+)", reading.media),
)
