"""Keys for tests."""

import base64


def key_of(letter: str) -> str:
    """Return a key as it stands in the settings, another for each letter."""
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()
