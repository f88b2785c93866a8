"""Sending by Twilio Programmable Messaging.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
https://www.twilio.com/docs/api/errors
"""

from typing import Any

import orjson
import urllib3
from django.conf import settings

from messaging.channels.abilities import Abilities
from messaging.channels.contract import Credentials
from messaging.channels.events import PHONE, PSID, USER_ID
from messaging.channels.http import Answer, ask, refuse_unclear
from messaging.channels.limits import Limit
from messaging.channels.outbound import Content, Outbound, Reason, SendError, Sent
from messaging.channels.reading import text_of

REASONS = {
    "14107": Reason.THROTTLED,
    "20003": Reason.TOKEN,
    "20404": Reason.SETUP,
    "20429": Reason.THROTTLED,
    "21211": Reason.UNREACHABLE,
    "21212": Reason.SETUP,
    "21408": Reason.SETUP,
    "21606": Reason.SETUP,
    "21608": Reason.SETUP,
    "21610": Reason.OPTED_OUT,
    "21611": Reason.THROTTLED,
    "21612": Reason.UNREACHABLE,
    "21614": Reason.UNREACHABLE,
    "21617": Reason.CONTENT,
    "21620": Reason.CONTENT,
    "21655": Reason.CONTENT,
    "21656": Reason.CONTENT,
    "63005": Reason.CONTENT,
    "63007": Reason.SETUP,
    "63016": Reason.WINDOW,
    "63018": Reason.THROTTLED,
    "63024": Reason.UNREACHABLE,
    "63032": Reason.UNREACHABLE,
    "63038": Reason.THROTTLED,
}
#: With which it reports later that a message failed: https://www.twilio.com/docs/messaging/guides/debugging-common-issues
FAILURES = {
    **REASONS,
    "30001": Reason.THROTTLED,
    "30002": Reason.SETUP,
    "30003": Reason.UNREACHABLE,
    "30004": Reason.UNREACHABLE,
    "30005": Reason.UNREACHABLE,
    "30006": Reason.UNREACHABLE,
    "30007": Reason.CONTENT,
    "30008": Reason.TRY_AGAIN,
    "30019": Reason.CONTENT,
    "30034": Reason.SETUP,
    "63013": Reason.CONTENT,
    "63019": Reason.CONTENT,
    "63020": Reason.SETUP,
    "63021": Reason.CONTENT,
    "63049": Reason.WITHHELD,
}
ABILITIES = Abilities(
    sends=frozenset({Content.TEXT, Content.MEDIA, Content.LOCATION, Content.TEMPLATE}),
    limits={Content.TEXT: Limit(1600), Content.MEDIA: Limit(1600)},
    captions=frozenset({"image", "video", "file"}),
    failures=FAILURES,
)


def send(outbound: Outbound, credentials: Credentials) -> Sent:
    """Create a message. Our own id comes back in the query of the status callback's address."""
    sid = next(filter(None, credentials.get("account_sid", [])), "")
    token = next(filter(None, credentials.get("auth_token", [])), "")
    if not (sid and token):
        raise SendError(Reason.SETUP, "account_sid" if token else "auth_token")
    form = {
        "To": _prefixed(outbound, outbound.recipient(PHONE, USER_ID, PSID)),
        "From": _prefixed(outbound, outbound.account_id),
        "StatusCallback": outbound.callback_url,
        **_content(outbound),
    }
    headers = dict(urllib3.make_headers(basic_auth=f"{sid}:{token}"))
    url = f"{settings.TWILIO_API_URL}/2010-04-01/Accounts/{sid}/Messages.json"
    answer = ask("POST", url, form=form, headers=headers)
    if not answer.ok:
        refuse(answer)
    return Sent(text_of(answer.data.get("sid")))


def _prefixed(outbound: Outbound, address: str) -> str:
    """Write an address as Twilio wants it: with the channel before it, and numbers with their plus."""
    if address.isdecimal():
        address = f"+{address}"
    return f"{outbound.address}:{address}" if outbound.address else address


def _content(outbound: Outbound) -> dict[str, Any]:
    if outbound.template:
        template = outbound.template
        places = template.body_names or tuple(str(place) for place in range(1, len(template.body) + 1))
        blanks = dict(zip(places, template.body, strict=True))
        return {"ContentSid": outbound.template.external_id, "ContentVariables": orjson.dumps(blanks).decode()}
    if outbound.location:
        place = outbound.location
        words = ", ".join(filter(None, (place.name, place.address)))
        where = f"geo:{place.latitude},{place.longitude}"
        return {"Body": words or where, "PersistentAction": f"{where}|{place.name}" if place.name else where}
    if outbound.media:
        return {"MediaUrl": outbound.media.url} | ({"Body": outbound.text} if outbound.text else {})
    return {"Body": outbound.text}


def refuse(answer: Answer) -> None:
    """Tell from an answer that says no what it means.

    Raises:
        SendError: always.
    """
    code = text_of(answer.data.get("code"))
    if not code:
        refuse_unclear(answer)
    shown = code or str(answer.status)
    if answer.status == 401:
        raise SendError(Reason.TOKEN, shown)
    default = Reason.TRY_AGAIN if answer.status >= 500 else Reason.REFUSED
    raise SendError(REASONS.get(code, default), shown, retry_after=answer.retry_after)
