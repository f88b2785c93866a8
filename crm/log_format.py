"""Log lines without people's words: what an exception says may quote a message, a number or a secret."""

import logging
import traceback
from types import TracebackType


class QuietFormatter(logging.Formatter):
    """Show where an exception came from and its class, never its text."""

    def formatException(  # noqa: N802 - named by the standard library
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        error = ei[1]
        lines: list[str] = []
        while error is not None:
            frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
            lines.append("\n".join([f"{describe(error)}, raised at", *(f"  {frame}" for frame in frames)]))
            error = error.__cause__ or error.__context__
        return "\nfrom ".join(lines)


def describe(error: BaseException) -> str:
    """Name an exception by class and SQLSTATE, without its text."""
    name = type(error).__qualname__
    cause = error if getattr(error, "sqlstate", None) else error.__cause__
    state = getattr(cause, "sqlstate", None)
    return f"{name} [SQLSTATE {state}]" if state else name


def place(error: BaseException) -> str:
    """Name an exception and the line of ours that raised it, as `KeyError at messaging/ingest/x.py:12`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return describe(error)
    file = frames[-1].filename.rsplit("/", 3)[1:]
    return f"{describe(error)} at {'/'.join(file)}:{frames[-1].lineno}"
