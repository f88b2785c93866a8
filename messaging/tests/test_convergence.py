"""Three drains over shuffled deliveries end in the same tables, whatever the order."""

import random
import threading
from typing import Any

import orjson
import pytest
from django.db import connection, transaction

from crm.drains import run_once
from crm.models import Channel
from crm.tests.emptying import deletion
from crm.tests.factories import make_channel
from messaging.channels import Received
from messaging.ingest import intake
from messaging.ingest.database import database
from messaging.ingest.drain import DeliveryDrain
from messaging.models import MessageStatus
from messaging.tests.webhooks import messenger, text_message

pytestmark = pytest.mark.takes(50)

SHUFFLES = 50
DRAINS = 3
START = 1_767_225_600_000  # ms
PEOPLE = ("501", "502", "503", "504")

TABLES = {
    "messages": """
        SELECT m.external_id, m.direction, m.type, m.text, m.status, m.at, m.source, m.payload, m.reply_to, m.reactions::text,
               m.edited_at, m.deleted_at, m.hidden, m.error, m.referral::text, p.external_id, p.title, a.ad_id, a.title,
               i.name, i.username, count(t.id), min(t.url)
        FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id JOIN crm_identity i ON i.id = c.identity_id
        LEFT JOIN campaigns_post p ON p.id = m.post_id LEFT JOIN campaigns_adcampaign a ON a.id = m.ad_id
        LEFT JOIN messaging_attachment t ON t.message_id = m.id
        GROUP BY m.id, p.id, a.id, i.id ORDER BY m.external_key
    """,
    "people": """
        SELECT i.name, i.username, i.first_inbound_at, i.last_inbound_at, i.delivered_watermark, i.read_watermark, i.opted_out,
               i.consent_at, i.profile_at, u.name, u.last_message_at, c.status, c.started_at, c.last_activity_at,
               c.last_inbound_at, c.answered_at, c.waiting_since, c.message_count, c.unread_count,
               (SELECT string_agg(kind || encode(key, 'hex'), ',' ORDER BY kind, key) FROM crm_identitykey k
                WHERE k.identity_id = i.id) AS keys
        FROM crm_identity i JOIN crm_customer u ON u.id = i.customer_id
        LEFT JOIN messaging_conversation c ON c.identity_id = i.id ORDER BY keys
    """,
    "events": """
        SELECT kind, event_key, target_key, at, version, status, text, actor_key, details::text FROM messaging_messageevent
        ORDER BY event_key
    """,
    "consents": "SELECT granted, source, at FROM crm_consent ORDER BY at, granted",
    "deliveries": "SELECT digest, status, error FROM messaging_webhookdelivery ORDER BY digest",
}
FILLED = (
    "messaging_webhookdelivery", "messaging_message", "messaging_messageevent", "messaging_attachment", "messaging_conversation",
    "crm_identitykey", "crm_identity", "crm_customer", "crm_consent", "campaigns_post", "campaigns_adcampaign",
)  # fmt: skip


