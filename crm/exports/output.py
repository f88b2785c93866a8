"""Where an export goes: a file that is there whole or not at all, or standard output."""

import os
import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from crm.whole_files import PARTIAL, whole_file

SIGTERM_CODE = 143


def add_output_arguments(parser: ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--output", type=Path, metavar="FILE", required=required, help="only its owner may read it")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


@contextmanager
def file_output(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Write a file whole or, also when SIGTERM ends us, not at all.

    Raises:
        CommandError: it is there already, or cannot be written.
    """
    if path.is_dir():
        raise CommandError(f"{path} is a folder. Name a file in it.")
    if path.exists() and not force:
        raise CommandError(f"{path} is there already. Name another file, or say --force to write over it.")
    try:
        with _ended_by_sigterm(), whole_file(path) as file:
            yield file
    except FileExistsError:
        raise CommandError(
            f"{path}{PARTIAL} is there: another export writes it, or died over it. Remove it, then try again."
        ) from None
    except OSError as error:
        raise CommandError(f"{error.filename or path}: {error.strerror or error}") from None


@contextmanager
def standard_output(stream: Any) -> Iterator[BinaryIO]:
    """Write to standard output; a reader who has seen enough ends it quietly."""
    try:
        yield stream.buffer
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # what Python still holds goes there as it ends
        os.close(nowhere)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as an exception, so that it is tidied up."""
    before: Any = None
    with suppress(ValueError):  # not in the main thread
        before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _end(*_args: Any) -> None:
    raise CommandError("Ended by SIGTERM.", returncode=SIGTERM_CODE)
