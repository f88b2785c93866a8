"""The admin's pages over 10,000 customers and 500,000 messages: time in the database and in all."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

CUSTOMERS, MESSAGES = 10_000, 500_000
ROUNDS = 40
WARM_UP = 2


class DatabaseClock:
    """Adds up the time that statements take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started
            self.queries += 1


class ProcessorClock:
    """Tells the processor time that this process and its connection's backend have used; others on the machine change it little."""

    def __init__(self) -> None:
        from django.db import connection

        connection.ensure_connection()
        self._backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")

    def milliseconds(self) -> float:
        """Return it in ms; without the backend's where the system does not tell it."""
        told = self._backend.read_text().split() if self._backend.exists() else ["0"]
        return time.process_time() * 1000 + int(told[0]) / 1_000_000


def run() -> dict[str, float]:
    """Return for each page p95 in ms, p95 of its time in the database, its processor time, and its number of queries."""
    from django.core.management import call_command
    from django.test import Client

    from crm.models import User

    started = time.perf_counter()
    call_command("seed_demo", customers=CUSTOMERS, messages=MESSAGES, verbosity=0)
    figures = {"seed_demo seconds": time.perf_counter() - started}
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench@shop.example", "x"))
    for name, addresses in _pages().items():
        figures |= measure(client, name, addresses)
    return figures


def _pages() -> dict[str, list[str]]:
    from django.urls import reverse

    from crm.models import Customer
    from messaging.models import Conversation

    def changelist(model: str, query: str = "") -> str:
        return reverse(f"admin:{model}_changelist") + query

    words = ("mona", "ana", "احمد", "silva", "maria", "ahmed")
    text = ("delivery", "سعر", "frete", "size", "tamanho")
    busy = Conversation.objects.order_by("-message_count").values_list("pk", flat=True)[:20]
    people = Customer.objects.order_by("?").values_list("pk", flat=True)[:20]
    return {
        "customers": [changelist("crm_customer")],
        "customers, by name": [changelist("crm_customer", f"?q={word}") for word in words],
        "customers, by phone": [changelist("crm_customer", "?q=%2B201001234567")],
        "customers, filtered": [changelist("crm_customer", f"?label={label}") for label in ("hot", "cold")],
        "customer": [reverse("admin:crm_customer_change", args=[pk]) for pk in people],
        "conversations": [changelist("messaging_conversation")],
        "conversation (thread)": [reverse("admin:messaging_conversation_change", args=[pk]) for pk in busy],
        "messages": [changelist("messaging_message")],
        "messages, by text": [changelist("messaging_message", f"?q={word}") for word in text],
        "deliveries": [changelist("messaging_webhookdelivery")],
        "ads": [changelist("campaigns_adcampaign")],
        "posts": [changelist("campaigns_post")],
        "channels": [changelist("crm_channel")],
    }


def measure(client: Any, name: str, addresses: list[str]) -> dict[str, float]:
    from django.db import connection

    from crm.processes.settling import settle

    totals, in_database, processor, queries = [], [], [], 0
    used = ProcessorClock()
    for number in range(ROUNDS + WARM_UP):
        if number == WARM_UP:
            settle()  # as a web process does
        clock, before = DatabaseClock(), used.milliseconds()
        started = time.perf_counter()
        with connection.execute_wrapper(clock):
            response = client.get(addresses[number % len(addresses)])
        if response.status_code != 200:
            raise RuntimeError(f"{name}: answered {response.status_code}")
        if number >= WARM_UP:
            totals.append((time.perf_counter() - started) * 1000)
            in_database.append(clock.seconds * 1000)
            processor.append(used.milliseconds() - before)
            queries = max(queries, clock.queries)
    return {
        f"{name}: page p95 ms": quantiles(totals, n=20)[18],
        f"{name}: database p95 ms": quantiles(in_database, n=20)[18],
        f"{name}: processor ms, median": median(processor),
        f"{name}: queries": queries,
    }
