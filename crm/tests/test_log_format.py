"""Log lines tell where something failed, and never what the exception says."""

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection
from django.utils.module_loading import import_string

from crm.log_format import QuietFormatter, describe, place
from crm.tests.factories import make_channel

SECRET = "marker-of-a-secret"


class Refused(Exception):
    pass


def simply() -> None:
    raise Refused(SECRET)


def with_a_cause() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise Refused(SECRET) from error


def while_handling_another() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        raise Refused(SECRET) from None


def in_a_circle() -> None:
    first, second = Refused(SECRET), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    raise first


def with_notes() -> None:
    error = Refused(SECRET)
    error.add_note(SECRET)
    raise error


def in_a_group() -> None:
    raise ExceptionGroup(SECRET, [Refused(SECRET)])


FAILURES: dict[Callable[[], None], list[str]] = {
    simply: ["Refused, raised at"],
    with_a_cause: ["Refused, raised at", "from KeyError, raised at"],
    while_handling_another: ["Refused, raised at", "from KeyError, raised at"],
    in_a_circle: ["Refused, raised at", "from KeyError, raised at"],
    with_notes: ["Refused, raised at"],
    in_a_group: ["ExceptionGroup, raised at"],
}


@pytest.fixture
def log() -> "Log":
    return Log()


class Log:
    """A logger with handlers of our format, as in the settings, and of the standard library's."""

    def __init__(self) -> None:
        line = django_settings.LOGGING["formatters"]["line"]
        formatter = import_string(line["()"])(line["format"])
        assert isinstance(formatter, QuietFormatter)
        self.logger = logging.Logger("shop")
        self.loud, self.quiet = io.StringIO(), io.StringIO()
        for stream, chosen in ((self.loud, logging.Formatter()), (self.quiet, formatter)):
            handler = logging.StreamHandler(stream)
            handler.setFormatter(chosen)
            self.logger.addHandler(handler)

    def after(self, failure: Callable[[], None]) -> str:
        """Return what is logged of a failure."""
        try:
            failure()
        except Exception:
            self.logger.exception("It failed", stack_info=True)
        return self.quiet.getvalue()


@pytest.mark.parametrize("failure", FAILURES)
def test_an_exceptions_text_never_shows(log: Log, failure: Callable[[], None]) -> None:
    written = log.after(failure)
    assert SECRET in log.loud.getvalue(), "it would have shown"
    assert SECRET not in written
    assert " ERROR shop: It failed\n" in written
    headings = [line for line in written.splitlines() if line.endswith(", raised at")]
    assert headings == FAILURES[failure]
    assert f"{__file__}:{failure.__code__.co_firstlineno + 1} {failure.__name__}" in written or failure is not simply


def test_others_still_get_the_whole(log: Log) -> None:
    log.logger.handlers.reverse()
    log.after(simply)
    assert SECRET in log.loud.getvalue()
    assert SECRET not in log.quiet.getvalue()


def test_a_line_without_an_exception_is_as_it_was(log: Log) -> None:
    log.logger.info("Up")
    log.logger.error("Down", exc_info=(None, None, None))
    assert [line.split(" ", 2)[2] for line in log.quiet.getvalue().splitlines()] == [
        "INFO shop: Up",
        "ERROR shop: Down",
    ]


@pytest.mark.django_db
class TestDatabaseErrors:
    def test_the_sqlstate_shows_and_the_row_does_not(self, log: Log) -> None:
        def failure() -> None:
            make_channel(slug=SECRET)
            make_channel(slug=SECRET)

        written = log.after(failure)
        assert f"Key (slug)=({SECRET}) already exists" in log.loud.getvalue()
        assert SECRET not in written
        assert "IntegrityError [SQLSTATE 23505], raised at" in written
        assert "from UniqueViolation [SQLSTATE 23505], raised at" in written

    def test_it_is_described_by_class_and_state(self) -> None:
        with pytest.raises(IntegrityError) as refusal:
            connection.cursor().execute("INSERT INTO crm_tag (name) VALUES (%s)", [SECRET])
        assert describe(refusal.value) == "IntegrityError [SQLSTATE 23502]"
        assert refusal.value.__cause__
        assert describe(refusal.value.__cause__) == "NotNullViolation [SQLSTATE 23502]"

    def test_the_place_is_a_line_of_ours(self) -> None:
        with pytest.raises(IntegrityError) as refusal:
            connection.cursor().execute("INSERT INTO crm_tag (name) VALUES (NULL)")
        line = refusal.traceback[0].lineno + 1
        assert place(refusal.value) == f"IntegrityError [SQLSTATE 23502] at crm/tests/test_log_format.py:{line}"


def test_the_place_is_where_it_was_raised() -> None:
    with pytest.raises(Refused) as refusal:
        simply()
    assert place(refusal.value) == f"Refused at crm/tests/test_log_format.py:{simply.__code__.co_firstlineno + 1}"


def test_what_was_never_raised_has_no_place() -> None:
    assert place(Refused(SECRET)) == "Refused"


def test_what_came_through_no_line_of_ours_has_no_place() -> None:
    try:
        exec(compile("raise KeyError", f"{sys.prefix}/lib/site-packages/x.py", "exec"), {})  # noqa: S102 - the line above
    except KeyError as error:
        assert error.__traceback__
        assert Path(__file__).name in place(error)
        assert place(error.with_traceback(error.__traceback__.tb_next)) == "KeyError"
