"""The sending process is killed, the database and the cache go away, and no message is sent twice or lost."""

import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from crm.processes.procfile import ROOT
from messaging.models import MessageStatus
from messaging.tests.installation import Installation, free_port, wait_until
from messaging.tests.sending_world import Control

pytestmark = pytest.mark.takes(120)

Starting = Callable[..., tuple[Installation, Control]]
OPEN = "finished_at IS NULL"
FATES = """
    SELECT outgoing.token, channel.platform, message.status, message.external_id
    FROM messaging_outgoing AS outgoing JOIN messaging_message AS message ON message.id = outgoing.message_id
    JOIN crm_channel AS channel ON channel.id = outgoing.channel_id
"""


@pytest.fixture
def start() -> Iterator[Starting]:
    """Start an installation and a stand-in; the test starts the sending itself."""
    running: list[tuple[Installation, subprocess.Popen[bytes]]] = []

    def _start(*names: str) -> tuple[Installation, Control]:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        shop = Installation(
            GRAPH_API_URL=url, INSTAGRAM_API_URL=url, TELEGRAM_API_URL=url, TWILIO_API_URL=url, WEB_WORKERS="1"
        )
        words = [sys.executable, "manage.py", "simulate", "--serve", "--port", str(port)]
        words += ["--url", f"http://127.0.0.1:{shop.port}"]
        with shop.log.open("ab") as log:
            stand_in = subprocess.Popen(words, cwd=ROOT, env=shop.environment, stdout=log, stderr=log)
        running.append((shop, stand_in))
        control = Control(url)
        wait_until(lambda: answers(control), "the stand-in")
        for name in names:
            shop.start(name)
        return shop, control

    yield _start
    for shop, stand_in in running:
        stand_in.terminate()
        stand_in.wait(20)
        shop.close()


def answers(control: Control) -> bool:
    try:
        control.ask("state")
    except urllib3.exceptions.HTTPError:
        return False
    return True


def queue(shop: Installation, number: int, **more: Any) -> None:
    words = "".join(f", {name}={value!r}" for name, value in more.items())
    script = f"from messaging.simulation.replies import queue_answers; queue_answers({number}{words})"
    shop.manage("shell", "--verbosity", "0", "-c", script)
    assert shop.count("messaging_outgoing") == number


def nothing_open(shop: Installation) -> bool:
    return not shop.count("messaging_outgoing", OPEN)


def logged(shop: Installation) -> str:
    return shop.log.read_text()[-6000:]


def settle(shop: Installation, control: Control) -> None:
    """Wait until all that the stand-in had to report is read."""
    wait_until(lambda: control.reported()["waiting"] == 0, "the last report")
    wait_until(shop.drained, "the reading of all reports")


def by_name(platform: str) -> Callable[[dict[str, Any]], str]:
    """Return what tells one send from another: our token, or what was said to whom."""
    return lambda send: str(send["token"] or (send["recipient"], send["digest"]))


def test_kill_9_at_any_moment_sends_nothing_twice_and_loses_nothing(start: Starting, seed: int) -> None:
    chance, number, kills = random.Random(seed), 500, 0
    shop, control = start("web", "ingest")
    control.manners(early=0.2, latest=0.3, pace=0.05)
    control.trouble("die", share=0.02)
    control.trouble("throttle", share=0.02, seconds=1)
    control.trouble("fail", share=0.01, code="551", platform="messenger")
    queue(shop, number)
    while not nothing_open(shop):
        process, before = shop.start("send"), len(control.sends())
        wait_until(lambda seen=before: len(control.sends()) > seen or nothing_open(shop), "a send")  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 1.0))
        shop.kill(process)
        kills += 1
        assert kills < 100
    shop.start("send")  # gives up the claims of the last one killed
    wait_until(lambda: nothing_open(shop), "the end of all")
    settle(shop, control)

    sends = control.sends()
    twice = {name: times for name, times in Counter(map(by_name(""), sends)).items() if times > 1}
    assert twice == {}
    assert kills >= 5
    accepted = {send["token"] for send in sends if send["token"]}
    fates = shop.sql(FATES)
    assert len(fates) == number
    done = {
        MessageStatus.UNKNOWN,
        MessageStatus.SENT,
        MessageStatus.FAILED,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
    }
    assert {status for _, _, status, _ in fates} <= done
    for token, platform, status, external_id in fates:
        if platform == "telegram":
            continue
        # What the platform took was reported by it, so that nobody is left to wonder; what it did not take was not sent.
        assert (token.hex in accepted) == bool(external_id), (platform, MessageStatus(status).name)
        assert external_id or status in (MessageStatus.UNKNOWN, MessageStatus.FAILED)
    unsure = [status for _, platform, status, _ in fates if platform == "telegram" and status != MessageStatus.SENT]
    assert set(unsure) <= {MessageStatus.UNKNOWN}
    assert len(sends) >= number - Counter(status for *_, status, _ in fates)[MessageStatus.UNKNOWN] - len(fates) // 20
    assert shop.count("messaging_message", "direction = 'out'") == number  # no echo stands beside what it is of
    assert shop.count("messaging_conversation", "message_count <> 10") == 0


