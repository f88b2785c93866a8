"""Twilio's message resource, and the status callbacks to the address that each message names.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

import base64
import re
import secrets
import time
from email.utils import formatdate
from urllib.parse import parse_qs, urlencode, urlsplit

from messaging.channels.twilio import OWN_ID_FIELD
from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call, Refusal, Report, Sending
from messaging.simulation.stand_in.refusals import require, twilio_says_no
from messaging.simulation.stand_in.routing import Route
from messaging.simulation.stand_in.state import State

ADDRESS = re.compile(r"(whatsapp:)?\+\d{6,15}|messenger:\w+")
LONGEST_BODY = 1600


def create(call: Call, state: State) -> Answer:
    """Take a message."""
    account = _account(call, state)
    to, sender, body = call.text("To"), call.text("From"), call.text("Body")
    template, media = call.text("ContentSid"), call.text("MediaUrl")
    require(to, twilio_says_no("21604", "A 'To' phone number is required"))
    require(ADDRESS.fullmatch(to), twilio_says_no("21211", "Invalid 'To' phone number"))
    ours = sender.removeprefix("whatsapp:").removeprefix("messenger:")
    require(ours == account.external_id, twilio_says_no("21606", "The 'From' phone number is not ours"))
    require(to.startswith("whatsapp:") == sender.startswith("whatsapp:"), twilio_says_no("63007", "another channel"))
    require(body or template or media, twilio_says_no("21619", "A text message body or media urls must be specified"))
    require(len(body) <= LONGEST_BODY, twilio_says_no("21617", "The concatenated message body exceeds the limit"))
    require(not template or re.fullmatch(r"HX\w{4,}", template), twilio_says_no("21655", "The ContentSid is invalid"))
    require(not media or re.match("https?://", media), twilio_says_no("21620", "Invalid media URL"))
    callback = call.text("StatusCallback")
    require(not callback or urlsplit(callback).netloc, twilio_says_no("21609", "Invalid 'StatusCallback' URL"))
    sid = f"{'MM' if media else 'SM'}{secrets.token_hex(16)}"
    kind = "template" if template else "media" if media else "text"
    token = next(iter(parse_qs(urlsplit(callback).query).get(OWN_ID_FIELD, [])), "")
    sending = Sending(account, sid, to, kind, body, token)
    said = {
        "sid": sid,
        "account_sid": call.named["sid"],
        "to": to,
        "from": sender,
        "body": body,
        "status": "queued",
        "direction": "outbound-api",
        "num_media": "1" if media else "0",
        "error_code": None,
        "date_created": formatdate(time.time()),
        "uri": f"/2010-04-01/Accounts/{call.named['sid']}/Messages/{sid}.json",
    }
    reports = _statuses(account, call.named["sid"], sid, to, sender, callback) if callback else []
    return Answer(said, 201, sending=sending, reports=reports)


def _account(call: Call, state: State) -> SimulatedAccount:
    """Return whose account SID and auth token these are."""
    kind, _, coded = call.headers.get("authorization", "").partition(" ")
    user, _, password = base64.b64decode(coded).decode().partition(":") if kind == "Basic" else ("", "", "")
    account = state.cast.by_token(password, platform="twilio")
    known = account.credentials.get("account_sid", [])[:1] if account else []
    if account is None or known != [user] or user != call.named["sid"]:
        raise Refusal(twilio_says_no("20003", "Authenticate"))
    return account


def _statuses(account: SimulatedAccount, owner: str, sid: str, to: str, sender: str, callback: str) -> list[Report]:
    words = ("queued", "sent", "delivered", "read") if to.startswith("whatsapp:") else ("queued", "sent", "delivered")
    common = {
        "AccountSid": owner,
        "MessageSid": sid,
        "SmsSid": sid,
        "To": to,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }
    return [
        Report(account, urlencode(common | {"MessageStatus": word, "SmsStatus": word}).encode(), callback)
        for word in words
    ]


ROUTES = (Route("POST", r"/2010-04-01/Accounts/(?P<sid>\w+)/Messages\.json", create),)
