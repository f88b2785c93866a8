"""Incidents open after a while, close after a while, are told of once each, and never twice at once."""

import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone

from crm import roles, runtime_settings
from crm.models import Backup, Incident, IncidentNotice, Severity
from crm.monitoring.drain import AlertsDrain
from crm.monitoring.findings import Check, Finding, Health, look
from crm.monitoring.incidents import LOCK, evaluate
from crm.monitoring.posting import PostError, post
from crm.tests.hooks_server import Pager, pager
from crm.tests.mail_server import Inbox, mail_server
from crm.tests.resolving import PUBLIC
from crm.tests.running import free_port
from crm.tests.staff import member

pytestmark = [pytest.mark.django_db, pytest.mark.takes(10)]
SECRET = "marker-of-a-secret"
AWAY = Finding("disk:files", Severity.WARNING, "Disk space", "Little is left.", "Free some.")
state: list[Finding] = []
CHECKS = (Check("disk", "Disk space", lambda: iter(state)),)


@pytest.fixture(autouse=True)
def nothing_found(settings: Any) -> Iterator[None]:
    runtime_settings.forget()
    settings.HEALTH_CHECKS = [f"{__name__}.CHECKS"]
    state.clear()
    yield
    runtime_settings.forget()


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        change("mail_to", "night@shop.example, day@shop.example")
        yield server


@pytest.fixture
def hook(settings: Any) -> Iterator[Pager]:
    with pager() as server:
        settings.ALERT_WEBHOOK_HOSTS = [server.host]
        change("webhook_url", f"http://{server.host}/hook?token={SECRET}")
        yield server


def change(key: str, value: object) -> None:
    runtime_settings.change(key=f"alerts.{key}", value=value, by=member(roles.ADMINISTRATOR))


def found(*findings: Finding, unknown: frozenset[str] = frozenset()) -> Health:
    return Health(list(findings), unknown)


def critical(finding: Finding) -> Finding:
    return Finding(finding.key, Severity.CRITICAL, finding.title, finding.summary, finding.advice)


def passes(seconds: float) -> None:
    """Let time pass for all incidents, and for what is to be told."""
    span = f"interval '{seconds} seconds'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE crm_incident SET first_seen_at = first_seen_at - {span}, well_since = well_since - {span}, "  # noqa: S608
            f"last_seen_at = last_seen_at - {span}"
        )
        cursor.execute(f"UPDATE crm_incidentnotice SET next_attempt_at = next_attempt_at - {span}")  # noqa: S608


def opened(finding: Finding = AWAY) -> Incident:
    evaluate(found(finding))
    passes(121)
    evaluate(found(finding))
    return Incident.objects.open().get(key=finding.key)


