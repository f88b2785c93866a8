"""`python -m config.env_file [--from BACKUP]`: write `.env` with fresh secrets or a backup's, unless there is one."""

import base64
import secrets
import sys
from argparse import ArgumentParser
from pathlib import Path

from crm.whole_files import write_once

PATH = Path(__file__).resolve().parent.parent / ".env"

HEAD = (
    "# Secrets of this installation, made on its first run. Keep a copy off this machine: without\n",
    "# FIELD_ENCRYPTION_KEYS and BLIND_INDEX_KEY the encrypted columns of the database cannot be read.\n",
)
TEXT = """\
SECRET_KEY={secret_key}
FIELD_ENCRYPTION_KEYS={field_key}
BLIND_INDEX_KEY={index_key}
DEBUG=False
"""


def write(path: Path = PATH) -> bool:
    """Write the file, readable by its owner alone; return False where it exists, which is never overwritten."""
    text = "".join(HEAD) + TEXT.format(
        secret_key=secrets.token_urlsafe(50),
        field_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        index_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )
    return write_once(path, text.encode())


def restore(backup: Path, recovery_key: str, path: Path = PATH) -> bool:
    """Write the file with the secrets that are sealed in a backup; return False where it exists.

    Raises:
        crm.backups.refusals.BackupFailed: the backup or the key is not right.
    """
    from crm.backups.keys import identity_of, open_settings
    from crm.backups.reading import read_backup

    recovery = identity_of(recovery_key)
    values = open_settings(read_backup(backup, [recovery], key=None).sealed_keys, recovery)
    lines = [f"{name}={value}\n" for name, value in values.items()]
    return write_once(path, "".join([*HEAD, *lines, "DEBUG=False\n"]).encode())


def main(words: list[str]) -> None:
    """Write `.env`, with new secrets or with those in a backup."""
    from crm.backups.recovery import given_key_text
    from crm.backups.refusals import BackupFailed

    parser = ArgumentParser(prog="python -m config.env_file")
    parser.add_argument("--from", dest="backup", type=Path, metavar="FILE", help="take the secrets from this backup")
    parser.add_argument("--recovery-key", default="-", metavar="FILE", help="the recovery key; - asks for it")
    options = parser.parse_args(words)
    if options.backup is None:
        if write():
            sys.stdout.write(f"Wrote {PATH.name} with new secrets. Keep a copy off this machine.\n")
        return
    try:
        if not restore(options.backup, given_key_text(options.recovery_key)):
            sys.exit(f"{PATH.name} is there already. Move it away first: it may belong to another database.")
    except (BackupFailed, OSError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"Wrote {PATH.name} with the secrets of {options.backup.name}.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
