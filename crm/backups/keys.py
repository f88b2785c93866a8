"""Who can open a backup: this machine, by itself and unattended, and whoever has the recovery key.

The machine's key lies beside the data. The recovery key is made once, shown once and kept off the machine; only its public half
stays here.
"""

import io
from dataclasses import dataclass
from pathlib import Path

from pyrage import DecryptError, IdentityError, RecipientError, decrypt, encrypt
from pyrage.x25519 import Identity, Recipient

from crm.backups.refusals import BackupFailed, BackupRefused
from crm.whole_files import write_once

MACHINE_KEY, RECOVERY_RECIPIENT = "machine.key", "recovery.pub"


@dataclass(frozen=True)
class BackupKeys:
    """The keys in a folder; `machine_key` and `recovery_recipient`, from the environment, win over its files."""

    folder: Path
    machine_key: str = ""
    recovery_recipient: str = ""

    def machine(self) -> Identity:
        """Return the machine's key, made when it is first asked for.

        Raises:
            BackupFailed: what is there is no key.
        """
        file = self.folder / MACHINE_KEY
        if not self.machine_key and not file.exists():
            write_once(file, f"{Identity.generate()}\n".encode())
        return identity_of(self.machine_key or file.read_text(), "the machine's key")

    def recovery(self) -> Recipient:
        """Return the public half of the recovery key.

        Raises:
            BackupFailed: there is none yet, or what is there is none.
        """
        text = self.recovery_recipient
        if not text:
            try:
                text = (self.folder / RECOVERY_RECIPIENT).read_text()
            except FileNotFoundError:
                raise BackupFailed(
                    "There is no recovery key yet. `manage.py recovery_key` makes it and shows it once."
                ) from None
        try:
            return Recipient.from_str(text.strip())
        except RecipientError:
            raise BackupFailed("The recovery key's public half is none: it begins with age1.") from None

    def has_recovery(self) -> bool:
        """Say whether there is a recovery key."""
        return bool(self.recovery_recipient) or (self.folder / RECOVERY_RECIPIENT).exists()

    def make_recovery_key(self) -> str:
        """Make the recovery key where there is none, keep its public half, and return it; "" where there is one."""
        if self.has_recovery():
            return ""
        secret = Identity.generate()
        return str(secret) if write_once(self.folder / RECOVERY_RECIPIENT, f"{secret.to_public()}\n".encode()) else ""

    def keep_recovery_key(self, secret: Identity) -> None:
        """Keep the public half of a recovery key that was used here, so that further backups are made to it."""
        if not self.has_recovery():
            write_once(self.folder / RECOVERY_RECIPIENT, f"{secret.to_public()}\n".encode())


def identity_of(text: str, what: str = "the recovery key") -> Identity:
    """Read a secret key; lines around it, as `age-keygen` writes them, do not matter.

    Raises:
        BackupFailed: there is none in the text.
    """
    for line in text.splitlines():
        if line.strip().startswith("AGE-SECRET-KEY-1"):
            try:
                return Identity.from_str(line.strip())
            except IdentityError:
                break
    raise BackupFailed(f"No key to be read as {what}: it is a line that begins with AGE-SECRET-KEY-1.")


def seal_settings(values: dict[str, str], recipient: Recipient) -> bytes:
    """Seal lines of the environment so that only the recovery key opens them."""
    sealed: bytes = encrypt("".join(f"{name}={value}\n" for name, value in values.items()).encode(), [recipient])
    return sealed


def open_settings(sealed: bytes, recovery: Identity) -> dict[str, str]:
    """Open what `seal_settings` sealed.

    Raises:
        BackupRefused: the key is another one.
    """
    try:
        text = decrypt(sealed, [recovery]).decode()
    except (DecryptError, UnicodeDecodeError):
        raise BackupRefused("The keys in this backup were sealed to another recovery key.") from None
    return dict(line.rstrip("\n").split("=", 1) for line in io.StringIO(text))
