"""A progress bar for long commands: on a terminal only, at most ten times a second."""

import sys
import time
from types import TracebackType
from typing import TextIO

WIDTH = 30
REDRAW_SECONDS = 0.1


class Progress:
    """Counts work done: `with Progress(total, "Writing") as progress: progress.add()`. `total` 0: not known."""

    def __init__(self, total: int, label: str, *, stream: TextIO | None = None) -> None:
        self.total, self.label, self.stream = total, label, stream or sys.stderr
        self.done = 0
        self._shown = self.stream.isatty()
        self._started = time.monotonic()
        self._drawn_at = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown:
            self._draw()
            self.stream.write("\n")

    def add(self, count: int = 1) -> None:
        """Count some more work as done."""
        self.done += count
        if self._shown and time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        self._drawn_at = now
        rate = self.done / max(now - self._started, 1e-6)
        if self.total:
            total = max(self.total, self.done)
            share = self.done / total
            full = int(WIDTH * share)
            bar = f"[{'#' * full}{'.' * (WIDTH - full)}] {100 * share:3.0f} %  {self.done:,}/{total:,}"
        else:
            bar = f"{self.done:,}"
        self.stream.write(f"\r{self.label} {bar}  {rate:,.0f}/s\033[K")
        self.stream.flush()
