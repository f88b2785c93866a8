"""Processes and the database are killed under load, and nothing acknowledged is lost or counted twice."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from crm.processes.procfile import ROOT
from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(80)

SECONDS = 25


@pytest.fixture
def running() -> Iterator[Installation]:
    """Everything under `manage.py run`, which starts again what dies."""
    installation = Installation()
    with installation.log.open("ab") as log:
        run = subprocess.Popen(
            [sys.executable, "manage.py", "run"], env=installation.environment, cwd=ROOT, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: installation.answers("/readyz"), "readiness", patience=60)
        yield installation
    finally:
        installation.server.start()
        run.send_signal(signal.SIGTERM)
        run.wait(timeout=60)
        installation.close()


def processes(installation: Installation, word: str) -> list[psutil.Process]:
    """Return the installation's processes whose command line holds a word."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("VAR_DIR") == str(installation.folder)
            if mine and word in " ".join(process.cmdline()) and "honcho" not in process.name():
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill_one(installation: Installation, word: str, chance: random.Random) -> bool:
    victims = processes(installation, word)
    if not victims:
        return False
    try:
        chance.choice(victims).kill()
    except psutil.NoSuchProcess:
        return False
    return True


def test_kill_9_of_ingest_and_web_and_an_immediate_stop_of_the_database(running: Installation, seed: int) -> None:
    chance, kills, stops = random.Random(seed), 0, 0
    words = [
        "--url",
        f"http://127.0.0.1:{running.port}",
        "--seconds",
        str(SECONDS),
        "--rate",
        "120",
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(
        [
            sys.executable,
            "manage.py",
            "simulate",
            *words,
            "--duplicates",
            "0.1",
            "--shuffle",
            "--corrupt",
            "0.03",
            "--check",
        ],
        env=running.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as simulation:
        wait_until(lambda: running.count("messaging_webhookdelivery"), "the first post")
        started = time.monotonic()
        while time.monotonic() - started < SECONDS:
            time.sleep(chance.uniform(0.3, 1.2))
            kills += kill_one(running, chance.choice(["drain deliveries", "granian"]), chance)
            if chance.random() < 0.15:
                running.server.stop("immediate")
                time.sleep(chance.uniform(0.0, 2.0))
                running.server.start()
                stops += 1
        printed, _ = simulation.communicate(timeout=240)
    assert simulation.returncode == 0, printed[-4000:]
    assert kills > 10
    assert stops > 0
    assert "OK" in printed
