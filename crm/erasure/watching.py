"""How it stands with the notes of erasures."""

import threading
import time
from dataclasses import dataclass

from crm.backups import places
from crm.erasure.notes import Note, kept_notes
from crm.erasure.refusals import NoteRefused
from crm.erasure.replaying import customers_of

#: A bucket is not asked at every look, nor waited for: what it answers later is known at the next.
BUCKET_SECONDS, ASK_SECONDS = 600.0, 0.4


@dataclass(frozen=True)
class NotesState:
    """How many notes there are, and the names of those that cannot be used or were not carried out here."""

    count: int
    unreadable: list[str]
    undone: list[str]


class _Asking(threading.Thread):
    """Asks the bucket for all notes, however long that takes."""

    def __init__(self) -> None:
        super().__init__(name="notes of erasures", daemon=True)
        self.began = time.monotonic()

    def run(self) -> None:
        global _known
        _known = dict(kept_notes())


_known: dict[str, Note | NoteRefused] | None = None
_asking: _Asking | None = None
_lock = threading.Lock()


def state_of_notes() -> NotesState:
    """Return how it stands with the notes. A person who is not in this database needs no erasing here.

    Raises:
        TimeoutError: the bucket takes too long, and has never answered.
    """
    notes = dict(kept_notes()) if places.is_local() else _of_bucket()
    unreadable = [name for name, note in notes.items() if isinstance(note, NoteRefused)]
    good = {name: note for name, note in notes.items() if isinstance(note, Note)}
    every = Note(customers={uid: number for note in good.values() for uid, number in note.customers.items()})
    here = {str(uid) for uid in customers_of(every).filter(erased_at=None).values_list("uid", flat=True)}
    undone = [name for name, note in good.items() if not here.isdisjoint(note.customers)]
    return NotesState(len(notes), unreadable, undone)


def _of_bucket() -> dict[str, Note | NoteRefused]:
    """Return what the bucket answered last. Raises `TimeoutError` where it has not answered so far."""
    global _asking
    with _lock:
        if _asking is None or (not _asking.is_alive() and time.monotonic() > _asking.began + BUCKET_SECONDS):
            _asking = _Asking()
            _asking.start()
        asking = _asking
    asking.join(ASK_SECONDS)
    if _known is None:
        raise TimeoutError
    return _known
