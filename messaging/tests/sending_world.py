"""Channels of all platforms with somebody to write to on each, and the stand-in that takes what is sent."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from django.core.files.base import ContentFile
from django.utils import timezone

from crm.drains import run_once
from crm.models import Channel
from crm.tests.factories import make_channel, make_identity
from messaging.channels.outbound import Content
from messaging.models import Conversation, Message, Outgoing
from messaging.sending.drain import OutgoingDrain
from messaging.sending.queueing import Draft, queue_message
from messaging.sending.reactions import ReactionDrain
from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.manners import Manners
from messaging.simulation.stand_in.running import running_beside
from messaging.simulation.stand_in.server import StandIn
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.installation import free_port, wait_until
from messaging.tests.webhooks import drain

PLATFORMS = ("messenger", "instagram", "whatsapp", "telegram", "twilio")
ACCOUNTS = {
    "messenger": "660100000000001",
    "instagram": "660200000000001",
    "whatsapp": "660300000000001",
    "telegram": "6604000001",
    "twilio": "+15005550009",
}
SECRETS: dict[str, dict[str, list[str]]] = {
    **{
        name: {"app_secret": ["app"], "verify_token": ["verify"], "access_token": [f"{name}-token"]}
        for name in ("messenger", "instagram", "whatsapp")
    },
    "telegram": {"secret_token": ["secret"], "bot_token": ["6604000001:bot-token"]},
    "twilio": {"account_sid": ["AC" + "6" * 32], "auth_token": ["twilio-token"]},
}
KEYS = {"messenger": "psid", "instagram": "igsid", "whatsapp": "phone", "telegram": "chat", "twilio": "phone"}
_serial = iter(range(1, 1_000_000))
URL_SETTINGS = ("GRAPH_API_URL", "INSTAGRAM_API_URL", "TELEGRAM_API_URL", "TWILIO_API_URL")


class Control:
    """The control endpoint of a stand-in."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, values: dict[str, Any] | None = None) -> Any:
        method = "GET" if values is None else "POST"
        answer = urllib3.request(method, f"{self.url}/_stand_in/{path}", json=values, retries=False, timeout=30)
        assert answer.status == 200, answer.data
        return answer.json()

    def sends(self, **fits: Any) -> list[dict[str, Any]]:
        """Return what was accepted, in order."""
        found: list[dict[str, Any]] = self.ask("sends")
        return [send for send in found if all(send[name] == value for name, value in fits.items())]

    def requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("requests")
        return found

    def trouble(self, kind: str, **values: Any) -> None:
        self.ask("trouble", {"kind": kind, **values})

    def manners(self, **values: Any) -> None:
        self.ask("manners", values)

    def calm(self) -> None:
        self.ask("calm", {})

    def expire(self, **values: Any) -> None:
        self.ask("expire", values)

    def release(self, most: int | None = None) -> None:
        """Have reports posted that were held back, all of them or the first so many, and wait until they are."""
        self.ask("release", {} if most is None else {"most": most})

    def reported(self) -> dict[str, int]:
        found: dict[str, int] = self.ask("state")["reported"]
        return found


def players() -> list[SimulatedAccount]:
    """Return the accounts for a stand-in that has no database to read them from."""
    return [
        SimulatedAccount(name, name, external_id, f"/webhooks/{name}/", "", 0, SECRETS[name])
        for name, external_id in ACCOUNTS.items()
    ]


def identity_key_of(platform: str, number: int) -> tuple[str, str]:
    value = f"2010{number:08d}" if KEYS[platform] == "phone" else f"77{number:08d}"
    return KEYS[platform], value


