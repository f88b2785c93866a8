"""`python -m crm.embedded_postgres.guard FOLDER`: watch over a server for as long as anybody uses it.

Without it, a server whose last user was killed would run on for ever, and one that was itself killed would stay away
until all its users had ended.
"""

import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path

from crm.embedded_postgres.places import ServerError
from crm.embedded_postgres.server import EmbeddedServer

WATCH_SECONDS = 0.5
PATIENCE_SECONDS = 10.0  # with a server that somebody stopped by hand, and may want to start by hand
RETRY_SECONDS = 5.0


def keep_running(server: EmbeddedServer) -> None:
    """Start a server again that was killed, and after a while one that was stopped from outside. Never returns."""
    gone_since, next_start = None, 0.0
    while True:
        time.sleep(WATCH_SECONDS)
        if server.postmaster.pid() or server.held_down.exists():
            gone_since = None
            continue
        now = time.monotonic()
        gone_since = gone_since or now
        if now >= next_start and (server.postmaster.crashed() or now - gone_since > PATIENCE_SECONDS):
            next_start = now + RETRY_SECONDS
            try:
                server.start()
            except (ServerError, OSError) as error:
                sys.stderr.write(f"{error}\n")


def main(folder: Path) -> None:
    """Guard the server in a folder, unless that is done already, until it has no user."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends by itself, when all others have
    server = EmbeddedServer.in_folder(folder)
    with (folder / "users.lock").open("w") as users, (folder / "guard.lock").open("w") as guards:
        try:
            fcntl.flock(guards, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        threading.Thread(target=keep_running, args=(server,), daemon=True).start()
        fcntl.flock(users, fcntl.LOCK_EX)  # waits for the last user to end, in whatever way
        server.put_away()
        fcntl.flock(guards, fcntl.LOCK_UN)  # before the users' lock: whoever joins next shall see that it needs a guard
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
