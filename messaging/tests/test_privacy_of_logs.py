"""What people write, who they are and our secrets stay out of every log, whatever fails."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import orjson

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.running import running_beside
from messaging.simulation.stand_in.server import StandIn
from messaging.tests.installation import Installation, free_port, wait_until
from messaging.tests.sending_world import Control

WORDS, PHONE, NAME = "zanzibar words", "201555000111", "Marker Nameson"
SECRET, TOKEN, WRONG_SECRET = "marker-app-secret", "marker-verify-token", "marker-wrong-secret"
PRIVATE = ("zanzibar", PHONE, "Nameson", SECRET, TOKEN, WRONG_SECRET, "marker-access-token")
PATH = "/webhooks/marked/"


def webhook(wamid: str, phone_number_id: str = "900", message: dict[str, Any] | None = None) -> bytes:
    text = {
        "from": PHONE,
        "id": wamid,
        "timestamp": "1767225600",
        "type": "text",
        "text": {"body": WORDS},
        **(message or {}),
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": phone_number_id},
        "contacts": [{"wa_id": PHONE, "profile": {"name": NAME}}],
        "messages": [text],
    }
    change = {"field": "messages", "value": value}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={hmac.digest(secret.encode(), raw, hashlib.sha256).hex()}"}


def logs(installation: Installation) -> dict[Path, str]:
    others = {installation.server.data_dir, installation.folder / "media"}  # whose names are made by chance
    files = [file for file in installation.folder.rglob("*") if file.is_file() and others.isdisjoint(file.parents)]
    files += [file for file in installation.server.data_dir.parent.iterdir() if file.is_file()]
    kept = [file for file in files if "log" in file.name]
    return {file: file.read_text(errors="replace") for file in kept}


def test_no_private_word_reaches_a_log() -> None:
    shop = Installation(WEB_WORKERS="1", LOG_LEVEL="DEBUG")
    try:
        secrets = [f"app_secret={SECRET}", f"verify_token={TOKEN}", "access_token=marker-access-token"]
        words = [word for secret in secrets for word in ("--secret", secret)]
        printed = shop.manage("channel", "add", "whatsapp", "--slug", "marked", "--external-id", "900", *words)
        printed += shop.manage("channel", "list") + shop.manage("channel", "check", "marked", code=1)
        shop.start("web")
        ingest = shop.start("ingest")

        def post(raw: bytes, **headers: str) -> int:
            return shop.request("POST", PATH, raw, signed(raw) | headers)[0]

        assert post(webhook("wamid.1")) == 200
        wait_until(lambda: shop.count("messaging_message") == 1, "the first message")

        forged = webhook("wamid.2")
        assert shop.request("POST", PATH, forged, signed(forged, WRONG_SECRET))[0] == 403
        assert shop.request("POST", "/webhooks/nobody/", forged, signed(forged))[0] == 404
        assert (
            shop.request("GET", f"{PATH}?hub.mode=subscribe&hub.verify_token={WRONG_SECRET}&hub.challenge=1")[0] == 403
        )
        assert shop.request("GET", f"{PATH}?hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=1")[0] == 200
        assert post(webhook("wamid.3")[:-30]) == 200  # malformed
        assert post(webhook("wamid.4", phone_number_id="404")) == 200  # unknown account
        assert post(webhook("wamid.5", message={"text": [WORDS], "from": {"phone": PHONE}})) == 200  # wrong types
        wait_until(lambda: shop.count("messaging_webhookdelivery", "status = 'failed'") >= 2, "quarantine")

        # PostgreSQL quotes the whole row that breaks a constraint.
        shop.sql("ALTER TABLE messaging_message ADD CONSTRAINT broken CHECK (external_id <> 'wamid.6') NOT VALID")
        assert post(webhook("wamid.6")) == 200
        wait_until(
            lambda: shop.count("messaging_webhookdelivery", "attempts > 0 AND status = 'pending'"), "a failed try"
        )
        shop.sql("ALTER TABLE messaging_message DROP CONSTRAINT broken")

        shop.sql("UPDATE crm_identitykey SET value = 'tampered'")
        shop.sql("UPDATE messaging_webhookdelivery SET body = 'tampered', status = 'pending' WHERE status = 'failed'")
        wait_until(
            lambda: not shop.count("messaging_webhookdelivery", "body = 'tampered' AND status = 'pending'"), "refusal"
        )

        shop.server.stop("immediate")
        assert post(webhook("wamid.7")) == 200
        (spooled,) = shop.spooled()
        (spooled.parent / f"0{spooled.name}").write_bytes(b"zanzibar " + spooled.read_bytes())  # damaged
        shop.server.start()
        both = "external_id IN ('wamid.6', 'wamid.7')"
        wait_until(lambda: shop.count("messaging_message", both) == 2, "the spooled message and the one tried again")
        wait_until(lambda: not shop.spooled(), "the damaged file's setting aside")
        shop.kill(ingest)

        found = logs(shop)
        assert sum(len(text) for text in found.values()) > 2000
        assert "CheckViolation [SQLSTATE 23514]" in "".join(found.values())  # the failures did reach the log
        for marker in PRIVATE:
            assert marker not in printed
            assert [str(file) for file, text in found.items() if marker in text] == [], marker
    finally:
        shop.close()


SENT_WORDS, SENT_TO, SENT_CAPTION = "yokohama words", "201555000222", "yokohama caption"
SENDING_SECRETS = {
    "whatsapp": {"app_secret": "marker-app", "verify_token": "marker-verify", "access_token": "marker-graph-token"},
    "telegram": {"secret_token": "marker-hook", "bot_token": "660001:marker-bot-token"},
    "twilio": {"account_sid": "ACmarkersid", "auth_token": "marker-auth-token"},
}
SENDING_IDS = {"whatsapp": "66009", "telegram": "660001", "twilio": "+15005550077"}
SENDING_KEYS = {"whatsapp": "phone", "telegram": "chat", "twilio": "phone"}
NEVER_LOGGED = ("yokohama", SENT_TO, *(secret for known in SENDING_SECRETS.values() for secret in known.values()))
QUEUE = """
from django.core.files.base import ContentFile
from django.utils import timezone
from crm.models import Channel
from crm.tests.factories import make_identity
from messaging.channels.outbound import Content
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation
from messaging.tests.test_privacy_of_logs import SENDING_KEYS, SENT_CAPTION, SENT_TO, SENT_WORDS
now = timezone.now()
for channel in Channel.objects.filter(slug__startswith="private-"):
    key, then = (SENDING_KEYS[channel.platform], SENT_TO), dict.fromkeys(("started_at", "last_activity_at"), now)
    identity = channel.identities.first() or make_identity(channel, key=key, last_inbound_at=now)
    conversation = identity.conversations.first() or make_conversation(identity, last_inbound_at=now, **then)
    file = ContentFile(b"yokohama picture", name="yokohama.png")
    for draft in (
        Draft(text=SENT_WORDS),
        Draft(content=Content.MEDIA, text=SENT_CAPTION, file=file, file_type="image", mime_type="image/png"),
    ):
        queue_message(conversation_id=conversation.pk, draft=draft, author=None)
