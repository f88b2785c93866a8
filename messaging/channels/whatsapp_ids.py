"""How WhatsApp calls people: phone numbers, and business-scoped user ids where the number is withheld.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

import re

from messaging.channels.events import PHONE, USER_ID

#: `US.1349…`, or `US.ENT.1181…` for an id shared by the businesses of one parent.
_BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def is_phone(value: str) -> bool:
    """Tell whether an id is a phone number: ASCII digits, with or without a plus."""
    digits = value.removeprefix("+")
    return digits.isascii() and digits.isdecimal()


def is_business_scoped(value: str) -> bool:
    """Tell whether an id has the form of a business-scoped user id."""
    return _BUSINESS_SCOPED.fullmatch(value) is not None


def whatsapp_keys(*values: str) -> tuple[tuple[str, str], ...]:
    """Return ids of one person as (kind, value), in this order, empty and repeated ones left out."""
    return tuple({(PHONE if is_phone(value) else USER_ID, value): None for value in values if value})


def shared_phone(phone: str) -> str:
    """Return a phone number as people write it, `+20 100 555-0142`, as digits with the plus it had."""
    digits = "".join(char for char in phone if char in "0123456789")
    return f"+{digits}" if digits and phone.lstrip().startswith("+") else digits