class TestOpeningAndClosing:
    def test_what_is_wrong_for_a_moment_is_no_incident(self) -> None:
        evaluate(found(AWAY))
        passes(100)
        evaluate(found(AWAY))
        assert not Incident.objects.open().exists()
        evaluate(found())
        assert not Incident.objects.exists()

    def test_it_opens_and_closes_after_a_while(self) -> None:
        incident = opened()
        assert (incident.title, incident.summary, incident.advice) == ("Disk space", "Little is left.", "Free some.")
        evaluate(found())
        passes(100)
        evaluate(found())
        assert Incident.objects.open().exists(), "not yet well for long enough"
        passes(300)
        evaluate(found())
        incident.refresh_from_db()
        assert incident.closed_at is not None

    def test_flapping_is_one_incident_told_once(self, inbox: Inbox) -> None:
        opened()
        for _round in range(10):
            evaluate(found())
            passes(200)
            evaluate(found(AWAY))
            passes(60)
        AlertsDrain()._send()
        assert Incident.objects.count() == 1
        assert len(inbox.mails) == 1
        assert IncidentNotice.objects.count() == 1

    def test_of_what_could_not_be_asked_nothing_is_known(self) -> None:
        incident = opened()
        for _round in range(3):
            evaluate(found(unknown=frozenset({"disk"})))
            passes(400)
        incident.refresh_from_db()
        assert incident.closed_at is None
        assert incident.well_since is None

    def test_what_gets_worse_is_told_once_more(self, inbox: Inbox) -> None:
        opened()
        for severe in (critical(AWAY), AWAY, critical(AWAY)):
            evaluate(found(severe))
        AlertsDrain()._send()
        assert [mail["Subject"] for mail in inbox.mails] == [
            "[Migochat] critical: Disk space",
            "[Migochat] Got worse, critical: Disk space",
        ]

    def test_another_time_is_another_incident(self) -> None:
        opened()
        evaluate(found())
        passes(301)
        evaluate(found())
        opened()
        assert Incident.objects.count() == 2

    def test_a_failed_backup_is_an_incident(self, settings: Any) -> None:
        settings.HEALTH_CHECKS = ["crm.monitoring.installation.CHECKS"]
        Backup.objects.create(state="failed", trigger="schedule", reason="The disk is full.")
        evaluate(look())
        passes(121)
        evaluate(look())
        assert Incident.objects.open().get(key="backups:failed").summary == "The newest failed: The disk is full."

    def test_the_database_knows_one_open_of_each_kind(self) -> None:
        incident = opened()
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.create(
                key=incident.key,
                severity=1,
                title="",
                summary="",
                first_seen_at=timezone.now(),
                last_seen_at=timezone.now(),
            )

    def test_while_another_process_evaluates_nothing_is_done(self) -> None:
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            assert evaluate(found(AWAY)) == 0
        assert not Incident.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_several_processes_open_one_and_tell_once(inbox: Inbox) -> None:
    evaluate(found(AWAY))
    passes(121)
    begin = threading.Barrier(4)

    def watch() -> None:
        begin.wait()
        evaluate(found(AWAY))
        AlertsDrain()._send()
        close_old_connections()
        connection.close()

    threads = [threading.Thread(target=watch) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    AlertsDrain()._send()
    assert Incident.objects.open().count() == 1
    assert len(inbox.mails) == 1


class TestTelling:
    def test_by_mail_and_webhook_at_the_beginning_and_at_the_end(self, inbox: Inbox, hook: Pager) -> None:
        change("webhook_secret", "a shared secret")
        incident = opened()
        drain = AlertsDrain()
        assert drain._send() == 2
        assert drain._send() == 0
        evaluate(found())
        passes(301)
        evaluate(found())
        assert drain._send() == 2
        assert [(mail["Subject"], mail["To"]) for mail in inbox.mails] == [
            ("[Migochat] warning: Disk space", "night@shop.example, day@shop.example"),
            ("[Migochat] Over: Disk space", "night@shop.example, day@shop.example"),
        ]
        text = str(inbox.mails[0].get_content()).replace("\r\n", "\n")
        assert "Little is left.\n\nFree some.\n\nhttp://localhost:8000/admin/health/" in text
        told = [json.loads(body) for _headers, body in hook.taken]
        assert [one["event"] for one in told] == ["opened", "closed"]
        assert told[0]["key"] == "disk:files" and told[0]["incident"] == str(incident.pk) and told[1]["until"]
        for headers, body in hook.taken:
            digest = hmac.new(b"a shared secret", body, hashlib.sha256).hexdigest()
            assert headers["X-Migochat-Signature-256"] == f"sha256={digest}"
        incident.refresh_from_db()
        assert incident.notified_at is not None

    def test_what_a_way_does_not_take_is_tried_again_and_the_other_goes_on(
        self, inbox: Inbox, hook: Pager, caplog: pytest.LogCaptureFixture
    ) -> None:
        hook.status = 503
        opened()
        drain = AlertsDrain()
        assert drain._send() == 1
        assert len(inbox.mails) == 1
        notice = IncidentNotice.objects.get(way="webhook")
        assert (notice.attempts, notice.error) == (1, "answered 503")
        assert drain._send() == 0 and len(hook.taken) == 1, "not at once"
        hook.status = 200
        passes(31)
        assert drain._send() == 1
        assert [json.loads(body)["event"] for _headers, body in hook.taken] == ["opened", "opened"]
        assert not any("X-Migochat-Signature-256" in headers for headers, _body in hook.taken)  # there is no secret
        assert SECRET not in caplog.text

    def test_after_a_day_it_is_given_up(self, hook: Pager) -> None:
        hook.status = 500
        opened()
        IncidentNotice.objects.update(created_at=timezone.now() - timedelta(days=2))
        AlertsDrain()._send()
        assert IncidentNotice.objects.get().given_up_at is not None
        passes(7200)
        assert AlertsDrain()._send() == 0 and len(hook.taken) == 1

    def test_nobody_to_tell_is_no_trouble(self) -> None:
        opened()
        assert not IncidentNotice.objects.exists()
        assert AlertsDrain()._send() == 0

    def test_the_end_is_told_only_to_who_knows_of_the_beginning(self, settings: Any) -> None:
        opened()
        with mail_server() as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            change("mail_to", "late@shop.example")
            evaluate(found())
            passes(301)
            evaluate(found())
            AlertsDrain()._send()
            assert server.mails == []

    def test_a_redirect_is_not_followed(self, hook: Pager) -> None:
        hook.status = 302
        opened()
        AlertsDrain()._send()
        assert IncidentNotice.objects.get().error == "answered 302"
        assert len(hook.taken) == 1

    def test_who_is_slow_is_left(self, hook: Pager) -> None:
        hook.pause = 3
        began = time.monotonic()
        with pytest.raises(PostError, match="too slow"):
            post(f"http://{hook.host}/", b"{}", headers={}, seconds=0.3)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://user:pass@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///nothing",
        "nonsense",
    ],
)
def test_only_https_addresses_are_taken(url: str) -> None:
    with pytest.raises(PostError):
        post(url, b"{}", headers={})
    with pytest.raises(ValidationError):
        change("webhook_url", url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",  # noqa: S104 - nothing is bound
    ],
)
def test_no_private_network_is_reached(host: str) -> None:
    with pytest.raises(PostError, match="private"):
        post(f"https://{host}/", b"{}", headers={})


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.1"], [PUBLIC, "169.254.169.254"], ["::ffff:127.0.0.1"]])
def test_a_name_that_leads_inside_is_not_posted_to(
    addresses: list[str], resolved: list[list[str]], connected: list[str]
) -> None:
    resolved[:] = [addresses]
    with pytest.raises(PostError, match="private"):
        post("https://pager.example.com/", b"{}", headers={})
    assert connected == []


