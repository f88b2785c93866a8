"""Backups on a running installation: by the button, by beat, killed at any moment, and restored under traffic."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyrage.x25519 import Identity

from config.env_file import restore as restore_env_file
from crm.embedded_postgres.server import EmbeddedServer
from crm.tests.launching import completed
from messaging.tests.chromium import chromium
from messaging.tests.installation import Installation, wait_until

pytestmark = pytest.mark.takes(75)

RECOVERY = Identity.generate()
PASSWORD = "long enough for a test"
SETUP = """
from crm.models import Channel, User
User.objects.create_superuser("boss@shop.example", "%s")
Channel.objects.create(platform="telegram", slug="bot", name="Bot", external_id="1",
    credentials={"secret_token": ["s3cret"], "bot_token": ["1:token"]})
"""
SHOW = "from crm.models import Channel; print(Channel.objects.get(slug='bot').credentials)"
SCRATCH = "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'migochat_scratch_')"
OLD = "SELECT datname FROM pg_database WHERE position('_before_' IN datname) > 0"


@pytest.fixture(scope="module")
def shop() -> Iterator[Installation]:
    found = Installation(BACKUP_RECOVERY_RECIPIENT=str(RECOVERY.to_public()))
    try:
        found.manage("shell", "--command", SETUP % PASSWORD)
        found.manage("seed_demo")
        yield found
    finally:
        found.close()


def files(shop: Installation) -> list[Path]:
    return sorted((shop.folder / "backups").glob("migochat-*.age"))


def killed_when(shop: Installation, condition: Callable[[], Any], *words: str) -> None:
    """Begin a command and kill it with -9, and nothing else, as soon as something can be seen."""
    process = shop.begin(*words)
    while not condition():
        assert process.poll() is None, "it ended too early to be killed"
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def content(shop: Installation) -> list[Any]:
    return shop.sql(
        "SELECT (SELECT count(*) FROM crm_customer), (SELECT count(*) FROM messaging_message), (SELECT max(id) FROM leads_lead), "
        "(SELECT md5(string_agg(text, ',' ORDER BY id)) FROM messaging_message)"
    )


def test_a_backup_killed_at_any_moment_is_none(shop: Installation) -> None:
    partial = shop.folder / "backups"
    picture = shop.folder / "media" / "2026" / "big.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(os.urandom(40 << 20))
    for size in (0, 10 << 20):
        killed_when(shop, partial_of_more_than(size, partial), "backup")
    picture.unlink()
    assert files(shop) == []
    assert "There is no backup yet" in error_of(shop, "verify_backup")
    shop.manage("backup")
    assert len(files(shop)) == 1
    assert list(partial.glob("*.partial")) == []
    states = shop.sql("SELECT state, reason FROM crm_backup ORDER BY id")
    died = ("failed", "The process that made it was ended in the middle.")
    assert states == [died, died, ("complete", "")]


def partial_of_more_than(size: int, folder: Path) -> Callable[[], bool]:
    return lambda: any(size_of(path) > size for path in folder.glob("*.age.partial"))


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def error_of(shop: Installation, *words: str) -> str:
    done = completed(["python", "manage.py", *words], shop.environment)
    assert done.returncode == 1
    return done.stderr


def test_a_proof_and_a_restore_killed_at_any_moment_touch_nothing(shop: Installation) -> None:
    before, name = content(shop), files(shop)[-1].name
    half_way = (
        "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, 'migochat_scratch_') "
        "AND starts_with(query, 'CREATE')"
    )
    killed_when(shop, lambda: shop.sql(half_way)[0][0], "verify_backup", name)
    killed_when(shop, lambda: shop.sql(half_way)[0][0], "restore", name, "--yes")
    assert content(shop) == before
    assert shop.sql("SELECT state FROM crm_backup WHERE name = %s", name) == [("complete",)]
    shop.manage("verify_backup")
    assert shop.sql("SELECT state FROM crm_backup WHERE name = %s", name) == [("verified",)]
    assert shop.sql(SCRATCH) == [(0,)]
    assert content(shop) == before


def test_a_restore_killed_right_after_the_swap_is_finished_by_the_drain(shop: Installation) -> None:
    name = files(shop)[-1].name
    before = content(shop)
    killed_when(shop, lambda: old_database(shop), "restore", name, "--yes")
    assert content(shop) == before
    assert shop.sql("SELECT state FROM crm_backup WHERE name = %s", name) == [("verified",)]
    assert not shop.count("crm_backup", "state IN ('running', 'requested')")
    shop.manage("drain", "backups", "--once")
    assert shop.sql("SELECT carried_at IS NOT NULL FROM crm_restoration") == [(True,)]
    assert "Dropped: migochat_before_" in shop.manage("restore", "--forget-old")
    assert not old_database(shop)


def old_database(shop: Installation) -> list[Any]:
    with psycopg.connect(host=str(shop.server.socket_dir), user=shop.server.ROLE, dbname="postgres") as server:
        return server.execute(OLD).fetchall()


@pytest.mark.alone  # Celery's processes give way to whatever else the machine does
def test_the_button_and_beat(shop: Installation) -> None:
    """The schedule is as somebody set it in the admin: here, every second."""
    for name in ("web", "leads", "worker"):
        shop.start(name)
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{shop.port}/admin/crm/backup/")
        page.fill("input[name=username]", "boss@shop.example")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/crm/backup/")
        rows = page.locator("#result_list tbody tr")
        known = rows.count()
        page.get_by_role("button", name="Back up now").click()
        page.get_by_text("A backup is being made.").wait_for()
        rows.nth(known).wait_for()
        rows.first.get_by_text("Complete").wait_for()  # by itself, without anybody's reloading the page
        assert "By the button" in rows.first.inner_text()
        page.get_by_role("button", name="Back up now").wait_for()
    by_button = len(files(shop))
    shop.sql(
        "WITH every AS (INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds') RETURNING id) "
        "UPDATE django_celery_beat_periodictask SET interval_id = every.id, crontab_id = NULL FROM every "
        "WHERE task = 'crm.backups.backup'"
    )
    shop.start("beat")
    try:
        wait_until(lambda: shop.count("crm_backup", "trigger = 'schedule'"), "the scheduled backup's beginning")
        wait_until(lambda: len(files(shop)) > by_button, "the scheduled backup")
        wait_until(lambda: shop.count("crm_backup", "trigger = 'schedule' AND state = 'complete'"), "its row")
    finally:
        shop.sql("UPDATE django_celery_beat_periodictask SET enabled = false")
        for process in list(shop.processes):
            shop.kill(process, signal.SIGTERM)


class Traffic(threading.Thread):
    """A customer on Telegram who goes on writing; `acknowledged` are the numbers of the messages that were answered with 200."""

    def __init__(self, shop: Installation) -> None:
        super().__init__(daemon=True)
        self.shop, self.acknowledged, self.over = shop, list[int](), threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            sender = {"id": 7, "is_bot": False, "first_name": "Mona"}
            message = {"message_id": number, "date": 1_767_225_600 + number, "text": f"number {number}", "from": sender}
            update = {"update_id": number, "message": {**message, "chat": {"id": 7, "type": "private"}}}
            headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "s3cret"}
            try:
                status, _ = self.shop.request("POST", "/webhooks/bot/", json.dumps(update).encode(), headers)
            except OSError:
                continue
            if status == 200:
                self.acknowledged.append(number)
            time.sleep(0.01)


def test_nothing_acknowledged_is_lost_by_a_restore_under_traffic(shop: Installation) -> None:
    for name in ("web", "ingest"):
        shop.start(name)
    traffic = Traffic(shop)
    traffic.start()
    try:
        wait_until(lambda: len(traffic.acknowledged) > 50, "the first posts")
        made = json.loads(shop.manage("backup", "--json"))
        known = len(traffic.acknowledged)
        wait_until(lambda: len(traffic.acknowledged) > known + 50, "more posts")
        said = shop.manage("restore", made["name"], "--yes")
        ((carried,),) = shop.sql("SELECT carried FROM crm_restoration")
        assert carried > 50, said
        after = len(traffic.acknowledged)
        wait_until(lambda: len(traffic.acknowledged) > after + 20, "posts after it")
    finally:
        traffic.over.set()
        traffic.join()
    wait_until(shop.drained, "the drain")
    stored = [text for (text,) in shop.sql("SELECT text FROM messaging_message WHERE text ~ '^number [0-9]+$'")]
    assert len(stored) == len(set(stored))
    assert {f"number {number}" for number in traffic.acknowledged} <= set(stored)
    shop.manage("restore", "--forget-old")


def test_on_an_empty_machine_the_file_and_the_recovery_key_are_enough(shop: Installation) -> None:
    for process in list(shop.processes):
        shop.kill(process, signal.SIGTERM)
    made = json.loads(shop.manage("backup", "--json"))
    expected, ours = content(shop), shop.environment
    folder = Path(tempfile.mkdtemp(prefix="migochat-empty-"))
    folder.chmod(0o755)
    try:
        file = folder / made["name"]
        file.write_bytes((shop.folder / "backups" / made["name"]).read_bytes())
        key = folder / "recovery.key"
        key.write_text(str(RECOVERY))
        assert restore_env_file(file, key.read_text(), folder / ".env")
        keys = dict(
            line.split("=", 1) for line in (folder / ".env").read_text().splitlines() if not line.startswith("#")
        )
        of_first = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "BLIND_INDEX_KEY", "BACKUP_RECOVERY_RECIPIENT")
        shop.environment = {**ours, "VAR_DIR": str(folder / "var"), **dict.fromkeys(of_first, ""), **keys}
        shop.manage("restore", str(file), "--recovery-key", str(key), "--yes")
        server = EmbeddedServer(folder / "var" / "postgres")
        server.join()
        shop.server, there = server, shop.server
        try:
            assert content(shop) == expected
            assert "s3cret" in shop.manage("shell", "--command", SHOW)
            shop.manage("backup")
            assert "is good" in shop.manage("verify_backup", "--recovery-key", str(key))
        finally:
            shop.server = there
            server.leave()
    finally:
        shop.environment = ours
        shutil.rmtree(folder, ignore_errors=True)
