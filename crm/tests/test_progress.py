"""The progress bar of long commands."""

import io

from crm.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is() -> None:
    terminal = Terminal()
    with Progress(2000, "Writing", stream=terminal) as progress:
        progress.add(500)
        progress.add(500)
    last = terminal.getvalue().split("\r")[-1]
    assert last.startswith("Writing [")
    assert "50 %" in last
    assert "1,000/2,000" in last
    assert last.endswith("\n")


def test_a_file_or_pipe_sees_nothing() -> None:
    output = io.StringIO()
    with Progress(2, "Writing", stream=output) as progress:
        progress.add(2)
    assert output.getvalue() == ""
    assert progress.done == 2


def test_it_is_drawn_at_most_ten_times_a_second() -> None:
    terminal = Terminal()
    with Progress(100_000, "Writing", stream=terminal) as progress:
        for _ in range(100_000):
            progress.add()
    assert 1 < terminal.getvalue().count("\r") < 50


def test_more_than_announced_and_an_unknown_total_are_no_trouble() -> None:
    terminal = Terminal()
    with Progress(10, "Writing", stream=terminal) as progress:
        progress.add(15)
    assert "100 %  15/15" in terminal.getvalue()
    terminal = Terminal()
    with Progress(0, "Removing", stream=terminal) as progress:
        progress.add(7)
    assert "Removing 7 " in terminal.getvalue()
