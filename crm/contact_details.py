"""Phone numbers and e-mail addresses in the one form by which they are compared."""

import re
import unicodedata

from crm.encryption import blind_index

_NOT_DIGITS = re.compile(r"\D+")
SHORTEST, LONGEST = 6, 15  # E.164 allows 15 digits

#: Spellings of one mobile number: where all digits match, the groups are what remains. No two match the same number.
_SPELLINGS = (
    (re.compile(r"(55\d\d)([6-9]\d{7})"), r"\g<1>9\2"),  # Brazil: ids from before the ninth digit came
    (re.compile(r"549(\d{10})"), r"54\1"),  # Argentina: the 9 that WhatsApp puts behind the country code
    (re.compile(r"521(\d{10})"), r"52\1"),  # Mexico: likewise a 1
    (re.compile(r"(?:20)?0(1[0125]\d{8})"), r"20\1"),  # Egypt: as people there write it
)


def canonical_phone(text: str) -> str:
    """Return the digits of an international number, in ASCII, with the spellings of one mobile number made equal.

    Any script's digits count. An Egyptian mobile number may lack its country code; no other country's may.
    """
    digits = _NOT_DIGITS.sub("", text)
    if not digits.isascii():
        digits = "".join(str(unicodedata.digit(letter)) for letter in digits)
    digits = digits.removeprefix("00")
    for spelling, canonical in _SPELLINGS:
        if match := spelling.fullmatch(digits):
            return match.expand(canonical)
    return digits


def phone_key(text: str) -> bytes:
    """Return the blind index of a phone number; empty where the text is none."""
    if any(letter.isalpha() for letter in text):
        return b""
    digits = canonical_phone(text)
    return blind_index("phone", digits) if SHORTEST <= len(digits) <= LONGEST else b""


def email_key(text: str) -> bytes:
    """Return the blind index of an e-mail address; empty where the text is none."""
    address = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip().lower()
    return blind_index("email", address) if "@" in address.strip("@") else b""


def identity_key(kind: str, value: str) -> bytes:
    """Return the blind index of an id that a platform gives a person; phone numbers are canonicalised first."""
    return blind_index(f"identity:{kind}", canonical_phone(value) if kind == "phone" else value)
