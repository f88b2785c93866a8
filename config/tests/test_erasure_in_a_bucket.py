"""Notes of erasures beside backups in a bucket: put there before anything is erased, and found there by a restore."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from config.tests.test_backups_in_a_bucket import fill_shop, listing, refuse
from config.tests.test_storage import Bucket, bucket  # noqa: F401 - a fixture
from crm.backups import places
from crm.backups.making import make_backup
from crm.backups.restoring import forget_old_databases, restore
from crm.erasure import watching
from crm.erasure.erasing import erase
from crm.erasure.notes import KEPT, Note, names_of_notes, open_note, remove_old_notes, write_note
from crm.erasure.person import family_of
from crm.erasure.refusals import ErasureRefused
from crm.models import Backup, Customer
from crm.periods import DAY
from crm.tests.factories import make_channel, make_identity
from crm.tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.takes(15),
]

NAME = "Quillfeather"


@pytest.fixture
def shop(
    bucket: tuple[str, type[Bucket]],  # noqa: F811 - the fixture
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[type[Bucket]]:
    """The bucket of an installation whose backups are there; what it holds is `kept`."""
    url, kind = bucket
    kind.do_GET = listing  # type: ignore[method-assign]  # a class of this test's own
    for name in ("_known", "_asking"):
        monkeypatch.setattr(watching, name, None)  # no bucket of another test is remembered
    settings.SPOOL_DIR = tmp_path / "spool"
    fill_shop(url, settings, tmp_path)
    yield kind
    forget_old_databases()


def make_person() -> int:
    return make_identity(make_channel(), name=NAME).customer_id


def state_of_notes() -> watching.NotesState | None:
    """Return how it stands, None while the bucket takes its time."""
    try:
        return watching.state_of_notes()
    except TimeoutError:
        return None


def test_a_restore_finds_them_there_and_erases_again(shop: type[Bucket]) -> None:
    number = make_person()
    made = make_backup(trigger=Backup.Trigger.COMMAND)
    note = erase(family_of(number)).note
    assert open_note(shop.kept[f"/backups/{note}"]).customers == {str(Customer.objects.get(pk=number).uid): number}
    assert list(places.working_folder().iterdir()) == []
    outcome = restore(made.name)
    assert outcome is not None
    assert (outcome.erased.seen, outcome.erased.erased, outcome.erased.problems) == ({note}, 1, [])
    erased = Customer.objects.get(pk=number)
    assert erased.erased_at is not None
    assert not erased.identities.filter(name=NAME).exists()
    assert wait_until(state_of_notes, "the answer of the bucket") == watching.NotesState(1, [], [])


def test_what_a_slow_bucket_answers_is_known_at_a_later_look(
    shop: type[Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_note(Note())
    answer = Event()

    def slowly(request: Bucket) -> None:
        answer.wait(30)
        listing(request)

    shop.do_GET = slowly  # type: ignore[method-assign, assignment]
    for _look in range(2):
        with pytest.raises(TimeoutError):
            watching.state_of_notes()
    answer.set()
    good = watching.NotesState(1, [], [])
    assert wait_until(state_of_notes, "the answer of the bucket") == good
    monkeypatch.setattr(watching, "BUCKET_SECONDS", 0.0)
    for answering, expected in ((refuse, watching.NotesState(1, ["erased-*.json"], [])), (listing, good)):
        shop.do_GET = answering  # type: ignore[method-assign]
        wait_until(lambda state=expected: state_of_notes() == state, "another answer")  # type: ignore[misc]


def test_where_the_bucket_takes_none_nobody_is_erased(shop: type[Bucket]) -> None:
    number = make_person()
    shop.do_PUT = refuse  # type: ignore[method-assign]  # a class of this test's own
    with pytest.raises(ErasureRefused, match=r"could not be kept beside the backups.*ClientError"):
        erase(family_of(number))
    assert Customer.objects.get(pk=number).erased_at is None
    assert Customer.objects.get(pk=number).identities.get().name == NAME


def test_those_that_no_backup_needs_any_more_are_removed_there(shop: type[Bucket]) -> None:
    now = timezone.now()
    old, new = (write_note(Note(erased_at=(now - age).isoformat())) for age in (KEPT + DAY, KEPT - DAY))
    assert names_of_notes() == [old, new]
    assert remove_old_notes(None) == [old]
    assert set(shop.kept) == {f"/backups/{new}"}


def test_where_a_restore_cannot_read_one_it_goes_on_and_says_so(shop: type[Bucket]) -> None:
    number = make_person()
    made = make_backup(trigger=Backup.Trigger.COMMAND)
    unread, note = write_note(Note()), erase(family_of(number)).note
    shop.kept[f"/backups/{unread}"] = b"not what was written"
    outcome = restore(made.name)
    assert outcome is not None
    assert (outcome.erased.seen, outcome.erased.erased) == ({unread, note}, 1)
    assert [unread in problem for problem in outcome.erased.problems] == [True]
    assert Customer.objects.get(pk=number).erased_at is not None
