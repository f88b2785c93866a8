"""What a log line is about: the request, the drain, the delivery. Ids and names of ours alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_about: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed, only replaced


def about() -> dict[str, str]:
    """Return what lines written now are about, by name."""
    return _about.get()


@contextmanager
def noted(**facts: object) -> Iterator[None]:
    """Let lines written in the block say this, too."""
    token = _about.set({**_about.get(), **{name: str(value) for name, value in facts.items()}})
    try:
        yield
    finally:
        _about.reset(token)
