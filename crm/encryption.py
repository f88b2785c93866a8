"""Encrypting values that must not be readable in a stolen database, and finding them again.

AES-256-GCM. A ciphertext is `version, key id, nonce, sealed text and tag`. What is authenticated along with it is the
field's label and the row's random uid, so a value moved to another row or field no longer opens. A blind index is the
first half of an HMAC-SHA256, under a key of its own.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

VERSION = b"\x01"
KEY_ID_BYTES, NONCE_BYTES, KEY_BYTES = 4, 12, 32
HEADER_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES
INDEX_BYTES = 16


class Undecryptable(Exception):
    """A stored value that our keys do not open: wrong key, tampered with, moved, or never encrypted."""


@dataclass(frozen=True)
class Keyring:
    """The keys in force: values are sealed with `newest` and opened with whichever of `ciphers` they name."""

    newest: bytes
    ciphers: dict[bytes, AESGCM]
    index_key: bytes

    @property
    def newest_header(self) -> bytes:
        """The bytes that every value sealed with the newest key begins with."""
        return VERSION + self.newest


def decode_key(text: str, setting: str) -> bytes:
    """Read a 32-byte key from base64.

    Raises:
        ImproperlyConfigured: it is none.
    """
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{setting} needs keys of {KEY_BYTES} bytes in URL-safe base64.")
    return key


@cache
def keyring() -> Keyring:
    """Return the keys of the settings."""
    keys = [decode_key(text, "FIELD_ENCRYPTION_KEYS") for text in settings.FIELD_ENCRYPTION_KEYS]
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty.")
    by_id = {hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]: AESGCM(key) for key in keys}
    return Keyring(next(iter(by_id)), by_id, decode_key(settings.BLIND_INDEX_KEY, "BLIND_INDEX_KEY"))


def _forget_keys(*, setting: str, **kwargs: object) -> None:
    if setting in ("FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY"):
        keyring.cache_clear()


setting_changed.connect(_forget_keys)


def encrypt(label: str, uid: UUID, plaintext: bytes) -> bytes:
    """Seal a value for the field `label` of the row `uid`."""
    ring = keyring()
    nonce = os.urandom(NONCE_BYTES)
    sealed = ring.ciphers[ring.newest].encrypt(nonce, plaintext, label.encode() + uid.bytes)
    return ring.newest_header + nonce + sealed


def decrypt(label: str, uid: UUID, ciphertext: bytes) -> bytes:
    """Open what `encrypt` sealed for the same field and row.

    Raises:
        Undecryptable: it does not open.
    """
    key_id = ciphertext[len(VERSION) : len(VERSION) + KEY_ID_BYTES]
    cipher = keyring().ciphers.get(key_id)
    if ciphertext[:1] != VERSION or cipher is None:
        raise Undecryptable(f"{label}: not encrypted with a key we have")
    try:
        nonce = ciphertext[HEADER_BYTES - NONCE_BYTES : HEADER_BYTES]
        return cipher.decrypt(nonce, ciphertext[HEADER_BYTES:], label.encode() + uid.bytes)
    except (InvalidTag, ValueError):
        raise Undecryptable(f"{label}: damaged, or written for another row") from None


def is_newest(ciphertext: bytes) -> bool:
    """Say whether a ciphertext names the newest key; whether it opens is another question."""
    return ciphertext.startswith(keyring().newest_header)


def blind_index(purpose: str, value: str | bytes) -> bytes:
    """Return the 16 bytes by which a value is found without being stored; `purpose` keeps equal values apart."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hmac.digest(keyring().index_key, purpose.encode() + b"\x00" + raw, "sha256")[:INDEX_BYTES]
