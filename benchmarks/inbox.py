"""The inbox over 10,000 customers and 500,000 messages, as a manager and as a seller; and what fifty of them cost while open."""

import time
from typing import Any

from benchmarks.leads import _manager, _staff
from benchmarks.pages import measure

CUSTOMERS, MESSAGES = 10_000, 500_000
OPEN_INBOXES, ASKED_EVERY = 50, 1.8  # seconds between two questions of one
ASKED = 300


def run() -> dict[str, float]:
    """Return for each answer p95 in ms, p95 of its time in the database and its queries; and fifty inboxes' share of a core."""
    from django.core.management import call_command
    from django.test import Client

    started = time.perf_counter()
    sellers = _staff()
    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    figures = {"seed_demo seconds": time.perf_counter() - started}
    _give_some(sellers)
    for role, user in (("manager", _manager()), ("seller", sellers[0])):
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        for name, addresses in _answers(user).items():
            figures |= measure(client, f"{role}: {name}", addresses)
        share = _share_of_a_core(client, _answers(user)["what is new"])
        figures[f"{role}: {OPEN_INBOXES} open inboxes, per cent of a core"] = share
    return figures


def _give_some(sellers: list[Any]) -> None:
    """Give each seller a share of the conversations, as a shop at work has them."""
    from messaging.models import Conversation

    for number, seller in enumerate(sellers):
        Conversation.objects.filter(pk__in=list(Conversation.objects.values_list("pk", flat=True)[number::16])).update(
            assignee=seller
        )


def _answers(user: Any) -> dict[str, list[str]]:
    from django.urls import reverse
    from django.utils import timezone

    from crm.visibility import visible
    from messaging.admin.inbox import listing
    from messaging.admin.inbox.asked import Asked
    from messaging.models import Conversation

    page, rows, poll = (reverse(f"admin:{name}") for name in ("inbox", "inbox_rows", "inbox_poll"))
    now = timezone.now()
    shown, further = listing.page_of(user, Asked(tab="all"), now)
    ids = ",".join(str(conversation.pk) for conversation in shown)
    busy = visible(user, Conversation).order_by("-message_count").values_list("pk", flat=True)[:20]
    since = listing.micros(now)
    return {
        "list, mine": [page],
        "list, unassigned": [f"{page}?tab=unassigned"],
        "list, all": [f"{page}?tab=all"],
        "list, waiting longest": [f"{page}?tab=all&sort=waiting"],
        "list, closed": [f"{page}?tab=all&status=closed"],
        "list, not delivered": [f"{page}?tab=all&need=failed"],
        "list, by name": [f"{page}?q={word}" for word in ("mona", "ana", "احمد", "silva")],
        "messages, by words": [f"{page}?q={word}" for word in ("delivery", "سعر", "frete", "tamanho", "1295", "ok")],
        "messages, of somebody": [f"{page}?q=size&who={word}" for word in ("mona", "ana", "احمد", "silva")],
        "list, a page further": [f"{rows}?tab=all&after={further}"],
        "list, changed rows": [f"{rows}?tab=all&ids={ids}"],
        "a conversation": [reverse("admin:inbox_talk", args=[pk]) for pk in busy],
        "its newest messages": [reverse("admin:inbox_fresh", args=[pk]) for pk in busy],
        "what is new": [f"{poll}?tab=all&since={since}&shown={ids}&open={pk}" for pk in busy],
    }


def _share_of_a_core(client: Any, addresses: list[str]) -> float:
    """Return how many per cent of a core open inboxes take, of this process and of its database session together."""
    import psutil
    from django.db import connection

    connection.ensure_connection()
    processes = [psutil.Process(), psutil.Process(connection.connection.info.backend_pid)]

    def used() -> float:
        times = [process.cpu_times() for process in processes]
        return float(sum(one.user + one.system for one in times))

    before = used()
    for number in range(ASKED):
        if client.get(addresses[number % len(addresses)]).status_code != 200:
            raise RuntimeError("The inbox did not answer.")
    return (used() - before) / ASKED * OPEN_INBOXES / ASKED_EVERY * 100
