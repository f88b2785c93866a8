"""Reading the Procfile, the one place that knows each process's command line."""

import os
import sys
from pathlib import Path

from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parent.parent.parent


def commands() -> dict[str, str]:
    """Return the shell commands of the Procfile by process name."""
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


def environment() -> dict[str, str]:
    """Return our environment, with this interpreter's programs found first and output not held back."""
    programs = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]), "PYTHONUNBUFFERED": "1"}
