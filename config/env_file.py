"""`python -m config.env_file`: write `.env` with fresh secrets, unless there is one."""

import base64
import os
import secrets
import sys
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / ".env"

TEXT = """\
# Secrets of this installation, made on its first run. Keep a copy off this machine: without
# FIELD_ENCRYPTION_KEYS and BLIND_INDEX_KEY the encrypted columns of the database cannot be read.
SECRET_KEY={secret_key}
FIELD_ENCRYPTION_KEYS={field_key}
BLIND_INDEX_KEY={index_key}
DEBUG=False
"""


def write(path: Path = PATH) -> bool:
    """Write the file, readable by its owner alone; return False where it exists, which is never overwritten."""
    text = TEXT.format(
        secret_key=secrets.token_urlsafe(50),
        field_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        index_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # fails where the file exists, also when two runs race
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


if __name__ == "__main__":
    if write():
        sys.stdout.write(f"Wrote {PATH.name} with new secrets. Keep a copy off this machine.\n")
