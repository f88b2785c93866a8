"""What people write, who they are and our secrets stay out of every log, whatever fails."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import orjson

from messaging.tests.installation import Installation, wait_until

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
    data = installation.server.data_dir
    files = [file for file in installation.folder.rglob("*") if file.is_file() and data not in file.parents]
    files += [file for file in data.parent.iterdir() if file.is_file()]
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
