"""`python -m benchmarks [NAME...]`."""

import sys
from importlib import import_module

from benchmarks.scratch import scratch_installation

NAMES = ("accept", "drain", "visible", "pages", "memory")


def main(names: list[str]) -> None:
    for name in names or NAMES:
        with scratch_installation():
            sys.stdout.write(f"{name}:\n")
            for label, value in import_module(f"benchmarks.{name}").run().items():
                sys.stdout.write(f"  {label:36} {value:,.2f}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