def test_outcomes_outlive_a_database_that_is_away(start: Starting) -> None:
    shop, control = start()
    control.manners(reports="drop")
    control.trouble("late", seconds=1.5)
    queue(shop, 60, platforms=("telegram", "messenger"))
    process = shop.start("send")
    for _ in range(2):
        seen = len(control.sends())
        wait_until(lambda seen=seen: len(control.sends()) > seen, "a send")  # type: ignore[misc]
        shop.server.stop("immediate")
        time.sleep(2.5)  # all answers come while it is away
        shop.server.start()
    wait_until(lambda: nothing_open(shop), "the sending of all", 60)
    assert process.poll() is None
    assert Counter(status for _, _, status, _ in shop.sql(FATES)) == {MessageStatus.SENT: 60}, logged(shop)
    assert max(Counter(map(by_name(""), control.sends())).values()) == 1
    assert len(control.sends()) == 60


def test_sigterm_finishes_what_is_under_way_and_begins_nothing_more(start: Starting) -> None:
    shop, control = start()
    control.manners(reports="drop")
    control.trouble("late", seconds=3)
    queue(shop, 30, people=30, platforms=("telegram",))
    process = shop.start("send")
    wait_until(lambda: len(control.sends()) == 8, "the first sends")
    began = time.monotonic()
    shop.kill(process, signal.SIGTERM)
    assert process.returncode == 0, logged(shop)
    assert 1 < time.monotonic() - began < 20
    assert len(control.sends()) == 8
    found = Counter(status for _, _, status, _ in shop.sql(FATES))
    assert found == {MessageStatus.SENT: 8, MessageStatus.QUEUED: 22}


def test_sigterm_with_the_database_away_waits_for_it_to_write_down_what_was_sent(start: Starting) -> None:
    shop, control = start()
    control.manners(reports="drop")
    control.trouble("late", seconds=2)
    queue(shop, 4, platforms=("telegram",))
    process = shop.start("send")
    wait_until(lambda: len(control.sends()) == 4, "the sends")
    shop.server.stop("immediate")
    process.send_signal(signal.SIGTERM)
    time.sleep(4)
    assert process.poll() is None
    shop.server.start()
    shop.processes.remove(process)
    assert process.wait(20) == 0, logged(shop)
    assert Counter(status for _, _, status, _ in shop.sql(FATES)) == {MessageStatus.SENT: 4}


@pytest.mark.parametrize("stalled", [True, False], ids=["a cache that hangs", "no cache at all"])
def test_sending_needs_no_cache(start: Starting, stalled: bool) -> None:
    shop, control = start()
    control.manners(reports="drop")
    queue(shop, 50)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if stalled else free_port()
        began = time.monotonic()
        shop.start("send", CACHE_URL=f"redis://127.0.0.1:{port}/0")
        wait_until(lambda: nothing_open(shop), "the sending of all")
        assert time.monotonic() - began < 15
    assert len(control.sends()) == 50
