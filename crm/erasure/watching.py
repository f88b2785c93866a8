"""How it stands with the notes of erasures."""

import threading
import time
from dataclasses import dataclass

from crm.backups import places
from crm.erasure.notes import Note, kept_notes
from crm.erasure.refusals import NoteRefused
from crm.erasure.replaying import customers_of
from crm.monitoring.findings import within

#: A bucket is not asked at every look, nor waited for.
BUCKET_SECONDS, ASK_SECONDS = 600.0, 0.4


@dataclass(frozen=True)
class NotesState:
    """How many notes there are, and the names of those that cannot be used or were not carried out here."""

    count: int
    unreadable: list[str]
    undone: list[str]


_read_at = float("-inf")
_known: dict[str, Note | NoteRefused] = {}
_lock = threading.Lock()


def state_of_notes() -> NotesState:
    """Return how it stands with the notes. A person who is not in this database needs no erasing here.

    Raises:
        TimeoutError: the bucket takes too long.
    """
    notes = dict(kept_notes()) if places.is_local() else _of_bucket()
    unreadable = [name for name, note in notes.items() if isinstance(note, NoteRefused)]
    good = {name: note for name, note in notes.items() if isinstance(note, Note)}
    every = Note(customers={uid: number for note in good.values() for uid, number in note.customers.items()})
    here = {str(uid) for uid in customers_of(every).filter(erased_at=None).values_list("uid", flat=True)}
    undone = [name for name, note in good.items() if not here.isdisjoint(note.customers)]
    return NotesState(len(notes), unreadable, undone)


def _of_bucket() -> dict[str, Note | NoteRefused]:
    global _read_at, _known
    with _lock:
        if time.monotonic() > _read_at + BUCKET_SECONDS:
            _known = within(ASK_SECONDS, lambda: dict(kept_notes()))
            _read_at = time.monotonic()
        return _known
