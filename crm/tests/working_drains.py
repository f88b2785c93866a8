"""Drains for tests of running them, in this process and in others."""

import os
import time
from pathlib import Path

SECRET = "marker-of-a-secret"


class Counting:
    """Takes one row a batch until `rows` are done, then none."""

    def __init__(self, rows: int = 3) -> None:
        self.rows, self.batches = rows, 0

    def run_batch(self) -> int:
        self.batches += 1
        return int(self.batches <= self.rows)


class Failing:
    """Fails every time, with words that are nobody's business."""

    def __init__(self) -> None:
        self.batches = 0

    def run_batch(self) -> int:
        self.batches += 1
        raise LookupError(SECRET)


class Panic(BaseException):
    """As native libraries raise it."""


class Dying:
    """Breaks down so that no retry helps."""

    def run_batch(self) -> int:
        raise Panic(SECRET)


class Slow:
    """Says in the folder DRAIN_FOLDER that a batch has begun, and later that it is done."""

    def run_batch(self) -> int:
        folder = Path(os.environ["DRAIN_FOLDER"])
        (folder / "begun").touch()
        time.sleep(0.7)
        (folder / "done").touch()
        return 1


class Leavable:
    """Waits for an answer that takes a minute, and that somebody else may ask for as well."""

    may_be_left = True

    def run_batch(self) -> int:
        (Path(os.environ["DRAIN_FOLDER"]) / "asked").touch()
        time.sleep(60)
        return 1
