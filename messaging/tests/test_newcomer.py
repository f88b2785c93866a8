"""A newcomer's first minutes: the tree alone, `make run`, `simulate`, and the messages in the browser."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.processes.procfile import ROOT
from messaging.tests.chromium import chromium
from messaging.tests.installation import free_port, wait_until

pytestmark = pytest.mark.takes(70)

EMAIL, PASSWORD = "owner@shop.example", "first day at the shop"
INSTALL_SECONDS = 300


@pytest.fixture
def tree() -> Iterator[Path]:
    """A copy of what git has, or would have, of this tree: no .venv, no .env, no var."""
    folder = Path(tempfile.mkdtemp(prefix="migochat-newcomer-"))
    folder.chmod(0o755)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


#: What this process may have been given that a newcomer's shell has not.
OURS = ("DATABASE_URL", "VAR_DIR", "DEBUG", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY", "PUBLIC_BASE_URL")
OF_THE_RUNNER = ("DJANGO_", "PYTEST_", "MAKE", "MFLAGS", "VIRTUAL_ENV")


def bare_environment(port: int) -> dict[str, str]:
    """What a login shell has, without any setting of ours or trace of this test run."""
    kept = {
        name: value for name, value in os.environ.items() if name not in OURS and not name.startswith(OF_THE_RUNNER)
    }
    return kept | {"PORT": str(port), "ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD}


def test_make_run_simulate_and_read(tree: Path) -> None:
    port = free_port()
    environment, log = bare_environment(port), tree / "run.log"
    with log.open("wb") as out:
        run = subprocess.Popen(
            ["make", "run"], cwd=tree, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_until(lambda: "Migochat is up" in log.read_text(), "the start", patience=INSTALL_SECONDS)
        assert (tree / ".env").stat().st_mode & 0o777 == 0o600
        simulated = subprocess.run(
            [".venv/bin/python", "manage.py", "simulate", "--seconds", "20", "--check"],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert simulated.returncode == 0, simulated.stdout + simulated.stderr
        read_in_browser(f"http://localhost:{port}")
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(timeout=60)
    started = time.monotonic()
    wait_until(lambda: not (tree / "var/postgres/data/postmaster.pid").exists(), "the database's end", patience=10)
    assert time.monotonic() - started < 10


def read_in_browser(address: str) -> None:
    """Log in as the shop's owner, find a conversation in the list, and read its messages."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        page.fill("input[name=username]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/**/")
        page.goto(f"{address}/admin/messaging/message/")
        assert page.locator("#result_list tbody tr").count() == 25
        page.goto(f"{address}/admin/messaging/conversation/")
        rows = page.locator("#result_list tbody tr")
        assert rows.count() > 10
        rows.first.locator("a").first.click()
        page.locator("#thread article").last.wait_for()
        assert page.locator("#thread article").last.inner_text().strip()
