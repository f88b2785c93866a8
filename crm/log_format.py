"""Log lines without people's words: what an exception says may quote a message, a number or a secret."""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from crm.log_context import about

ROOT = Path(__file__).resolve().parent.parent


class QuietFormatter(logging.Formatter):
    """Show where an exception came from and its class, never its text; and at the line's end what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, without the exception's text that another handler may have left on it."""
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in about().items())
        return f"{super().formatMessage(record)} [{facts}]" if facts else super().formatMessage(record)

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        error = ei[1]
        seen: set[int] = set()
        lines: list[str] = []
        while error is not None and id(error) not in seen:  # two exceptions may name each other as their cause
            seen.add(id(error))
            frames = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
            ]
            lines.append("\n".join([f"{describe(error)}, raised at", *(f"  {frame}" for frame in frames)]))
            error = error.__cause__ or error.__context__
        return "\nfrom ".join(lines)


class JsonFormatter(QuietFormatter):
    """Write each line as a JSON object: time, level, logger, message, what it is about, and an exception as above."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **about(),
        }
        if record.exc_info and record.exc_info[0]:
            facts["exception"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def describe(error: BaseException) -> str:
    """Name an exception by class and SQLSTATE, without its text."""
    name = type(error).__qualname__
    cause = error if getattr(error, "sqlstate", None) else error.__cause__
    state = getattr(cause, "sqlstate", None)
    return f"{name} [SQLSTATE {state}]" if state else name


def place(error: BaseException) -> str:
    """Name an exception and the line of ours that it came through last, as `KeyError at messaging/ingest/x.py:12`."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(Path(frame.filename))]
    if not frames:
        return describe(error)
    return f"{describe(error)} at {Path(frames[-1].filename).relative_to(ROOT)}:{frames[-1].lineno}"


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(ROOT) and "site-packages" not in file.parts
