"""`python -m crm.processes NAME`: become a process of the Procfile, in place, for a supervisor to look after."""

import os
import sys

import environ

from crm.processes.procfile import ROOT, commands, environment


def main() -> None:
    """Replace this process by the one named."""
    known = commands()
    if len(sys.argv) != 2 or sys.argv[1] not in known:
        sys.exit(f"usage: python -m crm.processes {{{','.join(known)}}}")
    environ.Env.read_env(ROOT / ".env")  # what `.env` says of workers, threads and port
    os.chdir(ROOT)
    os.execve("/bin/sh", ["/bin/sh", "-c", f"exec {known[sys.argv[1]]}"], environment())  # noqa: S606 - our Procfile


if __name__ == "__main__":
    main()
