"""Taking the recovery key from whoever has it."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path

from pyrage.x25519 import Identity

from crm.backups.keys import identity_of


def add_key_argument(parser: ArgumentParser) -> None:
    """Let a command be given the recovery key, never on the command line itself."""
    parser.add_argument(
        "--recovery-key",
        metavar="FILE",
        help="open it by the recovery key in this file; - asks for it. Default: this machine's key",
    )


def given_key(file: str | None) -> Identity | None:
    """Return the recovery key from a file, from the terminal (`-`), or none.

    Raises:
        BackupFailed: it is none.
        OSError: the file cannot be read.
    """
    return None if file is None else identity_of(given_key_text(file))


def given_key_text(file: str) -> str:
    """Return what is in a file, or typed in at the terminal (`-`)."""
    if file != "-":
        return Path(file).read_text()
    return getpass.getpass("Recovery key: ") if sys.stdin.isatty() else sys.stdin.readline()
