"""Phone numbers and e-mail addresses in the one form by which they are compared."""

import re

from crm.encryption import blind_index

_NOT_DIGITS = re.compile(r"\D+")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
SHORTEST, LONGEST = 6, 15  # E.164 allows 15 digits


def canonical_phone(text: str) -> str:
    """Return the digits of an international number, with the spellings of one mobile number made equal.

    Brazil's mobile numbers got a ninth digit that many ids still lack; Argentina's carry a 9 and Mexico's a 1 behind the
    country code on WhatsApp alone.
    """
    digits = _NOT_DIGITS.sub("", text.translate(_DIGITS)).removeprefix("00")
    length = len(digits)
    if digits.startswith("55") and length == 12 and digits[4] in "6789":
        return f"{digits[:4]}9{digits[4:]}"
    if digits.startswith("549") and length == 13:
        return f"54{digits[3:]}"
    if digits.startswith("521") and length == 13:
        return f"52{digits[3:]}"
    if digits.startswith("01") and length == 11:  # an Egyptian mobile number as people there write it
        return f"20{digits[1:]}"
    return digits


def phone_key(text: str) -> bytes:
    """Return the blind index of a phone number; empty where the text is none."""
    digits = canonical_phone(text)
    if not SHORTEST <= len(digits) <= LONGEST or any(letter.isalpha() for letter in text):
        return b""
    return blind_index("phone", digits)


def email_key(text: str) -> bytes:
    """Return the blind index of an e-mail address; empty where the text is none."""
    address = text.strip().lower()
    return blind_index("email", address) if "@" in address.strip("@") else b""


def identity_key(kind: str, value: str) -> bytes:
    """Return the blind index of an id that a platform gives a person; phone numbers are canonicalised first."""
    return blind_index(f"identity:{kind}", canonical_phone(value) if kind == "phone" else value)
