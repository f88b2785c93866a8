"""Public answers to comments on Facebook and Instagram, and the webhooks that follow.

https://developers.facebook.com/docs/graph-api/reference/object/comments
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies
"""

import time

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call, Report, Sending
from messaging.simulation.stand_in.meta_messages import posted
from messaging.simulation.stand_in.refusals import graph_says_no, require
from messaging.simulation.stand_in.state import State

EDGES = {"messenger": "comments", "instagram": "replies"}


def answer(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Take an answer under a comment."""
    parent, text = call.named["id"], call.text("message")
    require(EDGES.get(account.platform) == call.named["edge"], graph_says_no("100/33", "no such edge"))
    require(text, graph_says_no("100", "The parameter message is required"))
    made = f"{parent.partition('_')[0]}_{state.digits()}" if account.platform == "messenger" else f"17{state.digits()}"
    sending = Sending(account, made, parent, "comment_reply", text)
    report = _on_facebook if account.platform == "messenger" else _on_instagram
    return Answer({"id": made}, sending=sending, reports=[report(account, parent, made, text)])


def _on_facebook(account: SimulatedAccount, parent: str, made: str, text: str) -> Report:
    post = f"{account.external_id}_{parent.partition('_')[0]}"
    value = {
        "item": "comment",
        "verb": "add",
        "comment_id": made,
        "post_id": post,
        "parent_id": parent,
        "message": text,
        "from": {"id": account.external_id, "name": "Shop"},
        "created_time": int(time.time()),
    }
    return posted(account, [{"field": "feed", "value": value}], "changes")


def _on_instagram(account: SimulatedAccount, parent: str, made: str, text: str) -> Report:
    value = {
        "id": made,
        "text": text,
        "parent_id": parent,
        "from": {"id": account.external_id, "username": "shop"},
        "media": {"id": f"18{account.external_id}", "media_product_type": "FEED"},
    }
    return posted(account, [{"field": "comments", "value": value}], "changes")
