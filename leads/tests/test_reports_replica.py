"""Reports read from the replica where there is one, and everything else does not."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from campaigns.origins import Grouping, Origin
from crm import reports_database, roles
from crm.metrics import read_figures, roll_up
from crm.metrics.reading import read_days
from crm.models import Severity, Tag
from crm.monitoring.installation import replica as replica_check
from crm.periods import Period
from crm.reports_database import REPLICA, reading_reports
from crm.tests.running import free_port
from crm.tests.staff import member
from leads.reports.attribution import Question, attribution, figures_of
from leads.reports.chain import chain
from leads.reports.losses import losses
from leads.reports.sellers import sellers
from leads.tests.factories import make_lead

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.takes(8)]
PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31))


def question() -> Question:
    return Question(member(roles.MANAGER), PERIOD, grouping=Grouping.AD)


REPORTS: dict[str, Callable[[], Any]] = {
    "attribution": lambda: attribution(question()),
    "one line of it": lambda: figures_of(question(), Origin("ad", "5")),
    "chain": lambda: chain(question(), Origin("ad", "5"), None, None),
    "losses": lambda: losses(user=member(roles.MANAGER), period=PERIOD),
    "sellers": lambda: sellers(user=member(roles.MANAGER), period=PERIOD),
    "figures": lambda: read_figures(PERIOD),
    "days": lambda: list(read_days(PERIOD, None, {"messages_in": ()})),
    "an export": lambda: call_command("export", "leads", stdout=io.TextIOWrapper(io.BytesIO())),
}


@pytest.fixture
def replica() -> Iterator[Any]:
    """A second way to the same database."""
    reports_database._away_until = float("-inf")
    wrapper: Any = connection.copy(REPLICA)
    wrapper.ensure_connection = lambda: connect(
        wrapper
    )  # Django's test case knows of no other database, and forbids it
    connections.settings[REPLICA] = wrapper.settings_dict
    connections[REPLICA] = wrapper
    yield wrapper
    wrapper.close()
    del connections[REPLICA], connections.settings[REPLICA]


def connect(wrapper: Any) -> None:
    if wrapper.connection is None:
        with wrapper.wrap_database_errors:
            wrapper.connect()


def asked_of(wrapper: Any, report: Callable[[], Any]) -> list[str]:
    """Return what a report asks of a connection of tables with customers' rows."""
    with CaptureQueriesContext(wrapper) as asked:
        report()
    tables = ("leads_lead", "messaging_message", "crm_dailymetric", "messaging_conversation")
    return [query["sql"] for query in asked.captured_queries if any(table in query["sql"] for table in tables)]


@pytest.mark.parametrize("name", REPORTS)
def test_reports_read_there_alone(replica: Any, name: str) -> None:
    make_lead()
    assert asked_of(replica, REPORTS[name]) != []
    assert asked_of(connection, REPORTS[name]) == []


@pytest.mark.parametrize("name", REPORTS)
def test_without_one_they_read_from_the_database_itself(name: str) -> None:
    make_lead()
    assert asked_of(connection, REPORTS[name]) != []


def test_one_that_is_away_takes_no_report_with_it(replica: Any, caplog: pytest.LogCaptureFixture) -> None:
    replica.settings_dict = {**replica.settings_dict, "HOST": "127.0.0.1", "PORT": str(free_port())}
    assert asked_of(connection, REPORTS["sellers"]) != []
    assert "The replica cannot be reached" in caplog.text
    caplog.clear()
    assert asked_of(connection, REPORTS["sellers"]) != []
    assert caplog.text == "", "it is left alone for a while"


def test_what_was_read_there_is_written_to_the_database_itself(replica: Any) -> None:
    Tag.objects.create(name="a")
    with reading_reports():
        tag = Tag.objects.get()
        assert tag._state.db == REPLICA
    tag.name = "b"
    with CaptureQueriesContext(replica) as asked:
        tag.save()
    assert asked.captured_queries == []
    assert Tag.objects.get().name == "b"
    assert Tag.objects.get()._state.db == "default"


def test_counting_writes_to_the_database_itself(replica: Any) -> None:
    with CaptureQueriesContext(replica) as asked:
        assert list(roll_up(date(2026, 1, 1), date(2026, 1, 2))) == [2]
    assert asked.captured_queries == []


def test_health_tells_of_a_replica_that_follows_nobody_or_is_away(replica: Any) -> None:
    assert [found.summary for found in replica_check()] == [
        "DATABASE_REPLICA_URL leads to a server that follows no other."
    ]
    replica.settings_dict = {**replica.settings_dict, "HOST": "127.0.0.1", "PORT": str(free_port())}
    [found] = replica_check()
    assert found.severity == Severity.WARNING
    assert "takes no connection" in found.summary


def test_without_one_health_says_nothing_of_it() -> None:
    assert list(replica_check()) == []
