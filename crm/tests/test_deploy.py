"""The files under `deploy/`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from crm.processes.procfile import commands

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """The units, with this tree and interpreter in place of those of a real host."""
    for unit in UNITS:
        text = unit.read_text().replace("/srv/migochat/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("/srv/migochat", str(settings.BASE_DIR)))
    return sorted(tmp_path.iterdir())


def verify(units: list[Path]) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("systemd-analyze is missing. On Debian and Ubuntu: apt-get install systemd")
    names = [str(unit).replace("@.", "@1.") for unit in units]
    return subprocess.run([program, "verify", "--man=no", *names], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_the_units(installed: list[Path]) -> None:
    done = verify(installed)
    complaints = [line for line in done.stderr.splitlines() if "migochat" in line]
    assert (done.returncode, complaints) == (0, [])


def test_it_would_find_it(installed: list[Path]) -> None:
    web = next(unit for unit in installed if "web" in unit.name)
    web.write_text(web.read_text().replace("Restart=always", "Restart=sometimes"))
    assert "restart specifier" in verify(installed).stderr


def test_every_process_of_the_procfile_has_a_unit() -> None:
    started = {
        name for unit in UNITS for name in re.findall(r"^ExecStart=.* -m crm\.processes (\S+)$", unit.read_text(), re.M)
    }
    assert started == set(commands())


def test_the_target_wants_units_that_exist() -> None:
    wanted = re.findall(r"^Wants=(.*)$", (DEPLOY / "systemd" / "migochat.target").read_text(), re.M)[0].split()
    assert wanted
    assert {name.replace("@1.", "@.") for name in wanted} <= {unit.name for unit in UNITS}


def test_a_process_of_the_procfile_can_be_become(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm.processes", "nonsense"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{{{','.join(commands())}}}" in done.stderr


def test_the_example_environment_names_what_the_settings_read() -> None:
    names = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), re.M))
    sources = [*(settings.BASE_DIR / "config").glob("*.py"), settings.BASE_DIR / "Procfile"]
    sources += (settings.BASE_DIR / "crm" / "management" / "commands").glob("*.py")
    text = "\n".join(path.read_text() for path in sources)
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()