def test_a_name_is_resolved_once_and_that_address_connected_to(resolved: list[list[str]], connected: list[str]) -> None:
    resolved[:] = [[PUBLIC], ["127.0.0.1"]]  # as a host would answer that means to get at what is within
    with pytest.raises(PostError, match="ConnectionRefusedError"):
        post("https://pager.example.com/", b"{}", headers={})
    assert connected == [PUBLIC]


def test_a_port_that_the_environment_does_not_name_is_not_opened_by_it(hook: Pager) -> None:
    with pytest.raises(PostError):
        post(f"http://127.0.0.1:{free_port()}/", b"{}", headers={})


def test_no_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no e-mail address"):
        change("mail_to", "night@shop.example, nobody")


class TestDrain:
    def test_it_looks_every_minute(self, inbox: Inbox) -> None:
        state.append(AWAY)
        drain = AlertsDrain()
        drain.run_batch()
        assert Incident.objects.unclosed().count() == 1
        passes(121)
        drain.run_batch()
        assert not Incident.objects.open().exists(), "it looked just now"
        drain.look_at = 0
        assert drain.run_batch() == 2
        assert [mail["Subject"] for mail in inbox.mails] == ["[Migochat] warning: Disk space"]

    def test_it_is_a_drain_of_the_settings(self) -> None:
        state.append(AWAY)
        call_command("drain", "alerts", "--once")
        assert Incident.objects.unclosed().exists()

    def test_that_the_database_is_away_is_told_without_it(
        self, inbox: Inbox, hook: Pager, caplog: pytest.LogCaptureFixture
    ) -> None:
        drain = AlertsDrain()
        drain.run_batch()
        there = dict(connection.settings_dict)
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(free_port()))
        try:
            drain.look_at = 0
            assert drain.run_batch() == 0
            assert inbox.mails == []
            assert drain.outage.since is not None
            for _look in range(3):
                drain.outage.since -= timedelta(seconds=130)
                drain.look_at = 0
                drain.run_batch()
        finally:
            connection.settings_dict.update(HOST=there["HOST"], PORT=there["PORT"])
        drain.look_at = 0
        drain.run_batch()
        assert [mail["Subject"] for mail in inbox.mails] == [
            "[Migochat] critical: Database",
            "[Migochat] Over: Database",
        ]
        assert [json.loads(body)["event"] for _headers, body in hook.taken] == ["opened", "closed"]
        assert Incident.objects.get(key="database").closed_at is not None
        assert [record.levelno for record in caplog.records if record.levelno > logging.WARNING] == []

    def test_how_long_is_a_setting(self) -> None:
        change("open_after_seconds", 0)
        evaluate(found(AWAY))
        assert Incident.objects.open().exists()
