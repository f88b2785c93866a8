"""What the played platforms remember between requests."""

import secrets
import time
from dataclasses import dataclass, field

from messaging.simulation.stand_in.cast import Cast
from messaging.simulation.stand_in.exchange import Upload


@dataclass(slots=True)
class State:
    """The accounts, the files that were handed over, and a count by which every id is new, also after a restart."""

    cast: Cast
    uploads: dict[str, Upload] = field(default_factory=dict)
    run: int = field(default_factory=lambda: int(time.time() * 10))
    serial: int = 0

    def number(self) -> int:
        """Return a number that was never used before."""
        self.serial += 1
        return self.serial

    def digits(self) -> str:
        """Return digits that no other id has."""
        return f"{self.run}{self.number():07d}"

    def letters(self, length: int) -> str:
        """Return letters and digits that nobody guesses, as platforms put into ids."""
        return secrets.token_urlsafe(length)[:length]
