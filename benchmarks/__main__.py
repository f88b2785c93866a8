"""`python -m benchmarks [NAME...]`: each in a process and on a scratch installation of its own."""

import subprocess
import sys
from importlib import import_module

from benchmarks.scratch import scratch_installation

NAMES = (
    "accept", "drain", "triage", "visible", "pages", "inbox", "leads", "metrics", "sending", "backup", "export", "memory",
)  # fmt: skip


def run_one(name: str) -> None:
    """Run one benchmark here and print its figures."""
    sys.stdout.write(f"{name}:\n")
    sys.stdout.flush()
    with scratch_installation():
        for label, value in import_module(f"benchmarks.{name}").run().items():
            sys.stdout.write(f"  {label:44} {value:12,.2f}\n")


def main(names: list[str]) -> int:
    """Run the benchmarks named, all of them where none is; return 1 if one failed."""
    if unknown := set(names) - set(NAMES):
        sys.stderr.write(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.\n")
        return 2
    if len(names) == 1:
        run_one(names[0])
        return 0
    failed = 0
    for name in names or NAMES:
        failed |= subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode  # noqa: S603 - our own
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
