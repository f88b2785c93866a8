"""`CACHE_URL=redis://…`, with a real Redis."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from crm.tests.running import environment_without_database, free_port

WRITE = 'cache.set("greeting", {"text": "مرحبا"}, 60); print("written")'
READ = 'print(cache.get("greeting"))'


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is missing. On Debian and Ubuntu: apt-get install redis-server")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def run_with_cache(url: str, statement: str) -> str:
    """Run a statement in a process of its own and return what it printed, or the last line of what went wrong."""
    done = subprocess.run(
        [sys.executable, "-c", f"from django.core.cache import cache; {statement}"],
        cwd=settings.BASE_DIR,
        env={**environment_without_database(), "DJANGO_SETTINGS_MODULE": "config.settings", "CACHE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_processes_share_what_is_cached(redis_url: str) -> None:
    deadline = time.monotonic() + 10
    while (answer := run_with_cache(redis_url, WRITE)) != "written" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answer == "written"
    assert run_with_cache(redis_url, READ) == "{'text': 'مرحبا'}"
    assert run_with_cache("locmemcache://", READ) == "None"
