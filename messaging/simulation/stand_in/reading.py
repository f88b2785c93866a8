"""What can be read of the Graph API: people's names, the fields of lead forms, templates, files.

https://developers.facebook.com/docs/messenger-platform/identity/user-profile
https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

import hashlib
import time
from typing import Any

from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.stand_in.exchange import Answer, Call
from messaging.simulation.stand_in.state import State
from messaging.simulation.stand_in.telegram import PICTURE

NAMES = (("Mona", "Adel"), ("Ana", "Souza"), ("Nour", "Hassan"), ("Lucas", "Melo"))
TEMPLATES = (
    ("order_ready", "en", "UTILITY", "Hello {{1}}, your order {{2}} is ready."),
    ("order_ready", "ar", "UTILITY", "أهلا {{1}}، طلبك {{2}} جاهز."),
    ("back_in_stock", "pt_BR", "MARKETING", "Oi {{1}}, voltou ao estoque!"),
)


def thing(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Return an object by its id, as the fields that are asked for tell what it is."""
    name, fields = call.named["id"], call.query.get("fields", "").split(",")
    if name in state.uploads or (account.platform == "whatsapp" and name != account.external_id):
        found = _media(call, name, state)
    elif "field_data" in fields:
        found = _lead(name)
    else:
        found = _person(name)
    return Answer(found, account=account, kind="read")


def templates(call: Call, account: SimulatedAccount, state: State) -> Answer:
    """Return the approved templates of a WhatsApp account."""
    found = [
        {
            "id": f"55{number}",
            "name": name,
            "language": language,
            "status": "APPROVED",
            "category": category,
            "components": [{"type": "BODY", "text": text}],
        }
        for number, (name, language, category, text) in enumerate(TEMPLATES)
    ]
    return Answer({"data": found, "paging": {"cursors": {}}}, account=account, kind="read")


def media(call: Call, state: State) -> Answer:
    """Hand out a file by the address that was told."""
    given = state.uploads.get(call.named["id"])
    headers = {"Content-Type": given.mime_type if given else "image/png"}
    return Answer(given.body if given else PICTURE, headers=headers, kind="read")


def _media(call: Call, name: str, state: State) -> dict[str, Any]:
    given = state.uploads.get(name)
    body = given.body if given else PICTURE
    return {
        "messaging_product": "whatsapp",
        "id": name,
        "url": f"http://{call.headers.get('host', 'localhost')}/stand-in-media/{name}",
        "mime_type": given.mime_type if given else "image/png",
        "sha256": hashlib.sha256(body).hexdigest(),
        "file_size": len(body),
    }


def _lead(name: str) -> dict[str, Any]:
    first, last = _name(name)
    answers = {
        "full_name": f"{first} {last}",
        "phone_number": f"+2010{int(name[-8:] or 0):08d}",
        "email": f"{first.lower()}@mail.example",
    }
    return {
        "id": name,
        "created_time": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime()),
        "field_data": [{"name": key, "values": [value]} for key, value in answers.items()],
    }


def _person(name: str) -> dict[str, Any]:
    first, last = _name(name)
    return {
        "id": name,
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "username": f"{first.lower()}{name[-4:]}",
    }


def _name(name: str) -> tuple[str, str]:
    return NAMES[sum(name.encode()) % len(NAMES)]
