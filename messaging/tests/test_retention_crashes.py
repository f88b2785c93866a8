"""Retention is killed at random moments: once it is over, what is old has gone and nothing else, as if nobody had killed it."""

import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Customer, Identity
from crm.processes.procfile import environment
from crm.retention import BATCH
from crm.tests.factories import make_channel
from crm.tests.launching import Launched, launch
from messaging.models import Conversation
from messaging.retention import RULES
from messaging.tests.installation import PATIENCE, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(25)]

MONTH, MOMENT = timedelta(days=30), timedelta(minutes=30)
CLOSED_AT_ONCE = RULES[-1].batch
#: Status, age and number of deliveries. Of what goes, the batches are full.
OLD_DELIVERIES = [("processed", MONTH + MOMENT, 20 * BATCH), ("failed", 2 * MONTH + MOMENT, 10 * BATCH)]
LATER_DELIVERIES = [
    ("processed", MONTH - MOMENT, 700),
    ("failed", 2 * MONTH - MOMENT, 700),
    ("pending", 9 * MONTH, 700),
]
BATCHES = (BATCH, BATCH, CLOSED_AT_ONCE)
#: Age of conversations, whether somebody waits in them, and their number.
IDLE = (MONTH + MOMENT, False, 8 * CLOSED_AT_ONCE)
IN_USE = [(MONTH - MOMENT, False, 70), (9 * MONTH, True, 70)]
DELIVER = """
    INSERT INTO messaging_webhookdelivery
        (uid, channel_id, body, query, headers, digest, received_at, next_attempt_at, status, attempts, error)
    SELECT gen_random_uuid(), %(channel)s, '{}', %(kind)s, '{}', sha256((%(kind)s || number)::bytea), %(at)s, %(at)s, %(status)s,
        0, ''
    FROM generate_series(1, %(number)s) AS number
"""
LEFT = "SELECT query, count(*) FROM messaging_webhookdelivery GROUP BY 1"
TALKS = """
    SELECT identity.name, talk.status, talk.closed_at IS NOT NULL,
        (SELECT count(*) FROM messaging_conversationhistory WHERE pgh_obj_id = talk.id)
    FROM messaging_conversation AS talk JOIN crm_identity AS identity ON identity.id = talk.identity_id
"""
OTHERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def rows(question: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def kind_of(what: object, age: timedelta) -> str:
    return f"{what} {age}"


def fill() -> None:
    now, channel = timezone.now(), make_channel()
    with connection.cursor() as cursor:
        for status, age, number in OLD_DELIVERIES + LATER_DELIVERIES:
            about: dict[str, Any] = {"kind": kind_of(status, age), "status": status, "at": now - age}
            cursor.execute(DELIVER, about | {"number": number, "channel": channel.pk})
    for age, waits, number in [IDLE, *IN_USE]:
        customers = Customer.objects.bulk_create(Customer(name="x") for _number in range(number))
        identities = Identity.objects.bulk_create(
            Identity(channel=channel, customer=customer, name=kind_of(waits, age)) for customer in customers
        )
        Conversation.objects.bulk_create(
            Conversation(
                identity=identity, channel=channel, started_at=now - age, last_activity_at=now - age,
                waiting_since=now - age if waits else None,
            )
            for identity in identities
        )  # fmt: skip


def assert_only_what_is_old_is_gone() -> None:
    assert dict(rows(LEFT)) == {kind_of(status, age): number for status, age, number in LATER_DELIVERIES}
    age, waits, number = IDLE
    closed = (kind_of(waits, age), Conversation.Status.CLOSED, True, 1)  # closed once each
    in_use = {(kind_of(waits, age), Conversation.Status.OPEN, False, 0): number for age, waits, number in IN_USE}
    assert Counter(rows(TALKS)) == {closed: number} | in_use


def remaining() -> dict[str, int]:
    """Return how much of what is old is still to be done, by kind."""
    left = Counter[str](dict(rows(LEFT)))
    todo = {status: left[kind_of(status, age)] for status, age, _number in OLD_DELIVERIES}
    age, waits, _number = IDLE
    todo["talks"] = Counter(row[:2] for row in rows(TALKS))[kind_of(waits, age), Conversation.Status.OPEN]
    return todo


def begin(log: Path) -> Launched:
    database = {"DATABASE_NAME": str(connection.settings_dict["NAME"])}
    with log.open("ab") as output:
        return launch(["python", "manage.py", "remove_old"], environment() | database, output)


def test_undisturbed(tmp_path: Path) -> None:
    fill()
    log = tmp_path / "log"
    assert begin(log).wait(PATIENCE) == 0, log.read_text()
    assert_only_what_is_old_is_gone()


def test_kill_9_in_the_middle(tmp_path: Path, seed: int) -> None:
    fill()
    ours, chance, kills = set(rows(OTHERS)), random.Random(seed), Counter[str]()
    while any((todo := remaining()).values()):
        process = begin(tmp_path / "log")
        wait_until(partial(has_begun, todo), "the first batch")
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.wait(PATIENCE)
        wait_until(lambda: set(rows(OTHERS)) <= ours, "the end of its transaction")
        left = remaining()
        kills.update(kind for kind, number in left.items() if number)
        assert [number % batch for number, batch in zip(left.values(), BATCHES, strict=True)] == [0, 0, 0]
    assert kills["talks"] >= 2, kills
    assert_only_what_is_old_is_gone()


def has_begun(todo: dict[str, int]) -> bool:
    return remaining() != todo