class SendingWorld:
    """What a test of sending needs, in one process."""

    def __init__(self, control: Control) -> None:
        self.stand_in = control
        self.drains: list[OutgoingDrain] = []

    def channel(self, platform: str, **fields: Any) -> Channel:
        """Return the channel of a platform, made on first use."""
        found = Channel.objects.filter(external_id=ACCOUNTS[platform]).first()
        return found or make_channel(platform, external_id=ACCOUNTS[platform], credentials=SECRETS[platform], **fields)

    def conversation(self, platform: str = "messenger", **fields: Any) -> Conversation:
        """Return a conversation with somebody new who wrote just now."""
        key = fields.pop("key", None) or identity_key_of(platform, next(_serial))
        profile = fields.pop("profile", {})
        channel = fields.pop("channel", None) or self.channel(platform)
        now = timezone.now()
        identity = make_identity(channel, key=key, last_inbound_at=now, profile=profile)
        return make_conversation(
            identity, **{"started_at": now, "last_activity_at": now, "last_inbound_at": now, **fields}
        )

    def queue(self, conversation: Conversation, text: str = "Hello", **fields: Any) -> Message:
        """Queue a message, by nobody in particular."""
        draft = Draft(text=text, **fields)
        return queue_message(conversation_id=conversation.pk, draft=draft, author=None)

    def send(self) -> None:
        """Send what is due, as the process would, until nothing more is."""
        drain, reactions = OutgoingDrain(), ReactionDrain()
        try:
            run_once({"outgoing": drain, "reactions": reactions})
        finally:
            drain.finish()
            reactions.finish()

    def send_until(self, condition: Callable[[], Any], what: str, patience: float = 20.0) -> None:
        """Send over and over until something is so."""

        def _tried() -> Any:
            self.send()
            self.ingest()
            return condition()

        wait_until(_tried, what, patience)

    def ingest(self) -> None:
        """Read what the stand-in has reported."""
        drain()

    def settle(self) -> None:
        """Send, and read all reports on it."""
        self.send()
        wait_until(lambda: self.stand_in.reported()["waiting"] == 0, "the reports")
        self.ingest()

    def due(self) -> None:
        """Let no message wait for its next attempt."""
        Outgoing.objects.filter(finished_at=None).update(next_attempt_at=timezone.now())
        time.sleep(0.01)


@contextmanager
def sending_world(settings: Any, server_url: str) -> Iterator[SendingWorld]:
    """Run a stand-in that reports to this server, and point our settings to it."""
    manners = Manners(early=0.0, soonest=0.0, latest=0.02)
    with running_beside(StandIn(server_url, manners=manners), free_port()) as url:
        for name in URL_SETTINGS:
            setattr(settings, name, url)
        yield SendingWorld(Control(url))


def drafts(conversation: Conversation) -> dict[Content, Callable[[], Draft]]:
    """Return a draft of every content there is, fresh each time."""
    theirs = make_message(conversation, external_id=f"77{conversation.pk}:4242", text="Where?", at=timezone.now())
    comment = make_message(
        conversation,
        external_id=f"9001_{conversation.pk}",
        comment_id=f"9001_{conversation.pk}",
        type="comment",
        source="comment",
        at=timezone.now(),
    )
    template = {"name": "order_ready", "language": "en", "body": ["Mona", "42"], "external_id": "HX1234abcd"}
    place = {"latitude": 30.04, "longitude": 31.23, "name": "Shop", "address": "Tahrir 1"}
    buttons = [{"title": "Yes", "payload": "yes"}, {"title": "No", "payload": "no"}]
    return {
        Content.TEXT: lambda: Draft(text="Hello there", answers=theirs),
        Content.MEDIA: lambda: Draft(
            content=Content.MEDIA,
            file=ContentFile(b"picture", name="dress.png"),
            file_type="image",
            mime_type="image/png",
        ),
        Content.LOCATION: lambda: Draft(content=Content.LOCATION, details={"location": place}),
        Content.BUTTONS: lambda: Draft(content=Content.BUTTONS, text="Is it right?", details={"buttons": buttons}),
        Content.TEMPLATE: lambda: Draft(content=Content.TEMPLATE, text="Ready", details={"template": template}),
        Content.COMMENT_REPLY: lambda: Draft(content=Content.COMMENT_REPLY, text="Thank you!", answers=comment),
        Content.PRIVATE_REPLY: lambda: Draft(content=Content.PRIVATE_REPLY, text="We wrote you", answers=comment),
    }