"""


def play() -> list[SimulatedAccount]:
    return [
        SimulatedAccount(name, name, SENDING_IDS[name], "/", "", 0, {key: [value] for key, value in known.items()})
        for name, known in SENDING_SECRETS.items()
    ]


class FailedSends:
    """Messages that are queued and sent while this or that goes wrong."""

    def __init__(self, shop: Installation, control: Control) -> None:
        self.shop, self.control = shop, control

    def go(self, *finished: str) -> None:
        """Queue messages on all channels and wait until they went as far as they can."""
        before = self.shop.count("messaging_outgoing")
        self.shop.manage("shell", "--verbosity", "0", "-c", QUEUE)
        new = f"message_id IN (SELECT message_id FROM messaging_outgoing ORDER BY 1 OFFSET {before})"  # noqa: S608
        words = ", ".join(f"'{reason}'" for reason in finished)
        reasons = f"{new} AND reason IN ({words})"
        wait_until(lambda: self.shop.count("messaging_outgoing", reasons) >= 2, f"failures: {finished}")
        self.control.calm()
        self.shop.sql("UPDATE messaging_outgoing SET finished_at = now(), sender = NULL")
        self.shop.sql("UPDATE crm_channel SET paused_until = NULL")


def test_no_private_word_reaches_a_log_from_sending_that_fails() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    shop = Installation(LOG_LEVEL="DEBUG", GRAPH_API_URL=url, TELEGRAM_API_URL=url, TWILIO_API_URL=url)
    try:
        printed = ""
        for platform, secrets in SENDING_SECRETS.items():
            words = [word for name, value in secrets.items() for word in ("--secret", f"{name}={value}")]
            external_id = SENDING_IDS[platform]
            printed += shop.manage(
                "channel", "add", platform, "--slug", f"private-{platform}", "--external-id", external_id, *words
            )
        with running_beside(StandIn("http://127.0.0.1:1", reader=play), port) as address:
            control = Control(address)
            control.manners(reports="drop")
            sending = shop.start("send")
            failed = FailedSends(shop, control)
            control.trouble("die")
            failed.go("unknown")
            control.trouble("hang_up", on="upload")
            control.trouble("fail", status=500)
            failed.go("unknown", "try_again")
            control.trouble("fail", code="400", platform="telegram")
            control.trouble("fail", code="131026", platform="whatsapp")
            control.trouble("fail", code="21211", platform="twilio")
            failed.go("content", "unreachable")
            control.trouble("throttle", seconds=2)
            failed.go("throttled")
            # What cannot be written down: PostgreSQL quotes the row.
            shop.sql("ALTER TABLE messaging_message ADD CONSTRAINT broken CHECK (external_key IS NULL) NOT VALID")
            failed.go("unknown")
            shop.sql("ALTER TABLE messaging_message DROP CONSTRAINT broken")
            control.expire()
            failed.go("token")
        failed.control = Control(url)
        shop.sql("UPDATE crm_channel SET paused_until = NULL")
        shop.manage("shell", "--verbosity", "0", "-c", QUEUE)  # to nobody: the stand-in is gone
        wait_until(
            lambda: shop.count("messaging_outgoing", "reason = 'try_again' AND finished_at IS NULL") >= 3, "no way"
        )
        shop.sql("UPDATE crm_identitykey SET value = 'tampered'")
        shop.server.stop("immediate")
        shop.server.start()
        shop.sql("UPDATE messaging_outgoing SET next_attempt_at = now()")
        wait_until(
            lambda: shop.count("messaging_outgoing", "reason IN ('unreachable', 'refused')") >= 3, "unreadable ids"
        )
        shop.kill(sending)

        found = logs(shop)
        everything = "".join(found.values())
        assert "CheckViolation" in everything  # the failures did reach the log
        for marker in NEVER_LOGGED:
            assert marker not in printed
            assert [str(file) for file, text in found.items() if marker in text] == [], marker
    finally:
        shop.close()
