"""Triage is killed at random moments, and no lead is lost or doubled."""

import random
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(40)

MESSAGES, CUSTOMERS = 8000, 600
FORGET = "TRUNCATE leads_lead, leads_triagefailure CASCADE"
HIDE = "UPDATE messaging_message SET triaged_at = NULL, intent = ''"
UNMARK = "UPDATE crm_customer SET label = '', trade = '', type = 'new', persona = '', read_from = '{}'"
LEADS = """
    SELECT customer_id, first_message_id, last_message_id, opened_at FROM leads_lead ORDER BY 1
"""
ENTRIES = """
    SELECT lead.customer_id, entry.rule_id, entry.message_id, entry.points
    FROM leads_scoreentry AS entry JOIN leads_lead AS lead ON lead.id = entry.lead_id ORDER BY 1, 2, 3
"""
EXPECTED_LEADS = """
    SELECT count(DISTINCT identity.customer_id) FROM messaging_message AS message
    JOIN messaging_conversation AS conversation ON conversation.id = message.conversation_id
    JOIN crm_identity AS identity ON identity.id = conversation.identity_id
    JOIN crm_customer AS customer ON customer.id = identity.customer_id
    WHERE message.direction = 'in' AND NOT customer.blocked
"""


@pytest.fixture
def installation() -> Iterator[Installation]:
    installation = Installation()
    yield installation
    installation.close()


def results(installation: Installation) -> dict[str, Any]:
    return {"leads": installation.sql(LEADS), "entries": installation.sql(ENTRIES)}


def untriaged(installation: Installation) -> int:
    return installation.count("messaging_message", "direction = 'in' AND triaged_at IS NULL")


def fewer_than(number: int, installation: Installation) -> bool:
    return untriaged(installation) < number


def begin_again(installation: Installation) -> None:
    for statement in (FORGET, HIDE, UNMARK):
        installation.sql(statement)


def test_kill_9_in_the_middle_of_triage(installation: Installation) -> None:
    installation.manage("seed_demo", "--customers", str(CUSTOMERS), "--messages", str(MESSAGES), "--seed", "7")
    begin_again(installation)
    installation.manage("drain", "triage", "--once")
    undisturbed = results(installation)
    assert [[len(undisturbed["leads"])]] == [list(row) for row in installation.sql(EXPECTED_LEADS)]

    begin_again(installation)
    chance, kills = random.Random(3), 0
    while untriaged(installation):
        processes = [installation.start("leads") for _ in range(2)]
        wait_until(partial(fewer_than, untriaged(installation), installation), "the first batch of triage")
        time.sleep(chance.uniform(0, 0.3))
        for process in processes:
            kills += process.poll() is None
            installation.kill(process)
    assert kills >= 4
    assert results(installation) == undisturbed