class Story:
    """Everything that can happen on one page, one webhook each."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.page = channel.external_id
        self.webhooks: list[dict[str, Any]] = []
        for index, psid in enumerate(PEOPLE):
            at = START + index * 1_000_000
            self.messages(psid, at)
            self.ours(psid, at)
            self.happenings(psid, at, count=index)
            self.comments(psid, (at + 10_000) // 1000, removed=index == 0)

    def say(self, event: dict[str, Any]) -> None:
        self.webhooks.append(messenger(self.channel, event))

    def from_person(self, psid: str, at: int, **what: Any) -> None:
        self.say({"sender": {"id": psid}, "recipient": {"id": self.page}, "timestamp": at, **what})

    def change(self, value: dict[str, Any]) -> None:
        entry = {"id": self.page, "time": START // 1000, "changes": [{"field": "feed", "value": value}]}
        self.webhooks.append({"object": "page", "entry": [entry]})

    def messages(self, psid: str, at: int) -> None:
        """Words, a click on an ad, a picture."""
        for number in range(6):
            self.say(text_message(f"in-{psid}-{number}", f"words {number}", psid=psid, at=at + number * 1000))
        told = {"ad_title": f"Title {psid}"}
        ad = {"ref": "r", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "77", "ads_context_data": told}
        self.say(text_message(f"ad-{psid}", "from an ad", psid=psid, at=at + 6500, referral=ad))
        picture = [{"type": "image", "payload": {"url": f"https://cdn.example.com/{psid}.jpg"}}]
        self.from_person(psid, at + 7000, message={"mid": f"pic-{psid}", "attachments": picture})

    def ours(self, psid: str, at: int) -> None:
        """Our answers, with receipts of each and of all up to a time."""
        for number in range(3):
            mid, when = f"out-{psid}-{number}", at + 2500 + number * 1000
            echo = {"mid": mid, "is_echo": True, "text": f"answer {number}"}
            self.say({"sender": {"id": self.page}, "recipient": {"id": psid}, "timestamp": when, "message": echo})
            self.from_person(psid, when + 200, delivery={"mids": [mid], "watermark": when})
        self.from_person(psid, at + 9000, read={"watermark": at + 3600})
        self.from_person(psid, at + 9500, delivery={"watermark": at + 9400})

    def happenings(self, psid: str, at: int, count: int) -> None:
        """Edits, unsends, an edit of what is unsent, reactions, opting out and in."""
        for number in (1, 2):
            edit = {"mid": f"in-{psid}-1", "text": f"edited {number}", "num_edit": number}
            self.from_person(psid, at + 8000 + number, message_edit=edit)
        self.from_person(psid, at + 8500, message={"mid": f"in-{psid}-2", "is_deleted": True})
        self.from_person(psid, at + 8600, message={"mid": f"pic-{psid}", "is_deleted": True})
        self.from_person(psid, at + 8601, message_edit={"mid": f"in-{psid}-2", "text": "gone", "num_edit": 1})
        for second, action in enumerate(("react", "unreact", "react")):
            reaction = {"mid": f"out-{psid}-0", "action": action, "emoji": "❤"}
            self.from_person(psid, at + 8700 + second, reaction=reaction)
        self.say(text_message(f"stop-{psid}", "STOP", psid=psid, at=at + 9100 + count))
        if count % 2:
            self.say(text_message(f"start-{psid}", "start", psid=psid, at=at + 9600))

    def comments(self, psid: str, when: int, *, removed: bool) -> None:
        """A comment, its edit, our answer under it, and that one's removal."""
        post, number = f"{self.page}_1", f"1_{psid}"
        theirs = {"item": "comment", "post_id": post, "parent_id": post, "from": {"id": psid, "name": f"Name {psid}"}}
        theirs["comment_id"] = number
        self.change({**theirs, "verb": "add", "message": "how much?", "created_time": when})
        self.change({**theirs, "verb": "edited", "message": "how much, please?", "created_time": when + 5})
        own = {**theirs, "from": {"id": self.page, "name": "Shop"}, "parent_id": number, "comment_id": f"{number}_own"}
        self.change({**own, "verb": "add", "message": "see inbox", "created_time": when + 9})
        if removed:
            self.change({**own, "verb": "remove", "created_time": when + 12})


def accept(channel: Channel, bodies: list[bytes]) -> None:
    for body in bodies:
        database.execute(intake.INSERT, intake.delivery_values(channel, Received(body=body)))


def drain_in_parallel(seed: int) -> None:
    failures: list[BaseException] = []

    def work(size: int) -> None:
        try:
            run_once({"deliveries": DeliveryDrain(batch_size=size)})
        except BaseException as error:  # raised again in the test's own thread
            failures.append(error)
        finally:
            connection.close()

    chance = random.Random(seed)
    threads = [threading.Thread(target=work, args=(chance.choice([1, 3, 8, 20]),)) for _ in range(DRAINS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def tables() -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for name, query in TABLES.items():
            cursor.execute(query)
            found[name] = [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()
            ]
    return found


@pytest.mark.django_db(transaction=True)
def test_parallel_drains_over_any_order_end_in_the_same_tables() -> None:
    channel = make_channel("messenger", external_id="100")
    bodies = [orjson.dumps(webhook) for webhook in Story(channel).webhooks]
    accept(channel, bodies)
    run_once({"deliveries": DeliveryDrain()})
    expected = tables()
    assert len(expected["messages"]) == len(PEOPLE) * 14 + 2
    assert {row[4] for row in expected["messages"] if row[1] == "out"} == {
        MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ,
    }  # fmt: skip
    assert {row[1] for row in expected["deliveries"]} == {"processed"}

    for seed in range(SHUFFLES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(deletion(FILLED))
        order = bodies[:]
        random.Random(seed).shuffle(order)
        accept(channel, order)
        drain_in_parallel(seed)
        for name, rows in tables().items():
            assert rows == expected[name], f"shuffle {seed}: {name}"
