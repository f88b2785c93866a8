"""Signing requests as the platforms do, for the simulator and the tests."""

import hashlib
import hmac

from twilio.request_validator import RequestValidator

from messaging.channels.contract import Credentials
from messaging.channels.twilio import read_form


def signed_headers(platform: str, *, url: str, body: bytes, credentials: Credentials) -> dict[str, str]:
    """Return the headers with which a platform would post this body, signed with the newest secret."""
    if platform == "telegram":
        return {"content-type": "application/json", "x-telegram-bot-api-secret-token": credentials["secret_token"][0]}
    if platform == "twilio":
        signature = RequestValidator(credentials["auth_token"][0]).compute_signature(url, read_form(body))
        return {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    digest = hmac.digest(credentials["app_secret"][0].encode(), body, hashlib.sha256).hex()
    return {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}
